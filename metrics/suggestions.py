"""What an account's classes suggest (K8, K34), in a verb and a sentence. A person decides."""

from dataclasses import dataclass
from decimal import Decimal

from kam.common import formatting
from kam.common.meanings import Meaning
from metrics.models import AccountDecision, MetricsRow

Verdict = AccountDecision.Verdict
ZERO = Decimal(0)


@dataclass(frozen=True)
class Suggestion:
    """A decision that is due: the suggested verdict, what it means, and the two figures that lead to it."""

    verdict: str
    verb: str
    meaning: Meaning
    sentence: str


def suggestion_for(row: MetricsRow, *, is_key: bool, currency: str) -> Suggestion | None:
    """The decision an account needs, or None where nothing calls for one.

    The rules are those of the portfolio's list (`metrics.selectors.portfolio_suggestions`), so that both pages
    say the same; a vulture that the list has no rule for is repriced (K8). What costs money now comes first,
    then what was lost, then growth.
    """

    def money(value: Decimal | None) -> str:
        return formatting.money(value, currency)

    now, before = row.contribution_12m, row.contribution_prior_12m
    loses = row.sold_12m and now is not None and now < 0 and row.dubinsky_ingram_class != "undeveloped"
    worse = loses and now is not None and now < min(before if before is not None else ZERO, ZERO)
    covered = row.potential_contribution is not None and row.potential_contribution >= 0
    shrinks = loses and row.net_sales_12m < row.net_sales_prior_12m and not covered
    if (row.loyalty_class == "vulture" and not shrinks) or (
        worse and row.net_sales_12m >= row.net_sales_prior_12m
    ):
        return Suggestion(
            Verdict.REPRICE,
            "Reprice",
            "cut",
            f"It buys for {money(row.net_sales_12m)} a year and leaves {money(now)}.",
        )
    if shrinks:
        return Suggestion(
            Verdict.REDUCE,
            "Reduce the effort",
            "cut",
            f"It leaves {money(now)} a year on falling sales; expected potential of "
            f"{_potential(row, currency)} does not cover that.",
        )
    if not row.sold_12m and before is not None and before > 0:
        return Suggestion(
            Verdict.WIN_BACK,
            "Win back",
            "grow",
            f"It left {money(before)} the year before, and bought nothing since {formatting.date(row.last_sale)}.",
        )
    earns = now is not None and now > 0
    if row.loyalty_class == "friend" and row.dubinsky_ingram_class == "desirable" and not is_key and earns:
        return Suggestion(
            Verdict.PROMOTE,
            "Promote to key account",
            "keep",
            f"Loyal and profitable: it leaves {money(now)} a year and could add {_potential(row, currency)}.",
        )
    if row.dubinsky_ingram_class == "undeveloped" and (row.upv_expected_annual or ZERO) > 0:
        return Suggestion(
            Verdict.INVEST,
            "Invest",
            "grow",
            f"It leaves {money(now)} a year now; potential could add {_potential(row, currency)}.",
        )
    return None


def _potential(row: MetricsRow, currency: str) -> str:
    text = formatting.money(row.upv_expected_annual, currency)
    return formatting.estimate(text) if row.potential_basis in ("estimated", "mixed") else text
