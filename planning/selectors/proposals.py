"""What the product proposes as answers to questions of strategic reflection; a person confirms it (K17)."""

from collections.abc import Collection

from accounts.models import Account
from planning.selectors.ledger_answers import CODES, LedgerAnswer, ledger_answers
from planning.selectors.map_answers import MAP_CODES, MapAnswer, map_answers

Proposal = LedgerAnswer | MapAnswer


def proposals_of(*, account: Account, codes: Collection[str] = CODES | MAP_CODES) -> dict[str, Proposal]:
    """Proposals by question code, from the ledger and from the map of people. At most eight queries."""
    return {**ledger_answers(account=account, codes=codes), **map_answers(account=account, codes=codes)}
