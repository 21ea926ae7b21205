"""What reviews say in one sentence, and the table of then and now (K33)."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from kam.common import formatting
from planning.models import Review
from planning.selectors.review_dates import DueReview

NEAR_DAYS = 30


def listed(words: Sequence[str]) -> str:
    """``the ladder``, ``the ladder and Open Space``, ``a, b and c``; names keep their capitals."""
    plain = [word if word == "Open Space" else word[:1].lower() + word[1:] for word in words]
    return plain[0] if len(plain) == 1 else f"{', '.join(plain[:-1])} and {plain[-1]}"


def review_finding(review: Review, areas: Sequence[Mapping[str, Any]], account: str) -> str:
    """What had changed since the last review of this kind, and where nothing did."""
    kind = review.get_kind_display().lower()
    if review.since is None:
        return f"The first {kind} of {account}: there is nothing to compare with yet."
    changed = sum(len(area["entries"]) for area in areas)
    still = [str(area["label"]) for area in areas if area["suspicious"]]
    since = formatting.date(review.since)
    if not changed:
        return f"Nothing changed at {account} since {since}: is nobody looking, or nobody writing?"
    things = formatting.plural(changed, "change")
    if still:
        return f"{things} since {since}, but none in {listed(still)}."
    return f"{things} since {since}, in everything this review looks at."


def account_reviews_finding(
    account: str, due: Sequence[DueReview], today: datetime.date, *, is_key: bool
) -> str:
    """Which review of one account is next, or overdue."""
    if not due:
        return (
            f"No review of {account} is planned."
            if is_key
            else f"{account} is no key account: reviews are not proposed for it."
        )
    first = due[0]
    days = first.days(today)
    label = first.label[:1].lower() + first.label[1:]
    if days < 0:
        return f"The {label} of {account} is {formatting.plural(-days, 'day')} overdue."
    if days == 0:
        return f"The {label} of {account} is due today."
    return f"Next at {account}: the {label}, on {formatting.date(first.due_on)}."


def due_finding(due: Sequence[DueReview], today: datetime.date) -> str:
    """How many reviews are late, and what comes next."""
    late = [one for one in due if one.days(today) < 0]
    if late:
        return f"{formatting.plural(len(late), 'review')} overdue, the longest at {late[0].account_name}."
    near = [one for one in due if one.days(today) <= NEAR_DAYS]
    if near:
        return f"{formatting.plural(len(near), 'review')} in the next {NEAR_DAYS} days, first {near[0].account_name}."
    if due:
        return f"No review is due before {formatting.date(due[0].due_on)}."
    return "No review is planned: reviews are proposed for key accounts."


@dataclass(frozen=True)
class ThenNow:
    """One line of the table: written figures, `None` = not known; `changed`: they differ."""

    label: str
    then: str | None
    now: str | None

    @property
    def changed(self) -> bool:
        return self.then != self.now


def then_and_now(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[ThenNow]:
    """Two kept states side by side (`review_state`): figures first, then what people entered."""
    rows = []
    before = {figure["key"]: figure for figure in then.get("figures", [])}
    for figure in now.get("figures", []):
        earlier = before.get(figure["key"])
        rows.append(
            ThenNow(
                figure["label"],
                _written(earlier, then) if earlier else None,
                _written(figure, now),
            )
        )
    for label, key in (
        ("Relationship, our view", "ladder_ours"),
        ("Relationship, the customer’s view", "ladder_customer"),
        ("Tier", "tier"),
        ("Account manager", "owner"),
    ):
        rows.append(ThenNow(label, then.get(key), now.get(key)))
    rows.append(ThenNow("Cells with a potential", _count(then.get("cells")), _count(now.get("cells"))))
    rows.append(ThenNow("Potential entered a year", _money(then, "potential"), _money(now, "potential")))
    for label, key in (("Demonstrated value a year", "demonstrated"), ("Reported value a year", "reported")):
        rows.append(ThenNow(label, _value(then, key), _value(now, key)))
    rows.append(ThenNow("Critical success factors", _names(then, "factors"), _names(now, "factors")))
    rows.append(ThenNow("Open objectives", _names(then, "objectives"), _names(now, "objectives")))
    return rows


def _written(figure: Mapping[str, Any], state: Mapping[str, Any]) -> str | None:
    if figure["value"] is None:
        return None
    value = Decimal(figure["value"])
    if figure["unit"] == "ratio":
        return formatting.percent(value)
    return formatting.money(value, state.get("currency", ""))


def _money(state: Mapping[str, Any], key: str) -> str | None:
    value = state.get(key)
    return None if value is None else formatting.money(Decimal(value), state.get("currency", ""))


def _value(state: Mapping[str, Any], key: str) -> str | None:
    found = (state.get("value") or {}).get(key)
    if not found or (found["items"] and found["customer_gain"] is None):
        return None
    return formatting.money(Decimal(found["customer_gain"] or 0), state.get("currency", ""))


def _count(value: int | None) -> str | None:
    return None if value is None else formatting.number(value)


def _names(state: Mapping[str, Any], key: str) -> str | None:
    names = state.get(key)
    if names is None:
        return None
    return "; ".join(names) or "none"
