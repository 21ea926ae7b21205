"""What every page of a buying centre begins with."""

import uuid
from typing import Any

from django.http import Http404, HttpRequest
from django.urls import reverse

from accounts.models import Account
from accounts.selectors.accounts import account_find
from accounts.views.accounts import own_account
from buying_center import findings
from buying_center.findings import GapWords
from buying_center.models import Contact
from buying_center.selectors.centre import CentreRows
from buying_center.selectors.people import contact_visible
from kam.tenancy.access import Principal


def visible_account(request: HttpRequest, account_id: uuid.UUID) -> Account:
    """The account; 404 where the member may not see it."""
    account = account_find(request.principal, account_id)  # type: ignore[attr-defined]
    if account is None:
        raise Http404
    return account


def visible_contact(request: HttpRequest, account_id: uuid.UUID, contact_id: uuid.UUID) -> Contact:
    """A contact of a visible account; 404 otherwise."""
    principal: Principal = request.principal  # type: ignore[attr-defined]
    rows = contact_visible(principal).select_related("account", "assessed_by__user")
    contact = rows.filter(account_id=account_id, pk=contact_id).first()
    if contact is None:
        raise Http404
    return contact


def own_contact(
    request: HttpRequest, account_id: uuid.UUID, contact_id: uuid.UUID
) -> tuple[Account, Contact]:
    """A contact that this member may change: 404 where it is not seen, 403 where it may not."""
    contact = visible_contact(request, account_id, contact_id)
    return own_account(request, account_id, "accounts.change"), contact


def gap_cards(rows: CentreRows) -> list[dict[str, Any]]:
    """Every gap with its words and the address of its button."""
    centre, analysis = rows.centre, rows.analysis
    cards = []
    for gap in analysis.gaps:
        words = findings.gap_words(gap, centre, analysis)
        cards.append({"words": words, "url": _door(words, rows.account_id), "people": gap.people})
    return cards


def _door(words: GapWords, account_id: uuid.UUID) -> str:
    if words.act == findings.ADD:
        return reverse("buying_center:contact_add", args=[account_id])
    if words.act == findings.EDIT and words.who:
        return reverse("buying_center:contact_edit", args=[account_id, words.who])
    if words.act == findings.SHOW and words.who:
        return reverse("buying_center:contact_detail", args=[account_id, words.who])
    return reverse("buying_center:people", args=[account_id]) + "?ordering=-influence"
