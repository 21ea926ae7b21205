"""Who is in an account's selling centre (K10)."""

import datetime
import uuid
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import Account, ProductLine, Segment
from accounts.selectors.accounts import account_find
from buying_center.models import (
    Connection,
    Contact,
    Employee,
    Engagement,
    PlaceScope,
    SellingCenterMember,
    SellingRole,
)
from buying_center.services.employees import employee_create, employee_update
from kam.common.api.etag import IfMatch
from kam.common.errors import ConflictError, FieldError, InvalidInputError
from kam.common.saving import lock_row, save_changes, set_values
from kam.tenancy.access import Principal
from kam.tenancy.permissions import authorise
from kam.tenancy.selectors import person_member_id

MOST_SCOPES = 100


@transaction.atomic
def selling_center_add(
    *, principal: Principal, values: Mapping[str, Any], replace_lead: bool = False
) -> SellingCenterMember:
    """Put somebody into an account's selling centre.

    `account`, `user` and `employee` are ids; in place of them `new_employee` holds name, e-mail and title of
    somebody who has no login. `scopes`: dicts with `product_line`, `segment` or `region`. With `replace_lead`
    whoever leads now steps back to being a KAM.

    Only administrators, the account's owner and its lead may: a place in the centre is access to the account,
    so nobody gives it to themselves. Raises InvalidInputError naming the field, PermissionDenied,
    ConflictError for a second lead or the same role twice.
    """
    account = account_find(principal, values.get("account"))
    if account is None:
        raise InvalidInputError.of("account", "There is no such account.", "unknown")
    authorise(principal, "team.change", account)
    _lock_account(account)
    given = {name: value for name, value in values.items() if name != "account"}
    scopes = given.pop("scopes", ())
    new = given.pop("new_employee", None)
    if new is not None:
        given["employee"] = employee_create(principal=principal, values=new).pk
    place = SellingCenterMember(tenant_id=principal.tenant.id, account=account)
    _set_person(place, given)
    _set(place, given, replace_lead=replace_lead)
    place.save(force_insert=True)
    _set_scopes(place, scopes or ())
    return place


@transaction.atomic
def selling_center_update(
    *,
    principal: Principal,
    person: SellingCenterMember,
    values: Mapping[str, Any],
    replace_lead: bool = False,
    if_match: IfMatch | None = None,
) -> SellingCenterMember:
    """Change a place; account and person stay. `scopes` replaces the whole list; `of_employee` holds what to
    change of the employee behind the place.

    Raises as `selling_center_add` and `employee_update`, StaleWriteError.
    """
    row = _lock(principal, person, if_match)
    given = dict(values)
    about = given.pop("of_employee", None)
    if about is not None and row.employee is not None:
        row.employee = employee_update(principal=principal, employee=row.employee, values=about)
    if given.pop("account", row.account_id) != row.account_id:
        raise InvalidInputError.of("account", "A place in a selling centre stays with its account.", "fixed")
    scopes = given.pop("scopes", None)
    _set_person(row, given)
    changed = _set(row, given, replace_lead=replace_lead)
    if scopes is not None and _set_scopes(row, scopes) and not changed:
        # The scopes are part of the place: whoever saw it before has an old version.
        changed = {"is_lead"}
    save_changes(row, changed)
    return row


@transaction.atomic
def selling_center_end(
    *,
    principal: Principal,
    person: SellingCenterMember,
    last_day: datetime.date | None = None,
    heir_id: uuid.UUID | None = None,
    if_match: IfMatch | None = None,
) -> SellingCenterMember:
    """Let a place end (today unless another day is given); what happened stays on record under their name.

    `heir_id`: the place that takes over contacts, connections and engagement plans. Raises InvalidInputError
    for a day before the place began or an heir of another account, PermissionDenied, StaleWriteError.
    """
    row = _lock(principal, person, if_match)
    _hand_over(row, heir_id)
    values: dict[str, Any] = {"valid_to": last_day or timezone.localdate()}
    save_changes(row, _set(row, values))
    return row


@transaction.atomic
def selling_center_remove(
    *,
    principal: Principal,
    person: SellingCenterMember,
    heir_id: uuid.UUID | None = None,
    if_match: IfMatch | None = None,
) -> None:
    """Take somebody out of a selling centre, with the connections that nobody inherits.

    `heir_id` as in `selling_center_end`. Raises InvalidInputError, PermissionDenied, StaleWriteError (412).
    """
    row = _lock(principal, person, if_match)
    _hand_over(row, heir_id)
    row.delete()


def shown_version(place: SellingCenterMember) -> int:
    """What the entity tag of a place counts: its own changes and those of the employee behind it."""
    return place.version + (place.employee.version if place.employee is not None else 0)


def _lock(principal: Principal, place: SellingCenterMember, if_match: IfMatch | None) -> SellingCenterMember:
    _lock_account(place.account)
    row = lock_row(SellingCenterMember.objects.filter(tenant_id=principal.tenant.id), place.pk)
    if if_match is not None:
        if_match.check(SimpleNamespace(pk=row.pk, version=shown_version(row)))
    authorise(principal, "team.change", row)
    return row


def _lock_account(account: Account) -> None:
    Account.objects.select_for_update(of=("self",), no_key=True).filter(
        tenant_id=account.tenant_id, pk=account.pk
    ).values_list("id").first()


def _set_person(place: SellingCenterMember, values: dict[str, Any]) -> None:
    """Who it is: a member or an employee, and never another one later."""
    is_new = place.member_id is None and place.employee_id is None
    asked = {name: values.pop(name) for name in ("user", "employee") if name in values}
    member_id = person_member_id(tenant_id=place.tenant_id, user_id=asked.get("user"), field="user")
    employee_id = asked.get("employee")
    if is_new:
        if (member_id is None) == (employee_id is None):
            raise InvalidInputError.of(
                "user", "Expected a user's id, or the id of an employee without a login.", "required"
            )
        if employee_id is not None:
            _known_employee(place.tenant_id, employee_id)
        place.member_id, place.employee_id = member_id, employee_id
        return
    fixed = {"user": (member_id, place.member_id), "employee": (employee_id, place.employee_id)}
    for name, (wanted, stored) in fixed.items():
        if name in asked and wanted != stored:
            raise InvalidInputError.of(name, "A place in a selling centre stays with its person.", "fixed")


def _known_employee(tenant_id: uuid.UUID, employee_id: uuid.UUID) -> None:
    if not Employee.objects.filter(tenant_id=tenant_id, pk=employee_id).exists():
        raise InvalidInputError.of("employee", "There is no such employee.", "unknown")


def _set(place: SellingCenterMember, values: dict[str, Any], *, replace_lead: bool = False) -> set[str]:
    if values.get("is_lead", place.is_lead) and values.get("role", place.role) != SellingRole.KAM:
        raise InvalidInputError.of("is_lead", "The lead is a key account manager.", "lead_is_kam")
    changed = set_values(place, values)
    if place.valid_from and place.valid_to and place.valid_to < place.valid_from:
        raise InvalidInputError.of("valid_to", "The end lies before the start.", "order")
    if place.is_temporary and place.valid_to is None:
        raise InvalidInputError.of("valid_to", "A temporary place has a last day.", "required")
    if place.is_temporary and not place.reason:
        raise InvalidInputError.of(
            "reason", "Say which opportunity or concern brings them in for a time.", "required"
        )
    others = (
        SellingCenterMember.objects.select_related("member__user", "employee")
        .filter(tenant_id=place.tenant_id, account_id=place.account_id)
        .exclude(pk=place.pk)
    )
    if place.is_lead and ("is_lead" in changed or place._state.adding):
        _make_way(others.filter(is_lead=True).first(), replace_lead)
    who: dict[str, Any] = {"member_id": place.member_id, "employee_id": place.employee_id}
    twice = others.filter(**who, role=place.role)
    if (place._state.adding or "role" in changed) and twice.exists():
        message = "This person has this role in this account already."
        raise ConflictError(message, code="unique", errors=[FieldError("role", message, "unique")])
    return changed


def _make_way(lead: SellingCenterMember | None, replace_lead: bool) -> None:
    if lead is None:
        return
    if replace_lead:
        lead.is_lead = False
        save_changes(lead, {"is_lead"})
        return
    message = f"{lead.name} leads this account. An account has one lead."
    raise ConflictError(message, code="second_lead", errors=[FieldError("is_lead", message, "second_lead")])


def _set_scopes(place: SellingCenterMember, scopes: Sequence[Mapping[str, Any]]) -> bool:
    """Make these the place's scopes; whether anything changed."""
    if len(scopes) > MOST_SCOPES:
        raise InvalidInputError.of("scopes", f"Expected at most {MOST_SCOPES}.", "max_length")
    wanted = dict.fromkeys(_scope_key(scope) for scope in scopes)
    lines, segments = {key[0] for key in wanted if key[0]}, {key[1] for key in wanted if key[1]}
    known_lines = ProductLine.objects.filter(tenant_id=place.tenant_id, pk__in=lines)
    if lines - {
        pk for pk, owner in known_lines.values_list("pk", "account_id") if owner in (None, place.account_id)
    }:
        raise InvalidInputError.of("scopes", "There is no such product line.", "unknown")
    known_segments = Segment.objects.filter(
        tenant_id=place.tenant_id, account_id=place.account_id, pk__in=segments
    )
    if segments - set(known_segments.values_list("pk", flat=True)):
        raise InvalidInputError.of("scopes", "There is no such segment of this account.", "unknown")
    stored = {
        (scope.product_line_id, scope.segment_id, scope.region): scope
        for scope in PlaceScope.objects.filter(tenant_id=place.tenant_id, place_id=place.pk)
    }
    for key, scope in stored.items():
        if key not in wanted:
            scope.delete()
    for line, segment, region in wanted:
        if (line, segment, region) not in stored:
            scope = PlaceScope(
                tenant_id=place.tenant_id,
                place=place,
                product_line_id=line,
                segment_id=segment,
                region=region,
            )
            scope.save(force_insert=True)
    return set(stored) != set(wanted)


def _scope_key(scope: Mapping[str, Any]) -> tuple[Any, Any, str]:
    line, segment, region = (
        scope.get("product_line"),
        scope.get("segment"),
        (scope.get("region") or "").strip(),
    )
    if sum(bool(part) for part in (line, segment, region)) != 1:
        raise InvalidInputError.of(
            "scopes", "Each names one thing: a product line, a segment or a region.", "one_thing"
        )
    if len(region) > 120:
        raise InvalidInputError.of("scopes", "A region has at most 120 characters.", "max_length")
    return line, segment, region


def _hand_over(place: SellingCenterMember, heir_id: uuid.UUID | None) -> None:
    """What hangs on a place moves to another one of the same centre; where that one has it already, it stays."""
    if heir_id is None:
        return
    here = SellingCenterMember.objects.filter(tenant_id=place.tenant_id, account_id=place.account_id)
    if heir_id == place.pk or not here.filter(pk=heir_id).exists():
        raise InvalidInputError.of("heir", "There is no such place in this selling centre.", "unknown")
    mine: dict[str, Any] = {"tenant_id": place.tenant_id, "place_id": place.pk}
    theirs: dict[str, Any] = {"tenant_id": place.tenant_id, "place_id": heir_id}
    Contact.objects.filter(tenant_id=place.tenant_id, covered_by_id=place.pk).update(covered_by_id=heir_id)
    known = Connection.objects.filter(**theirs).values("contact_id")
    Connection.objects.filter(**mine).exclude(contact_id__in=known).update(place_id=heir_id)
    for engagement in Engagement.objects.filter(**mine):
        planned = Engagement.objects.filter(**theirs, contact_id=engagement.contact_id, kind=engagement.kind)
        if not planned.exists():
            engagement.place_id = heir_id
            save_changes(engagement, {"place"})
