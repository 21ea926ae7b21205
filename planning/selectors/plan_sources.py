"""Success factors, reflection, objectives, Open Space, value and opportunities, as parts of a plan."""

from collections import Counter
from decimal import Decimal

from accounts.models import SuccessFactor
from accounts.selectors.success_factors import success_factor_list, success_factor_warning
from kam.common.formatting import money as short_money
from kam.common.formatting import percent, plural
from opportunities.models import Opportunity, Status
from opportunities.selectors import latest_rates, opportunity_list
from planning.models import Confidence, SectionKey, ValueClass, ValueItem
from planning.selectors.objectives import objective_list, objectives_missing
from planning.selectors.open_space import open_space_grid
from planning.selectors.plan_live import LivePart, PlanContext, register_plan_source
from planning.selectors.plan_parts import Chart, Column, Figure, Line, Row, Table, day, key, money
from planning.selectors.plan_sources_people import buying_centre, profile
from planning.selectors.reflection import reflection_of

ZERO = Decimal(0)
_TOP_CELLS = 12
_CHART_LINES = 10


def success_factors(context: PlanContext) -> LivePart:
    """The open success factors with who answers for them (K12)."""
    factors = list(success_factor_list(account=context.account))
    table = Table(
        "success_factors",
        "Critical success factors and initiatives",
        (
            Column("title", "What must go right"),
            Column("kind", "Kind", "choice"),
            Column("description", "Why", "long"),
            Column("owner", "Who answers for it there"),
            Column("horizon", "Horizon", "choice"),
            Column("evidence", "How we know", "long"),
            Column("reviewed", "Reviewed", "day"),
        ),
        tuple(Row(key(factor.pk), _factor(factor)) for factor in factors),
        "No success factor is named yet.",
    )
    titles = ", ".join(factor.title for factor in factors[:3])
    finding = success_factor_warning(len(factors)) or f"{len(factors)} things must go right: {titles}."
    return LivePart(finding=finding, tables=(table,))


def _factor(factor: SuccessFactor) -> dict[str, str | None]:
    owner = ", ".join(word for word in (factor.owner_name, factor.owner_title) if word)
    return {
        "title": factor.title,
        "kind": factor.get_kind_display(),
        "description": factor.description or None,
        "owner": owner or None,
        "horizon": factor.get_horizon_display() or None,
        "evidence": factor.evidence or None,
        "reviewed": day(factor.reviewed_at.date()) if factor.reviewed_at else None,
    }


def reflection(context: PlanContext) -> LivePart:
    """Coverage per set, the answers, and what is not known (K17). Two queries."""
    found = reflection_of(account=context.account)
    sets = Table(
        "coverage",
        "How far the questions are answered",
        (
            Column("set", "List"),
            Column("answered", "Answered", "number"),
            Column("unknown", "Known to be unknown", "number"),
            Column("total", "Questions", "number"),
            Column("ratio", "Coverage", "ratio"),
        ),
        tuple(
            Row(
                each.key,
                {
                    "set": each.label,
                    "answered": each.coverage.answered,
                    "unknown": each.coverage.unknown,
                    "total": each.coverage.total,
                    "ratio": each.coverage.ratio,
                },
            )
            for each in found.sets
        ),
    )
    items = [(each.label, item) for each in found.sets for item in each.items if item.answer is not None]
    answers = Table(
        "answers",
        "What we know",
        (
            Column("set", "List"),
            Column("question", "Question"),
            Column("answer", "Answer", "long"),
            Column("source", "Source"),
            Column("confidence", "Confidence", "choice"),
        ),
        tuple(
            Row(
                key(item.question.pk),
                {
                    "set": label,
                    "question": item.question.text,
                    "answer": item.answer.text or "Unknown: to be found out",
                    "source": item.answer.source or None,
                    "confidence": str(Confidence(item.answer.confidence).label)
                    if item.answer.confidence
                    else None,
                },
            )
            for label, item in items
            if item.answer is not None
        ),
        "No question is answered yet.",
    )
    coverage, work = found.coverage, len(found.work)
    finding = (
        f"{coverage.answered} of {plural(coverage.total, 'question')} answered ({percent(coverage.ratio, decimals=0)})"
        + (f"; {plural(work, 'answer is', 'answers are')} known to be missing." if work else ".")
    )
    return LivePart(finding=finding, tables=(sets, answers))


def objectives(context: PlanContext) -> LivePart:
    """The objectives by horizon, typed retain, grow or gain (K5, K17)."""
    rows = list(objective_list(account=context.account))
    table = Table(
        "objectives",
        "Objectives",
        (
            Column("title", "Objective"),
            Column("horizon", "Horizon", "choice"),
            Column("type", "Type", "choice"),
            Column("source", "Growth from", "choice"),
            Column("move", "Move", "choice"),
            Column("measure", "Measured by"),
            Column("target", "Target", "money"),
            Column("until", "Until", "day"),
            Column("owner", "Owner"),
            Column("status", "Status", "choice"),
        ),
        tuple(
            Row(
                key(row.pk),
                {
                    "title": row.title,
                    "horizon": row.get_horizon_display(),
                    "type": row.get_type_display(),
                    "source": row.get_growth_source_display() or None,
                    "move": row.get_growth_move_display() or None,
                    "measure": row.measure or None,
                    "target": money(row.target_amount),
                    "until": day(row.target_date),
                    "owner": row.owner.user.display_name if row.owner else None,
                    "status": row.get_status_display(),
                },
            )
            for row in rows
        ),
        "No objective is set yet.",
    )
    missing = objectives_missing(account=context.account, objectives=rows)
    types = Counter(str(row.get_type_display()).lower() for row in rows)
    if not rows:
        finding = "No objective is set yet."
    elif missing:
        finding = f"A key account carries retain and grow; {' and '.join(missing)} is missing."
    else:
        finding = f"{plural(len(rows), 'objective')}: " + ", ".join(
            f"{count} {word}" for word, count in types.items()
        )
        finding += "."
    return LivePart(finding=finding, tables=(table,))


def open_space(context: PlanContext) -> LivePart:
    """The grid in short: totals, the first cells by priority, and value by product line (K6)."""
    grid = open_space_grid(account=context.account)
    grand, currency = grid["totals"]["grand"], grid["currency"]
    rows = {row["id"]: row["name"] if row["id"] else row["name"].lower() for row in grid["segments"]}
    lines = {line["id"]: line["name"] for line in grid["product_lines"]}
    ranked = sorted((cell for cell in grid["cells"] if cell["rank"]), key=lambda cell: cell["rank"])
    lists = grid["lists"]
    figures = (
        Figure("current", "Buys from us", money(grand["current"]), "money", "Last 12 months."),
        Figure(
            "potential", "Could buy", money(grand["potential"]), "money", "Per year, entered and estimated."
        ),
        Figure("gap", "Open", money(grand["gap"]), "money", "Potential beyond what is bought."),
        Figure("unserved", "Cells nobody of ours serves", len(lists["unserved"]), "number"),
        Figure("strategic", "Open and strategic", len(lists["strategic_open"]), "number"),
        Figure("behind", "A competitor is better placed", len(lists["competitor_advantaged"]), "number"),
    )
    table = Table(
        "cells",
        "Where to act first",
        (
            Column("rank", "Rank", "number"),
            Column("where", "Where"),
            Column("current", "Buys", "money"),
            Column("potential", "Could buy", "money"),
            Column("gap", "Open", "money"),
            Column("basis", "Basis", "choice"),
            Column("position", "Better placed", "choice"),
            Column("competitor", "Competitor"),
            Column("factors", "Success factors served", "number"),
            Column("note", "Note", "long"),
        ),
        tuple(
            Row(
                f"{cell['segment'] or 'all'}:{cell['product_line']}",
                {
                    "rank": cell["rank"],
                    "where": f"{lines[cell['product_line']]}, {rows[cell['segment']]}",
                    "current": money(cell["current"]),
                    "potential": money(cell["potential"]),
                    "gap": money(cell["gap"]),
                    "basis": str(cell["basis"]).capitalize(),
                    "position": str(cell["position"]).capitalize(),
                    "competitor": cell["competitor"],
                    "factors": len(cell["csfs"]),
                    "note": cell["note"],
                },
            )
            for cell in ranked[:_TOP_CELLS]
        ),
        "No potential is known yet.",
    )
    columns = [total for total in grid["totals"]["columns"] if total["current"] or total["gap"]]
    columns.sort(key=lambda total: -((total["potential"] or ZERO) + max(total["current"], ZERO)))
    shown = columns[:_CHART_LINES]
    chart = Chart(
        "lines",
        "What each product line is worth",
        f"Sales of the last 12 months and the gap to the potential, per year, {currency}.",
        tuple(lines[total["product_line"]] for total in shown),
        (
            Line("current", "Buys", tuple(float(total["current"]) for total in shown)),
            Line(
                "gap", "Open", tuple(None if total["gap"] is None else float(total["gap"]) for total in shown)
            ),
        ),
        kind="bar",
    )
    return LivePart(
        _space_finding(ranked, rows, lines, grand, currency), figures, (table,), (chart,) if shown else ()
    )


def _space_finding(ranked: list, rows: dict, lines: dict, grand: dict, currency: str) -> str:
    if grand["gap"] is None:
        return "No potential is known yet, so nobody can say where to grow."
    if not ranked:
        return "All that is known to be bought is bought from us."
    first = ranked[0]
    line = lines[first["product_line"]]
    place = f"{line} {'in' if first['segment'] else 'for the'} {rows[first['segment']]}"
    return f"{short_money(grand['gap'], currency)} a year is open; {place} comes first."


def value(context: PlanContext) -> LivePart:
    """The value register: what both sides gain, and what the customer confirmed (K29). One query."""
    account, currency = context.account, context.settings.base_currency
    items = list(
        ValueItem.objects.filter(
            tenant_id=account.tenant_id, account_id=account.pk, ended_on__isnull=True
        ).order_by("-value_class", "title", "id")
    )
    proven = [item for item in items if item.value_class == ValueClass.PROVEN and item.confirmed_at]
    shown = sum((item.customer_gain or ZERO for item in proven), ZERO)
    pipeline = [
        item.customer_gain for item in items if item.value_class == ValueClass.PIPELINE and item.customer_gain
    ]
    figures = (
        Figure("demonstrated", "Demonstrated value", money(shown) if proven else None, "money",
               "Per year, confirmed by the customer's own link."),
        Figure("pipeline", "Not yet done", money(sum(pipeline, ZERO)) if pipeline else None, "money",
               "What the customer would gain per year."),
    )  # fmt: skip
    table = Table(
        "value",
        "What we do for this customer",
        (
            Column("title", "What"),
            Column("class", "Class", "choice"),
            Column("customer_gain", "Customer gains a year", "money"),
            Column("our_gain", "We gain a year", "money"),
            Column("our_cost", "It costs us a year", "money"),
            Column("confirmed", "Confirmed by the customer", "day"),
            Column("evidence", "Evidence", "long"),
        ),
        tuple(
            Row(
                key(item.pk),
                {
                    "title": item.title,
                    "class": item.get_value_class_display(),
                    "customer_gain": money(item.customer_gain),
                    "our_gain": money(item.our_gain),
                    "our_cost": money(item.our_cost),
                    "confirmed": day(item.confirmed_at.date()) if item.confirmed_at else None,
                    "evidence": item.evidence or None,
                },
            )
            for item in items
        ),
        "Nothing is in the value register yet.",
    )
    if not items:
        finding = "Nothing is in the value register yet."
    elif not proven:
        finding = f"{plural(len(items), 'value item')}, and the customer has confirmed none of them."
    else:
        finding = f"The customer confirmed {short_money(shown, currency)} a year."
    return LivePart(finding, figures, (table,))


def opportunities(context: PlanContext) -> LivePart:
    """The open opportunities; amounts in the base currency at the latest rate (K19). Two queries."""
    account, base = context.account, context.settings.base_currency
    rows = list(
        opportunity_list(context.principal, account_id=account.pk).order_by("close_date", "name", "id")
    )
    foreign = {row.currency for row in rows} - {base}
    rates = {**latest_rates(foreign, today=context.reference), base: Decimal(1)}

    def amount(row: Opportunity) -> Decimal | None:
        rate = rates.get(row.currency)
        return None if row.amount is None or rate is None else (row.amount * rate).quantize(Decimal("0.0001"))

    table = Table(
        "opportunities",
        "Open opportunities",
        (
            Column("name", "Opportunity"),
            Column("status", "Status", "choice"),
            Column("stage", "Buying stage", "choice"),
            Column("direction", "Push or pull", "choice"),
            Column("amount", "First year", "money"),
            Column("probability", "Probability", "ratio"),
            Column("close", "Decision", "day"),
            Column("owner", "Owner"),
            Column("competitor", "Competitor"),
        ),
        tuple(
            Row(
                key(row.pk),
                {
                    "name": row.name,
                    "status": row.get_status_display(),
                    "stage": f"{row.stage_number}. {row.get_stage_display()}",
                    "direction": row.get_direction_display(),
                    "amount": money(amount(row)),
                    "probability": row.probability,
                    "close": day(row.close_date),
                    "owner": row.owner.user.display_name if row.owner else None,
                    "competitor": row.competitor or None,
                },
            )
            for row in rows
        ),
        "No opportunity is open.",
    )
    known = [found for row in rows if (found := amount(row)) is not None]
    qualified = sum(row.status == Status.QUALIFIED for row in rows)
    finding = (
        f"{plural(len(rows), 'open opportunity', 'open opportunities')} worth "
        f"{short_money(sum(known, ZERO), base)} in the first year; {qualified} qualified."
        if known
        else ("No opportunity is open." if not rows else f"{len(rows)} open, and no amount is known.")
    )
    return LivePart(finding=finding, tables=(table,))


def register() -> None:
    """Called once, when the app is ready."""
    for section, source in (
        (SectionKey.PROFILE, profile),
        (SectionKey.BUYING_CENTRE, buying_centre),
        (SectionKey.SUCCESS_FACTORS, success_factors),
        (SectionKey.REFLECTION, reflection),
        (SectionKey.OBJECTIVES, objectives),
        (SectionKey.OPEN_SPACE, open_space),
        (SectionKey.VALUE, value),
        (SectionKey.OPPORTUNITIES, opportunities),
    ):
        register_plan_source(section.value, "own", source, position=10)
