"""Reads of customers' own structure."""

import uuid

from django.db.models import QuerySet

from accounts.models import Segment
from accounts.selectors.accounts import of_visible_accounts
from kam.tenancy.access import Principal


def segment_visible(principal: Principal) -> "QuerySet[Segment, Segment]":
    """Segments of the accounts this member may see."""
    return of_visible_accounts(Segment.objects.all(), principal)


def segment_descendants(segment: Segment) -> set[uuid.UUID]:
    """Ids of a segment and of everything below it."""
    below: dict[uuid.UUID, list[uuid.UUID]] = {}
    pairs = Segment.objects.filter(tenant_id=segment.tenant_id, account_id=segment.account_id).values_list(
        "id", "parent_id"
    )
    for child, parent in pairs:
        if parent is not None:
            below.setdefault(parent, []).append(child)
    found: set[uuid.UUID] = set()
    todo = [segment.pk]
    while todo:
        current = todo.pop()
        if current not in found:
            found.add(current)
            todo += below.get(current, [])
    return found
