"""The activity log: what happened between us and the customer (K11, K38)."""

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.selectors.accounts import account_find
from buying_center.models import Activity, ActivityPerson, Contact, SellingCenterMember
from buying_center.services.contacts import account_lock
from buying_center.services.last_contact import Happened, follow_activity, humans_of
from buying_center.signals import buying_center_changed
from kam.common.api.etag import IfMatch
from kam.common.errors import InvalidInputError
from kam.common.saving import lock_row, save_changes, set_values
from kam.tenancy.access import Principal
from kam.tenancy.permissions import authorise

PEOPLE = ("contacts", "places")
MOST_PEOPLE = 60


@transaction.atomic
def activity_add(*, principal: Principal, values: Mapping[str, Any]) -> Activity:
    """Log a call, meeting, e-mail or note; `contacts` and `places` are lists of ids of the account's people.

    The author is whoever asks. Last contacts and engagement plans follow in the same transaction
    (`services.last_contact`). Raises InvalidInputError naming the field, PermissionDenied.
    """
    given = dict(values)
    account = account_find(principal, given.pop("account", None))
    if account is None:
        raise InvalidInputError.of("account", "There is no such account.", "unknown")
    authorise(principal, "accounts.change", account)
    account_lock(account.pk, principal.tenant.id)
    people = {name: given.pop(name, None) or [] for name in PEOPLE}
    activity = Activity(tenant_id=principal.tenant.id, account=account, author=principal.member)
    _set(activity, given)
    for name in ("kind", "happened_on", "subject"):
        if not getattr(activity, name):
            raise InvalidInputError.of(name, "This field is required.", "required")
    activity.save(force_insert=True)
    _put_people(activity, people)
    _follow(principal, activity, None, _happened(activity))
    return activity


@transaction.atomic
def activity_update(
    *, principal: Principal, activity: Activity, values: Mapping[str, Any], if_match: IfMatch | None = None
) -> Activity:
    """Change an entry; the account stays. A list of people replaces the whole list. Raises as `activity_add`,
    StaleWriteError (412)."""
    row = _lock(principal, activity, if_match)
    before = _happened(row)
    given = dict(values)
    if given.pop("account", row.account_id) != row.account_id:
        raise InvalidInputError.of("account", "An activity stays with its account.", "fixed")
    people = {name: given.pop(name) for name in PEOPLE if name in given}
    changed = _set(row, given)
    if _put_people(row, people):
        changed.add("updated_at")
    save_changes(row, changed - {"updated_at"} or changed)
    _follow(principal, row, before, _happened(row))
    return row


@transaction.atomic
def activity_remove(*, principal: Principal, activity: Activity, if_match: IfMatch | None = None) -> None:
    """Take an entry out of the log. Raises PermissionDenied, StaleWriteError (412)."""
    row = _lock(principal, activity, if_match)
    before = _happened(row)
    account_id = row.account_id
    row.delete()
    row.account_id = account_id
    _follow(principal, row, before, None)


def _lock(principal: Principal, activity: Activity, if_match: IfMatch | None) -> Activity:
    account_lock(activity.account_id, principal.tenant.id)
    row = lock_row(Activity.objects.filter(tenant_id=principal.tenant.id), activity.pk, if_match)
    authorise(principal, "accounts.change", row)
    return row


def _set(activity: Activity, values: Mapping[str, Any]) -> set[str]:
    changed = set_values(activity, values)
    for name in ("kind", "happened_on", "subject"):
        if name in values and not getattr(activity, name):
            raise InvalidInputError.of(name, "This field may not be blank.", "blank")
    if "happened_on" in changed and activity.happened_on > timezone.localdate():
        raise InvalidInputError.of(
            "happened_on", "That day is still to come. The log holds what has happened.", "future"
        )
    return changed


def _put_people(activity: Activity, people: Mapping[str, Iterable[uuid.UUID]]) -> bool:
    """Give an activity exactly these people; who was there before keeps their row. Returns whether it changed."""
    model: dict[str, Any] = {"contacts": Contact, "places": SellingCenterMember}
    changed = False
    for name, ids in people.items():
        wanted = list(dict.fromkeys(ids))
        if len(wanted) > MOST_PEOPLE:
            raise InvalidInputError.of(name, f"Expected at most {MOST_PEOPLE} people.", "max_length")
        known = model[name].objects.filter(
            tenant_id=activity.tenant_id, account_id=activity.account_id, pk__in=wanted
        )
        if wanted and known.count() != len(wanted):
            whose = "contact" if name == "contacts" else "place in the selling centre"
            raise InvalidInputError.of(name, f"There is no such {whose} of this account.", "unknown")
        end = "contact_id" if name == "contacts" else "place_id"
        rows = ActivityPerson.objects.filter(
            tenant_id=activity.tenant_id, activity=activity, **{f"{end}__isnull": False}
        )
        stored = set(rows.values_list(end, flat=True))
        if gone := stored - set(wanted):
            rows.filter(**{f"{end}__in": gone}).delete()
        added = [who for who in wanted if who not in stored]
        ActivityPerson.objects.bulk_create(
            ActivityPerson(tenant_id=activity.tenant_id, activity=activity, **{end: who}) for who in added
        )
        changed = changed or bool(gone or added)
    return changed


def _happened(activity: Activity) -> Happened:
    rows = ActivityPerson.objects.filter(tenant_id=activity.tenant_id, activity_id=activity.pk)
    people = list(rows.values_list("contact_id", "place_id"))
    places = [place for _contact, place in people if place is not None]
    return Happened(
        kind=activity.kind,
        day=activity.happened_on,
        contacts=frozenset(contact for contact, _place in people if contact is not None),
        humans=humans_of(places) if places else frozenset(),
    )


def _follow(
    principal: Principal, activity: Activity, before: Happened | None, after: Happened | None
) -> None:
    follow_activity(principal=principal, account_id=activity.account_id, before=before, after=after)
    buying_center_changed.send(
        sender=Activity, tenant_id=principal.tenant.id, account_ids=[activity.account_id]
    )
