"""Reading one account's selling centre for its page, and the load of every KAM (K10)."""

import datetime
import uuid
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.db.models import Case, Func, IntegerField, OuterRef, QuerySet, Subquery, Value, When
from django.utils import timezone

from accounts.models import Account
from accounts.selectors.accounts import account_visible, sees_all_accounts
from buying_center.models import (
    ActivityPerson,
    Connection,
    Contact,
    Engagement,
    PlaceScope,
    SellingCenterMember,
    SellingRole,
)
from buying_center.selectors.selling_center import (
    scopes_of,
    selling_center_list,
    serving_today,
    still_with_us,
)
from buying_center.team.load import Manager, Workload, workload
from buying_center.team.model import LedAccount, OpenLine, Place, Scope, Team, Ties
from buying_center.team.roles import ORDER
from kam.tenancy.access import Principal
from kam.tenancy.context import current_tenant_id
from kam.tenancy.models import Role
from kam.tenancy.selectors import member_list, tenant_settings

LineReader = Callable[[uuid.UUID], "list[OpenLine]"]
_line_reader: LineReader | None = None


def register_open_lines(reader: LineReader) -> None:
    """Let the app that keeps the Open Space tell which product lines have potential: `reader(account_id)`."""
    global _line_reader
    _line_reader = reader


def team_of(principal: Principal, account: Account, *, today: datetime.date | None = None) -> Team:
    """An account's selling centre as plain data: six queries, two more where its lead has other key accounts.

    The caller has proved that the account is visible.
    """
    day = today or timezone.localdate()
    rows = list(places_with_ties(account.pk))
    scopes = scopes_of([row.pk for row in rows]) if rows else {}
    places = sorted(
        (place_data(row, scopes.get(row.pk, []), day) for row in rows),
        key=lambda place: (ORDER[place.role], not place.is_lead, place.name.casefold()),
    )
    settings = tenant_settings()
    team = Team(
        today=day,
        account=LedAccount(account.pk, account.name, account.industry, account.pk),
        is_key=account.is_key_account,
        places=places,
        limit=settings.kam_account_limit,
        open_lines=_line_reader(account.pk) if _line_reader is not None else (),
        currency=settings.base_currency,
    )
    if team.lead is None:
        return team
    others = _led_accounts(principal, team.lead, account.pk)
    family = _families() if others else {}
    return replace(
        team,
        account=_led(account.pk, account.name, account.industry, family),
        led=[
            _led(pk, name, industry, family, visible=bool(visible)) for pk, name, industry, visible in others
        ],
    )


def places_with_ties(account_id: uuid.UUID) -> "QuerySet[Any, Any]":
    """The places of a centre, each with how much hangs on it: `contacts`, `connections`, and so on."""
    tenant_id = current_tenant_id()
    return selling_center_list(account_id=account_id).annotate(
        contacts=_count(Contact.objects.filter(tenant_id=tenant_id, covered_by_id=OuterRef("pk"))),
        connected=_count(Connection.objects.filter(tenant_id=tenant_id, place_id=OuterRef("pk"))),
        engaged=_count(Engagement.objects.filter(tenant_id=tenant_id, place_id=OuterRef("pk"))),
        took_part=_count(ActivityPerson.objects.filter(tenant_id=tenant_id, place_id=OuterRef("pk"))),
    )


def _count(rows: "QuerySet[Any, Any]") -> Any:
    counted = rows.order_by().annotate(number=Func(Value(1), function="count")).values("number")
    return Subquery(counted, output_field=IntegerField())


def place_data(row: Any, scopes: list[PlaceScope], today: datetime.date) -> Place:
    """A row of `places_with_ties` with its scopes, as plain data."""
    employee = row.employee
    gone = (
        (employee.left_on is not None and employee.left_on <= today)
        if employee is not None
        else not row.member.is_active
    )
    return Place(
        id=row.pk,
        person=row.person_key,
        name=row.name,
        role=row.role,
        is_lead=row.is_lead,
        has_login=employee is None,
        is_gone=gone,
        title=row.title or (employee.title if employee is not None else ""),
        function=row.function,
        level=row.level,
        is_temporary=row.is_temporary,
        reason=row.reason,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        touched_on=timezone.localdate(row.updated_at),
        scopes=tuple(scope_data(scope) for scope in scopes),
        ties=Ties(row.contacts, row.connected, row.engaged, row.took_part),
    )


def scope_data(scope: PlaceScope) -> Scope:
    if scope.product_line_id is not None:
        return Scope("line", scope.product_line_id, scope.product_line.name)  # type: ignore[union-attr]
    if scope.segment_id is not None:
        return Scope("segment", scope.segment_id, scope.segment.name)  # type: ignore[union-attr]
    return Scope("region", None, scope.region)


def _led_accounts(principal: Principal, lead: Place, account_id: uuid.UUID) -> list[tuple[Any, ...]]:
    """The other key accounts that somebody leads today: id, name, industry, whether the asker may see it."""
    tenant_id = current_tenant_id()
    person = {"member_id": lead.person} if lead.has_login else {"employee_id": lead.person}
    rows = SellingCenterMember.objects.filter(
        serving_today(),
        tenant_id=tenant_id,
        account__tenant_id=tenant_id,
        account__is_key_account=True,
        is_lead=True,
        **person,
    ).exclude(account_id=account_id)
    seen: Any = Value(1)
    if not sees_all_accounts(principal):
        visible = account_visible(principal).values("id")
        seen = Case(When(account_id__in=visible, then=1), default=0, output_field=IntegerField())
    rows = rows.annotate(seen=seen).order_by("account__name", "account_id")
    return list(rows.values_list("account_id", "account__name", "account__industry", "seen"))


def _families() -> dict[Any, Any]:
    """Account id → its parent's, of all accounts that have one."""
    rows = Account.objects.filter(tenant_id=current_tenant_id(), parent__isnull=False)
    return dict(rows.values_list("id", "parent_id"))


def _led(pk: Any, name: str, industry: str, parents: dict[Any, Any], *, visible: bool = True) -> LedAccount:
    top, seen = pk, {pk}
    while top in parents and parents[top] not in seen:
        top = parents[top]
        seen.add(top)
    return LedAccount(pk, name, industry, top, visible)


def workload_of(principal: Principal) -> Workload:
    """How many key accounts each KAM leads, over the accounts that this member may see; six queries at most."""
    tenant_id = principal.tenant.id
    parents = _families()
    visible = account_visible(principal).filter(is_key_account=True)
    accounts = [
        _led(pk, name, industry, parents)
        for pk, name, industry in visible.order_by("name", "id").values_list("id", "name", "industry")
    ]
    places = selling_center_list().filter(
        serving_today(),
        still_with_us(),
        account_id__in=visible.values("id"),
        role__in=[SellingRole.KAM, SellingRole.SPONSOR, SellingRole.EXECUTIVE],
    )
    leads: dict[Any, Manager] = {}
    held: dict[Any, set[str]] = defaultdict(set)
    for place in places.select_related(None).select_related("member__user", "employee"):
        if place.is_lead:
            leads[place.account_id] = Manager(place.person_key, place.name, place.member_id is not None)
        elif place.role != SellingRole.KAM:
            held[place.account_id].add(place.role)
    members = member_list(tenant_id=tenant_id).filter(role=Role.KAM, is_active=True)
    if not sees_all_accounts(principal):
        # Of colleagues this member sees a part only: who seems free may well not be.
        members = members.filter(pk=principal.member.pk)
    managers = [Manager(member.pk, member.user.display_name) for member in members]
    return workload(
        accounts=accounts,
        leads=leads,
        held=held,
        managers=managers,
        limit=tenant_settings().kam_account_limit,
    )
