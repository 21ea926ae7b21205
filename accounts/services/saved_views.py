"""Writes of saved views: a named query string of the account list."""

from urllib.parse import parse_qsl, urlencode

from django.db import transaction

from accounts.models import SavedView
from kam.common.errors import InvalidInputError
from kam.tenancy.models import Membership

MAX_QUERY = 2000
MAX_NAME = 80


@transaction.atomic
def saved_view_save(*, member: Membership, name: str, query: str, is_shared: bool = False) -> SavedView:
    """Save the query under a name; a view of the member with that name is replaced.

    The page is left out: a view names a filter, not a place in it. Raises InvalidInputError for an empty or
    too long name or query.
    """
    name = " ".join(name.replace("\x00", "").split())
    if not name:
        raise InvalidInputError.of("name", "Give the view a name, so that you find it again.")
    if len(name) > MAX_NAME:
        raise InvalidInputError.of("name", f"A name has at most {MAX_NAME} characters.")
    pairs = [(key, value.replace("\x00", "")) for key, value in parse_qsl(query.lstrip("?")) if key != "page"]
    kept = urlencode(pairs)
    if len(kept) > MAX_QUERY:
        raise InvalidInputError.of("query", "This filter is too long to be saved.")
    view, _ = SavedView.objects.update_or_create(
        tenant_id=member.tenant_id,
        member=member,
        name=name,
        defaults={"query": kept, "is_shared": is_shared},
        create_defaults={
            "tenant_id": member.tenant_id,
            "member": member,
            "name": name,
            "query": kept,
            "is_shared": is_shared,
        },
    )
    return view


def saved_view_share(*, view: SavedView, is_shared: bool) -> SavedView:
    """Show a view to everybody in the company, or keep it to oneself again."""
    view.is_shared = is_shared
    view.save(update_fields=["is_shared", "updated_at"])
    return view


def saved_view_delete(*, view: SavedView) -> None:
    """Delete a view."""
    view.delete()
