"""Choosing an account by typing: what a picker offers, and what its words mean."""

import uuid

from django.db.models import Q

from accounts.models import Account
from accounts.selectors.accounts import account_changeable, account_visible
from kam.tenancy.access import Principal

SEPARATOR = " · "


def account_words(account: Account) -> str:
    """How a picker writes an account: its name, and its external id where it has one."""
    return f"{account.name}{SEPARATOR}{account.external_id}" if account.external_id else account.name


def account_search(
    principal: Principal, text: str, *, limit: int = 12, to_change: bool = False
) -> list[Account]:
    """Visible accounts whose name holds the text or whose external id begins with it; with `to_change` only those
    that this member may write.

    Names that begin with it come first.
    """
    text = text.replace("\x00", "").strip()[:100]
    accounts = account_changeable(principal) if to_change else account_visible(principal)
    rows = accounts.only("id", "name", "external_id", "country", "industry", "is_key_account")
    if not text:
        return list(rows.order_by("name", "id")[:limit])
    first = list(rows.filter(name__istartswith=text).order_by("name", "id")[:limit])
    if len(first) < limit:
        rest = rows.filter(Q(name__icontains=text) | Q(external_id__istartswith=text))
        rest = rest.exclude(pk__in=[account.pk for account in first])
        first += list(rest.order_by("name", "id")[: limit - len(first)])
    return first


def account_by_words(principal: Principal, words: str) -> list[uuid.UUID]:
    """Ids of the visible accounts that the picker's words name: by external id, else by their exact name."""
    words = words.replace("\x00", "").strip()
    name, separator, external_id = words.rpartition(SEPARATOR)
    visible = account_visible(principal)
    if separator:
        found = list(visible.filter(external_id=external_id, name=name).values_list("id", flat=True)[:2])
        if found:
            return found
    by_id = list(visible.filter(external_id=words).values_list("id", flat=True)[:2])
    return by_id or list(visible.filter(name__iexact=words).values_list("id", flat=True)[:5])


def industry_names(principal: Principal, *, limit: int = 200) -> list[str]:
    """Industries in use, for the form to offer."""
    rows = (
        account_visible(principal)
        .exclude(industry="")
        .order_by("industry")
        .values_list("industry", flat=True)
    )
    return list(rows.distinct()[:limit])
