"""What an account's classes suggest (K8, K34), in a verb and a sentence. A person decides."""

from dataclasses import dataclass

from kam.common import formatting
from kam.common.meanings import Meaning
from metrics.models import AccountDecision, MetricsRow

Verdict = AccountDecision.Verdict


@dataclass(frozen=True)
class Suggestion:
    """A decision that is due: the suggested verdict, what it means, and the two figures that lead to it."""

    verdict: str
    verb: str
    meaning: Meaning
    sentence: str


def suggestion_for(row: MetricsRow, *, is_key: bool, currency: str) -> Suggestion | None:
    """The decision an account needs, or None where its classes call for nothing new.

    Vultures come first (they cost money now), then what was lost, then what could grow.
    """

    def money(value: object) -> str:
        return formatting.money(value, currency)  # type: ignore[arg-type]

    if row.loyalty_class == "vulture":
        return Suggestion(
            Verdict.REPRICE,
            "Reprice",
            "cut",
            f"It buys steadily for {money(row.net_sales_12m)} a year and leaves {money(row.contribution_12m)}.",
        )
    if row.loyalty_reason == "dormant" and row.net_sales_prior_12m > 0:
        return Suggestion(
            Verdict.WIN_BACK,
            "Win back",
            "grow",
            f"It bought for {money(row.net_sales_prior_12m)} the year before, and nothing since "
            f"{formatting.date(row.last_sale)}.",
        )
    if row.dubinsky_ingram_class == "undesirable" and row.loyalty_class == "stranger":
        return Suggestion(
            Verdict.REDUCE,
            "Reduce the effort",
            "cut",
            f"It leaves {money(row.contribution_12m)} a year, and potential adds only "
            f"{_potential(row, currency)}.",
        )
    if row.loyalty_class == "friend" and row.dubinsky_ingram_class == "desirable" and not is_key:
        return Suggestion(
            Verdict.PROMOTE,
            "Promote to key account",
            "keep",
            f"Loyal and profitable: it leaves {money(row.contribution_12m)} a year and could add "
            f"{_potential(row, currency)}.",
        )
    if row.loyalty_class == "butterfly" or row.dubinsky_ingram_class == "undeveloped":
        return Suggestion(
            Verdict.INVEST,
            "Invest",
            "grow",
            f"It leaves {money(row.contribution_12m)} a year now; potential could add {_potential(row, currency)}.",
        )
    return None


def _potential(row: MetricsRow, currency: str) -> str:
    text = formatting.money(row.upv_expected_annual, currency)
    return formatting.estimate(text) if row.potential_basis in ("estimated", "mixed") else text
