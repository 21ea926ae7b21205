"""From the figures of a portfolio to what its cards print: written figures, headings, rows."""

import datetime
import uuid
from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from kam.common import formatting
from kam.common.meanings import class_word
from metrics.engine import DUBINSKY_INGRAM_CLASSES, LOYALTY_CLASSES
from metrics.findings import portfolio as findings
from metrics.findings import portfolio_cards as headings
from metrics.findings.portfolio_suggestions import VERBS, SuggestionFacts, suggestion_sentence
from metrics.selectors.portfolio_snapshot import Portfolio

MATRICES = ("dubinsky_ingram", "loyalty")
CLASSES = {"dubinsky_ingram": DUBINSKY_INGRAM_CLASSES, "loyalty": LOYALTY_CLASSES}
ADVICE = {
    "desirable": "Keep and grow",
    "undeveloped": "Increase: worth the patience",
    "developed": "Maintain at lower cost",
    "undesirable": "Reduce, reprice or cease",
    "friend": "Candidates for key account",
    "butterfly": "Make loyal",
    "stranger": "Invest to convert",
    "vulture": "Reprice or cut the cost",
}
LOYALTY_ORDER = ("friend", "butterfly", "stranger", "vulture")
# The trend ends with the reference month; a year before is twelve entries earlier.
_YEAR_BEFORE = -13


def amount(value: Any) -> float | None:
    """A stored figure (decimal string, number or null) as a number."""
    return None if value is None else float(value)


def finding_facts(view: Portfolio, *, everywhere: int, filtered: bool) -> findings.PortfolioFacts:
    """What the page's first sentence stands on."""
    if not view.computed:
        return findings.PortfolioFacts(
            accounts=everywhere, everywhere=everywhere, filtered=filtered, computed=False
        )
    if view.page["accounts"] == 0:
        return findings.PortfolioFacts(everywhere=everywhere, filtered=filtered)
    found = view.page["concentration"]
    return findings.PortfolioFacts(
        accounts=view.page["accounts"],
        everywhere=everywhere,
        filtered=filtered,
        months=found["months"],
        ranked=found["ranked"],
        half=found["half"],
        top_name=found["top_name"] or "",
        top_share=found["top_share"],
        losing=found["losing"],
        unknown=found["unknown"],
    )


def line_facts(view: Portfolio) -> tuple[findings.LineFacts, ...]:
    """The product lines as the sentences take them."""
    return tuple(
        findings.LineFacts(
            line["name"], line["sales"], line["margin"], line["sales_prior"], line["margin_prior"]
        )
        for line in view.page["lines"]
    )


def year_before(view: Portfolio, measure: str) -> float | None:
    """A rolling total at the end of the same month a year before; None = not known."""
    values = view.trend.get(measure, [])
    return values[_YEAR_BEFORE] if len(values) >= -_YEAR_BEFORE else None


def year_facts(view: Portfolio) -> findings.YearFacts:
    """12 months against the year before, as the lede takes them."""
    complete = view.summary["margin_unknown_sold"] == 0
    return findings.YearFacts(
        currency=view.currency,
        net_sales=amount(view.summary["net_sales_12m"]),
        net_sales_prior=amount(view.summary["net_sales_prior_12m"]),
        contribution=amount(view.summary["contribution_12m"]) if complete else None,
        contribution_prior=year_before(view, "contribution"),
        lines=line_facts(view),
    )


def loyalty_mix(view: Portfolio, query: Any) -> list[dict[str, Any]]:
    """The parts of the loyalty bar, each with the way to its list."""
    counts = view.page["quadrants"]["loyalty"]
    parts = []
    for name in LOYALTY_ORDER:
        word, count = class_word("loyalty", name), counts[name]["accounts"]
        parts.append(
            {
                "meaning": word.meaning,
                "count": count,
                "word": word.word.lower() if count == 1 else word.plural,
                "url": reverse("metrics:portfolio_list") + query(quadrant=name),
            }
        )
    return parts


def kpi_cells(view: Portfolio, query: str) -> list[dict[str, Any]]:
    """The five cells of the KPI band, in the order of the page."""
    summary, currency = view.summary, view.currency
    sales, before = amount(summary["net_sales_12m"]) or 0.0, amount(summary["net_sales_prior_12m"]) or 0.0
    cells = [
        {
            "label": "Net sales",
            "figure": "net_sales",
            "value": formatting.money(sales, currency),
            "small": "",
            **_against(
                sales, before if before else None, sales / before - 1 if before > 0 else None, currency
            ),
            "values": view.trend["net_sales"],
        },
        _margin_cell(view, "Gross margin", "gross_margin", sales),
        _margin_cell(view, "Contribution", "contribution", sales),
        _equity_cell(view),
        _potential_cell(view),
    ]
    plain = {"values": None, "filled": None, "total": None}
    return [
        {**plain, **cell, "url": reverse("metrics:portfolio_explain", args=[cell["figure"]]) + query}
        for cell in cells
    ]


def _against(now: float, before: float | None, growth: float | None, currency: str) -> dict[str, Any]:
    if before is None:
        return {"compare": "nothing in the year before", "trend": ""}
    if growth is None:
        return {
            "compare": format_html("was <b>{}</b>", formatting.money(before, currency)),
            "trend": _trend(now, before),
        }
    change = formatting.percent(growth, signed=True)
    return {"compare": format_html("<b>{}</b> on the year before", change), "trend": _trend(now, before)}


def _trend(now: float, before: float) -> str:
    return "up" if now > before else "down" if now < before else "flat"


def _margin_cell(view: Portfolio, label: str, measure: str, sales: float) -> dict[str, Any]:
    value, unknown = amount(view.summary[f"{measure}_12m"]), view.summary["margin_unknown_sold"]
    before, sales_before = year_before(view, measure), year_before(view, "net_sales")
    cell: dict[str, Any] = {
        "label": label,
        "figure": measure,
        "value": _estimated(
            formatting.money(value, view.currency), view.summary["margin_estimated_accounts"]
        ),
        "small": formatting.percent(value / sales) if value is not None and sales > 0 and not unknown else "",
        "values": view.trend[measure],
    }
    if unknown:
        known = view.summary["accounts_sold_12m"] - unknown
        of_them = f"{formatting.number(known)} of {formatting.number(view.summary['accounts_sold_12m'])}"
        return {**cell, "compare": format_html("known for <b>{}</b> accounts", of_them), "trend": "open"}
    if value is None or before is None:
        return {**cell, "compare": "year before not known", "trend": ""}
    share = formatting.percent(before / sales_before) if sales_before and sales_before > 0 else ""
    was = format_html(
        "was <b>{}</b>{}", formatting.money(before, view.currency), f", {share}" if share else ""
    )
    return {**cell, "compare": was, "trend": _trend(value, before)}


def _estimated(text: str, accounts: int) -> str:
    return formatting.estimate(text) if accounts else text


def horizon_words(view: Portfolio) -> str:
    """The horizon of the tenant's lifetime values in words."""
    years = view.figures.settings.clv_horizon_years
    return formatting.plural(years, "year") if years else "for ever"


def _equity_cell(view: Portfolio) -> dict[str, Any]:
    value, multiplier = amount(view.summary["clv"]), view.page["multiplier"]
    before = year_before(view, "contribution")
    cell: dict[str, Any] = {
        "label": "Customer equity",
        "figure": "clv",
        "value": _estimated(
            formatting.money(value, view.currency), view.summary["margin_estimated_accounts"]
        ),
        "small": horizon_words(view) if value is not None else "",
        "values": None,
    }
    unknown = view.summary["unknown"]["clv"]
    if multiplier is not None:
        cell["values"] = [None if v is None else v * multiplier for v in view.trend["contribution"]]
    if unknown:
        accounts = view.page["accounts"]
        known = f"{formatting.number(accounts - unknown)} of {formatting.number(accounts)}"
        return {**cell, "compare": format_html("known for <b>{}</b> accounts", known), "trend": "open"}
    if value is None or multiplier is None or before is None:
        return {**cell, "compare": "sum of lifetime values", "trend": ""}
    was = format_html("was <b>{}</b>", formatting.money(before * multiplier, view.currency))
    return {**cell, "compare": was, "trend": _trend(value, before * multiplier)}


def _potential_cell(view: Portfolio) -> dict[str, Any]:
    summary, accounts = view.summary, view.page["accounts"]
    value, entered = amount(summary["upv_expected_annual"]), summary["potential_entered_accounts"]
    filled = f"{formatting.number(entered)} of {formatting.number(accounts)}"
    return {
        "label": "Expected potential",
        "figure": "potential",
        "value": _estimated(formatting.money(value, view.currency), summary["potential_estimated_accounts"]),
        "small": "a year" if value is not None else "",
        "compare": format_html("<b>{}</b> accounts entered", filled),
        "trend": "open",
        "filled": entered,
        "total": accounts,
    }


def matrix_card(view: Portfolio, kind: str, filters: Any) -> dict[str, Any]:
    """Heading, caption, chart address, cuts and what could not be placed, of one matrix."""
    sums = view.page["quadrants"][kind]
    quadrants = {name: headings.QuadrantSum(part["accounts"], part["now"]) for name, part in sums.items()}
    reasons = view.summary[f"{kind}_reasons"]
    present, potential = view.cuts["present"], view.cuts["potential"]
    if kind == "dubinsky_ingram":
        heading = headings.matrix_finding(quadrants, view.currency)
        caption = (
            "Contribution now against contribution with the expected potential, a year. "
            "Size is net sales. Root scale."
        )
        cuts = f"{short_cut(present, view.currency)} · {short_cut(potential, view.currency)}"
        left_out = [
            ("margin_unknown", reasons.get("margin_unknown", 0), "margin unknown"),
            ("no_potential", reasons.get("potential_not_entered", 0), "potential not entered"),
        ]
    else:
        heading = headings.loyalty_finding(quadrants, view.currency)
        caption = (
            "Loyalty: tenure and regular orders, 1 is loyal. Profitability: contribution of sales, "
            "12 months. Size is net sales. Root scale."
        )
        cuts = f"1 · {formatting.percent(view.cuts['hurdle'], decimals=0)}"
        left_out = [
            ("dormant", reasons.get("dormant", 0), "dormant"),
            ("margin_unknown_sold", reasons.get("margin_unknown", 0), "margin unknown"),
        ]
    url = reverse("metrics:portfolio_list")
    return {
        "kind": kind,
        "heading": heading,
        "caption": caption,
        "cuts": cuts,
        "median": view.cuts.get("method") == "median",
        "cut_amounts": [
            (label, formatting.money(value, view.currency))
            for label, value in (("Contribution now", present), ("With potential", potential))
        ],
        "data_url": reverse("metrics:portfolio_data", args=["matrix"]) + filters.query(kind=kind),
        "list_url": url + filters.query(matrix=kind),
        "placed": sum(quadrant.accounts for quadrant in quadrants.values()),
        "hollow": view.page["hollow"] if kind == "dubinsky_ingram" else 0,
        "hollow_url": url + filters.query(group="not_entered"),
        "left_out": [
            {"count": count, "words": words, "url": url + filters.query(group=group)}
            for group, count, words in left_out
            if count
        ],
        "tables": [
            (name, class_word(kind, name).word, url + filters.query(quadrant=name)) for name in CLASSES[kind]
        ],
    }


def short_cut(value: float | None, currency: str) -> str:
    """The amount from which a contribution is high, short: `$1k`, `$1.5k`; never below 0 (K34)."""
    if value is None:
        return formatting.NOT_KNOWN
    high = max(value, 0.0)
    whole = abs(high) < 1000 or (abs(high) < 1_000_000 and round(high) % 1000 == 0)
    return formatting.money(high, currency, decimals=0 if whole else None)


def whale_facts(view: Portfolio) -> headings.WhaleFacts:
    """The whale curve as its heading takes it."""
    whale = view.page["whale"]
    return headings.WhaleFacts(
        accounts=whale["accounts"],
        earning=whale["earning"],
        losing=whale["losing"],
        peak=whale["peak"],
        total=whale["total"],
        unknown=whale["unknown"],
    )


def day(text: str | None) -> datetime.date | None:
    """A stored date."""
    return datetime.date.fromisoformat(text) if text else None


def change_rows(rows: Sequence[dict[str, Any]], currency: str, *, rising: bool) -> list[dict[str, Any]]:
    """Risers or falls as the table prints them: bar, change, contribution or last order."""
    largest = max((abs(row["change"]) for row in rows), default=0.0) or 1.0
    unit = formatting.common_unit([row["change"] for row in rows])
    return [
        {
            "name": row["name"],
            "url": reverse("metrics:account_detail", args=[row["account"]]),
            "ratio": abs(row["change"]) / largest,
            "meaning": "accent" if rising else "cut" if row["sold"] else "lost",
            "change": formatting.money(
                row["change"], currency, signed=True, unit=unit, decimals=_places(unit)
            ),
            "second": _figure(row["contribution"], currency)
            if rising
            else formatting.month(day(row["last_sale"])),
        }
        for row in rows
    ]


def _places(unit: str) -> int:
    return {"": 0, "k": 0, "M": 2}[unit]


def _figure(value: float | None, currency: str) -> SafeString:
    text = formatting.money(value, currency)
    css = "k-unknown" if value is None else "k-neg" if text.startswith(formatting.MINUS) else "k-num"
    return format_html('<span class="{}">{}</span>', css, text)


def changes_of(rows: Sequence[dict[str, Any]]) -> list[headings.Change]:
    """Risers or falls as their headings take them."""
    return [headings.Change(row["contribution"], row["sold"], day(row["last_sale"])) for row in rows]


def suggestion_row(row: dict[str, Any], currency: str) -> dict[str, Any]:
    """A suggestion as the list prints it: shape, name, class, its sentence, the verb."""
    facts = SuggestionFacts(
        kind=row["kind"],
        currency=currency,
        sales=row["net_sales_12m"],
        sales_prior=row["net_sales_prior_12m"],
        contribution=row["contribution_12m"],
        contribution_prior=row["contribution_prior_12m"],
        potential=row["potential_contribution"],
        expected=row["upv_expected_annual"],
        estimated=row["potential_basis"] in ("estimated", "mixed"),
        active_share=row["active_share"],
        last_sale=day(row["last_sale"]),
        worst_line=row["worst_line"],
        worst_share=row["worst_share"],
    )
    word = class_word("loyalty", row["loyalty_class"]) if row["loyalty_class"] else None
    lapsed = row["kind"] == "win_back"
    return {
        "account": uuid.UUID(row["account"]),
        "kind": row["kind"],
        "name": row["name"],
        "url": reverse("metrics:account_detail", args=[row["account"]]),
        "meaning": "grow" if lapsed else (word.meaning if word else "none"),
        "place": " · ".join(
            part for part in (row["country"] or "", "Lapsed" if lapsed else word.word if word else "") if part
        ),
        "parts": [(part, _tone(part)) for part in suggestion_sentence(facts)],
        "verb": VERBS[row["kind"]],
    }


def _tone(part: findings.Part) -> str:
    if not part.strong:
        return ""
    return "k-neg" if part.text.startswith(formatting.MINUS) else "k-pos"
