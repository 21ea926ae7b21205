"""Reads of the pulse surveys: what was asked, what was said, and how far apart both views are (K9)."""

import datetime
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, CharField, QuerySet, Value, When
from django.utils import timezone

from accounts.models import Account
from accounts.selectors.accounts import of_visible_accounts
from buying_center.models import PulseSurvey
from buying_center.network.ladder import ANSWER_MONTHS, latest_of_each, lower_median, perception_gap
from kam.common.dates import months_after
from kam.tenancy.access import Principal
from kam.tenancy.answer_links import ANSWERED, EXPIRED, OPENED, REVOKED, WAITING
from kam.tenancy.context import current_tenant_id


def survey_list() -> "QuerySet[PulseSurvey, PulseSurvey]":
    """Every survey of the current tenant with its `state`; the key's digest stays in the database."""
    tenant_id = current_tenant_id()
    rows = PulseSurvey.objects.defer("key_digest").filter(tenant_id=tenant_id, account__tenant_id=tenant_id)
    state = Case(
        When(answered_at__isnull=False, then=Value(ANSWERED)),
        When(revoked_at__isnull=False, then=Value(REVOKED)),
        When(expires_at__lte=timezone.now(), then=Value(EXPIRED)),
        When(opened_at__isnull=False, then=Value(OPENED)),
        default=Value(WAITING),
        output_field=CharField(),
    )
    return rows.annotate(state=state)


def survey_visible(principal: Principal) -> "QuerySet[PulseSurvey, PulseSurvey]":
    """Surveys of the accounts this member may see, with who asked."""
    rows = survey_list().select_related("asked_by__user").filter(asked_by__tenant_id=principal.tenant.id)
    return of_visible_accounts(rows, principal)


def respondent(survey: Any) -> str:
    """Who answered, the same over all their surveys: the contact, or what is left where that is gone."""
    return str(survey.contact_id or survey.contact_email or survey.contact_name)


def customers_view(account_id: uuid.UUID, *, today: datetime.date) -> str:
    """The rung the customer sees: each respondent's latest answer of 12 months, the lower median; "" without any."""
    since = months_after(today, -ANSWER_MONTHS)
    rows = PulseSurvey.objects.filter(
        tenant_id=current_tenant_id(), account_id=account_id, answered_at__date__gt=since
    )
    answers = rows.order_by("answered_at", "id").only("contact_id", "contact_email", "contact_name", "ladder")
    return _view([(respondent(row), row.ladder) for row in answers])


def views_to_refresh() -> "QuerySet[Any, Any]":
    """Ids of accounts whose customer's view may have aged: those that have one."""
    rows = Account.objects.filter(tenant_id=current_tenant_id()).exclude(ladder_customer="")
    return rows.order_by("id").values_list("id", flat=True)


@dataclass(frozen=True)
class Perception:
    """Both views on the day of an answer; `gap` = ours − theirs in steps, None with `ending` or without ours."""

    day: datetime.date
    ours: str
    theirs: str
    respondents: int

    @property
    def gap(self) -> int | None:
        return perception_gap(self.ours, self.theirs)


def perceptions(surveys: Sequence[Any]) -> list[Perception]:
    """Both views at each day with an answer, the oldest first; `surveys` in any order.

    Ours is what we thought on that day, theirs what all answers of the 12 months before it said.
    """
    answered = sorted(
        (survey for survey in surveys if survey.answered_at is not None),
        key=lambda survey: survey.answered_at,
    )
    days = [timezone.localdate(survey.answered_at) for survey in answered]
    found: dict[datetime.date, Perception] = {}
    for day, survey in zip(days, answered, strict=True):
        since = months_after(day, -ANSWER_MONTHS)
        seen = [
            (respondent(other), other.ladder)
            for other_day, other in zip(days, answered, strict=True)
            if since < other_day <= day
        ]
        # Of several answers on one day the last one closes it.
        found[day] = Perception(day, survey.ladder_ours, _view(seen), len(dict(seen)))
    return list(found.values())


def _view(answers: Sequence[tuple[str, str]]) -> str:
    return lower_median(latest_of_each(answers))


def open_surveys(account_id: uuid.UUID, contact_id: uuid.UUID) -> "QuerySet[PulseSurvey, PulseSurvey]":
    """Links of one contact that wait for an answer, expired ones included."""
    return PulseSurvey.objects.filter(
        tenant_id=current_tenant_id(),
        account_id=account_id,
        contact_id=contact_id,
        answered_at__isnull=True,
        revoked_at__isnull=True,
    )


def mean_scores(surveys: Sequence[Any]) -> dict[str, float | None]:
    """NPS (−100…+100) and mean satisfaction (1–5) of each respondent's latest answer; None without any."""
    latest: dict[str, Any] = {}
    for survey in sorted(
        (one for one in surveys if one.answered_at is not None), key=lambda one: one.answered_at
    ):
        latest[respondent(survey)] = survey
    recommends = [one.recommends for one in latest.values() if one.recommends is not None]
    satisfied = [one.satisfied for one in latest.values() if one.satisfied is not None]
    promoters = sum(value >= 9 for value in recommends) - sum(value <= 6 for value in recommends)
    return {
        "nps": 100 * promoters / len(recommends) if recommends else None,
        "satisfied": sum(satisfied) / len(satisfied) if satisfied else None,
    }
