"""Reads of connections and engagement plans (K11)."""

import uuid
from typing import Any

from django.db.models import Q, QuerySet

from accounts.selectors.accounts import of_visible_accounts
from buying_center.models import Connection, Contact, Engagement, SellingCenterMember
from buying_center.network.model import Tie
from buying_center.network.structure import SENIOR_LEVELS, Facing, Structure, contact_structure
from buying_center.selectors.our_side import OurSide
from buying_center.selectors.people import of_visible_contacts, present
from buying_center.selectors.selling_center import selling_center_list
from kam.tenancy.access import Principal
from kam.tenancy.context import current_tenant_id


def connection_list() -> "QuerySet[Connection, Connection]":
    """Every connection of the current tenant; the tenant is named on every joined table."""
    tenant_id = current_tenant_id()
    return Connection.objects.filter(
        tenant_id=tenant_id,
        contact__tenant_id=tenant_id,
        place__tenant_id=tenant_id,
        account__tenant_id=tenant_id,
    )


def connection_visible(principal: Principal) -> "QuerySet[Connection, Connection]":
    """Connections in the accounts this member may see."""
    return of_visible_accounts(connection_list(), principal)


def connection_ties(account_id: uuid.UUID) -> list[Tie]:
    """Connections of an account that somebody has judged, as ties of its buying centre (`register_ties`)."""
    rows = Connection.objects.filter(
        tenant_id=current_tenant_id(), account_id=account_id, strength__isnull=False
    )
    columns = rows.order_by("id").values_list("place_id", "contact_id", "strength")
    return [Tie(str(place), str(contact), strength or 0) for place, contact, strength in columns]


def engagement_list() -> "QuerySet[Engagement, Engagement]":
    """Every engagement plan of the current tenant with whom it joins."""
    tenant_id = current_tenant_id()
    return Engagement.objects.select_related(
        "contact__person", "place__member__user", "place__employee"
    ).filter(
        Q(place__member__isnull=True) | Q(place__member__tenant_id=tenant_id),
        Q(place__employee__isnull=True) | Q(place__employee__tenant_id=tenant_id),
        tenant_id=tenant_id,
        contact__tenant_id=tenant_id,
        contact__person__tenant_id=tenant_id,
        place__tenant_id=tenant_id,
    )


def engagement_visible(principal: Principal) -> "QuerySet[Engagement, Engagement]":
    """Engagement plans with people of the accounts this member may see."""
    return of_visible_contacts(engagement_list(), principal)


def engagements_of(account_id: uuid.UUID) -> list[Engagement]:
    """An account's engagement plans with people who are still there, the longest overdue first; one query."""
    rows = present(engagement_list().filter(contact__account_id=account_id), "contact__")
    return list(rows.order_by("next_on", "contact__person__name", "id"))


def connection_find(account_id: uuid.UUID, contact_id: Any, place_ids: Any) -> Connection | None:
    """The connection of a contact with a human of ours, through whichever of their places it was entered."""
    rows = connection_list().filter(account_id=account_id, contact_id=contact_id, place_id__in=place_ids)
    return rows.order_by("-strength", "id").first()


def our_side_of(account_id: uuid.UUID, today: Any) -> OurSide:
    """Our humans of one account; one query."""
    places: list[SellingCenterMember] = list(selling_center_list(account_id=account_id))
    return OurSide.of(places, today)


def structure_now(account_id: uuid.UUID, today: Any) -> Structure:
    """The contact structure of one account today (K9); three queries, whatever its size."""
    ties = connection_ties(account_id)
    if not ties:
        return Structure(None)
    side = our_side_of(account_id, today)
    rows = Contact.objects.filter(tenant_id=current_tenant_id(), account_id=account_id)
    theirs = {
        str(pk): Facing(department, level in SENIOR_LEVELS)
        for pk, department, level in present(rows).values_list("id", "department", "level")
    }
    links = [
        (side.canonical[tie.ours], tie.theirs)
        for tie in ties
        if tie.ours in side.canonical and tie.theirs in theirs
    ]
    ours = {str(human.id): Facing(human.function, human.is_senior) for human in side.humans}
    return contact_structure(links, ours, theirs)
