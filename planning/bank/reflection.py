"""The question bank of strategic reflection (K17, BANK A1–A7; Le Bon & Herman ch. 2), in our own words.

Codes are stable: a tenant hides, re-words or adds questions; a code is never used for something else. A new
question of a later version is brought to existing tenants by a migration that calls `questions_fill`.
"""

import uuid
from typing import Any, NamedTuple


class BankQuestion(NamedTuple):
    """One question. `known_from`: ledger or map = the product proposes the answer, a person confirms it."""

    code: str
    set: str
    text: str
    known_from: str


QUESTIONS = (
    BankQuestion(
        "ENV-1",
        "environment",
        "Which shifts in politics, law, economy or society may hit the customer’s market?",
        "",
    ),
    BankQuestion("ENV-2", "environment", "Which new technologies may alter how that market produces?", ""),
    BankQuestion(
        "ENV-3", "environment", "Which new technologies may alter what that market wants to buy?", ""
    ),
    BankQuestion("MKT-1", "market", "How big is the customer’s market, in units and in money?", ""),
    BankQuestion("MKT-2", "market", "Where is that market heading; which tendencies stand out?", ""),
    BankQuestion("MKT-3", "market", "Whom does our customer sell to?", ""),
    BankQuestion("MKT-4", "market", "What do those end buyers mainly need and hope for?", ""),
    BankQuestion("MKT-5", "market", "What makes those end buyers content, and what annoys them?", ""),
    BankQuestion("MKT-6", "market", "Which marketing levers do those end buyers respond to most?", ""),
    BankQuestion("MKT-7", "market", "What could raise or lower demand for the customer’s offer?", ""),
    BankQuestion("CMP-1", "competition", "Which strategy does the customer follow?", ""),
    BankQuestion("CMP-2", "competition", "With which business model does it carry that strategy out?", ""),
    BankQuestion("CMP-3", "competition", "How healthy are its market results and its finances?", ""),
    BankQuestion("CMP-4", "competition", "Against whom does it compete?", ""),
    BankQuestion("CMP-5", "competition", "Which part of the market does each rival hold?", ""),
    BankQuestion("CMP-6", "competition", "Where does each rival’s edge come from?", ""),
    BankQuestion("CMP-7", "competition", "How does the market see those rivals?", ""),
    BankQuestion(
        "CMP-8", "competition", "Which style of rivalry prevails (price, service, novelty, lock-in)?", ""
    ),
    BankQuestion("CMP-9", "competition", "By what does each rival set itself apart?", ""),
    BankQuestion("CMP-10", "competition", "Where is each rival strong, and where weak?", ""),
    BankQuestion("CMP-11", "competition", "What keeps newcomers out?", ""),
    BankQuestion("CMP-12", "competition", "What could push prices up or down?", ""),
    BankQuestion("ABS-1", "absolute", "Who holds which job on today’s official chart?", "map"),
    BankQuestion("ABS-2", "absolute", "Which people fill each of the seven buying-centre roles?", "map"),
    BankQuestion("ABS-3", "absolute", "Who sways whom, on which decisions, and for what reason?", "map"),
    BankQuestion("ABS-4", "absolute", "What cycle does buying our kind of solution follow?", ""),
    BankQuestion("ABS-5", "absolute", "Who shapes the budget?", ""),
    BankQuestion("ABS-6", "absolute", "What do they buy from us, in units and in money?", "ledger"),
    BankQuestion("ABS-7", "absolute", "When did they last buy, and how regularly?", "ledger"),
    BankQuestion("ABS-8", "absolute", "Why did they choose us?", ""),
    BankQuestion("ABS-9", "absolute", "How far do they prefer us to others, and why?", ""),
    BankQuestion("REL-1", "relative", "Which other suppliers matter for the customer’s strategy?", ""),
    BankQuestion(
        "REL-2", "relative", "Since when and why those suppliers, and how do they serve that strategy?", ""
    ),
    BankQuestion("REL-3", "relative", "What sort of supplier relationship does this customer want?", ""),
    BankQuestion("REL-4", "relative", "Who competes with us in this account, and how many are they?", ""),
    BankQuestion("REL-5", "relative", "Which part of the account is ours, in units and in money?", "ledger"),
    BankQuestion("REL-6", "relative", "Which part does each competitor hold, in units and in money?", ""),
    BankQuestion("REL-7", "relative", "What explains our part and theirs?", ""),
    BankQuestion("REL-8", "relative", "What might strengthen or strain our ties with members?", ""),
    BankQuestion("REL-9", "relative", "What might strengthen or strain competitors’ ties with members?", ""),
    BankQuestion("SIX-1", "recurring", "Where do we stand in each key account now?", "ledger"),
    BankQuestion(
        "SIX-2", "recurring", "Which facts about environment, business and account explain that?", ""
    ),
    BankQuestion("SIX-3", "recurring", "Which position do we want at each of the three horizons?", ""),
    BankQuestion("SIX-4", "recurring", "Which steps lead to the objectives of each horizon?", ""),
    BankQuestion("SIX-5", "recurring", "Which objectives need revising, and what are the alternatives?", ""),
    BankQuestion("SIX-6", "recurring", "Who on either side can back us, in what way, at what time?", ""),
    BankQuestion("HAB-1", "habits", "Know the surroundings in which the customer does business.", ""),
    BankQuestion("HAB-2", "habits", "Know the customer’s strategy and how it earns money.", ""),
    BankQuestion("HAB-3", "habits", "Find out, with care, how the buying centre behaves.", ""),
    BankQuestion(
        "HAB-4", "habits", "Know the competitors involved and their strength inside the buying centre.", ""
    ),
    BankQuestion("HAB-5", "habits", "Read what competitors want and how they act.", ""),
    BankQuestion(
        "HAB-6", "habits", "Form assumptions about members and competitors; test them in the field.", ""
    ),
    BankQuestion(
        "HAB-7", "habits", "Prepare a selling and negotiating approach for each customer separately.", ""
    ),
    BankQuestion("HAB-8", "habits", "Foresee spoken and unspoken obstacles; remove them tactfully.", ""),
    BankQuestion("HAB-9", "habits", "Adapt the value proposition; rewrite proposals where needed.", ""),
    BankQuestion("HAB-10", "habits", "Go back to every member who asked for attention.", ""),
)


def questions_fill(*, model: Any, rows: Any, tenant_id: uuid.UUID) -> int:
    """Give a tenant the questions of the bank that it does not have. Returns how many were new.

    `model` and `rows` (a manager or queryset of it) are given, because a migration has models of its own.
    What the tenant re-worded, moved or switched off stays as it is.
    """
    there = set(rows.filter(tenant_id=tenant_id).values_list("code", flat=True))
    missing = [
        model(
            tenant_id=tenant_id,
            code=question.code,
            set=question.set,
            text=question.text,
            known_from=question.known_from,
            position=position,
        )
        for position, question in enumerate(QUESTIONS)
        if question.code not in there
    ]
    rows.bulk_create(missing)
    return len(missing)
