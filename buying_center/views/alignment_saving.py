"""Saving the sheets of the alignment page, and pairs of one's own."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.forms.fields import describe_errors, take_errors
from accounts.models import Account
from accounts.services.accounts import account_update
from accounts.views.accounts import own_account
from buying_center.forms.alignment import (
    InterfaceForm,
    PairForm,
    PositioningForm,
    RelationshipForm,
    StandingForm,
)
from buying_center.models import InterfacePair
from buying_center.selectors.centre import centre_rows
from buying_center.selectors.interfaces import InterfaceRow, interface_rows, interface_visible
from buying_center.selectors.standing import positioning_of, sheet_tag, standing_of
from buying_center.selectors.surveys import survey_visible
from buying_center.services.interfaces import interface_add, interface_remove, interface_update
from buying_center.services.standing import positioning_update, standing_update
from buying_center.views import alignment as page
from buying_center.views.sheets import Stored, save_sheet, seen_version
from kam.common.api.etag import IfMatch, version_tag
from kam.common.errors import ApplicationError, ConflictError, StaleWriteError
from kam.tenancy.access import Principal
from kam.tenancy.history import history_of
from kam.tenancy.permissions import requires


@require_POST
@requires("accounts.view", write="accounts.change")
def interface_save(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    """Judge a pair, named by both functions: one of the bank's is written down with its first judgement."""
    account, principal = _own(request, account_id)
    row = _row(account, request)
    people = page.people_of(principal)
    sheet = page.interface_sheet(account, row, people, request.POST)

    def write(values: dict[str, Any], if_match: IfMatch) -> None:
        if row.pair is not None:
            interface_update(principal=principal, pair=row.pair, values=values, if_match=if_match)
            return
        if seen_version(request):
            raise StaleWriteError("Somebody forgot this pair since you read it.")
        named = {"account": account.pk, "our_function": row.ours, "their_function": row.theirs}
        try:
            interface_add(principal=principal, values={**named, **values})
        except ConflictError as error:
            raise StaleWriteError("Somebody judged this pair first.") from error

    def stored() -> Stored:
        pair = _row(account, request).pair
        tag = "" if pair is None else version_tag(pair.pk, pair.version)
        return Stored(InterfaceForm.initial_of(pair), tag, _who(pair))

    def beside() -> dict[str, Any]:
        fresh = _row(account, request)
        sheet.history = page.interface_sheet(account, fresh, people).history
        return {
            "template": "buying_center/partials/interfaces_beside.html",
            "account": account,
            "row": fresh,
            "can_change": True,
            **page.strip_context(principal, account),
            **page.interfaces_context(account, people),
        }

    return save_sheet(request, sheet, write=write, stored=stored, beside=beside)


@require_POST
@requires("accounts.view", write="accounts.change")
def interface_own(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    """Add a pair that the bank does not know."""
    account, principal = _own(request, account_id)
    form = PairForm(request.POST, key="own")
    if form.is_valid():
        try:
            pair = interface_add(principal=principal, values={"account": account.pk, **form.values()})
        except ApplicationError as error:
            take_errors(form, error)
        else:
            messages.success(request, f"“{pair}” is added. Say how it runs.")
            return redirect(reverse("buying_center:alignment", args=[account.pk]) + f"#pair-{pair.pk}")
    describe_errors(form)
    return render(request, "buying_center/interface_own.html", {"account": account, "form": form}, status=422)


@require_POST
@requires("accounts.view", write="accounts.change")
def interface_forget(request: HttpRequest, account_id: uuid.UUID, pk: uuid.UUID) -> HttpResponse:
    """Forget what was written about a pair; one of the bank's is then not known again."""
    account, principal = _own(request, account_id)
    pair = interface_visible(principal).filter(account_id=account.pk, pk=pk).first()
    if pair is None:
        raise Http404
    interface_remove(principal=principal, pair=pair)
    messages.success(request, f"What was written about “{pair}” is forgotten.")
    return redirect(reverse("buying_center:alignment", args=[account.pk]) + "#interfaces")


@require_POST
@requires("accounts.view", write="accounts.change")
def standing_save(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    """State the layer of the connection, the vendor tier and its evidence."""
    account, principal = _own(request, account_id)
    sheet = page.standing_sheet(account, standing_of(account), request.POST)

    def stored() -> Stored:
        row = standing_of(account)
        return Stored(StandingForm.initial_of(row), sheet_tag(account.pk, row.version), _who(row))

    return save_sheet(
        request,
        sheet,
        write=lambda values, if_match: standing_update(
            principal=principal, account=account, values=values, if_match=if_match
        ),
        stored=stored,
        beside=lambda: {
            "template": "buying_center/partials/depth_beside.html",
            "account": account,
            **page.depth_context(account, standing_of(account), centre_rows(account.pk)),
        },
    )


@require_POST
@requires("accounts.view", write="accounts.change")
def relationship_save(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    """Enter our view of the ladder, and the tier."""
    account, principal = _own(request, account_id)
    sheet = page.relationship_sheet(account, request.POST)

    def stored() -> Stored:
        account.refresh_from_db()
        tag = version_tag(account.pk, account.version)
        return Stored(RelationshipForm.initial_of(account), tag, _who(account))

    def beside() -> dict[str, Any]:
        surveys = list(survey_visible(principal).filter(account_id=account.pk).order_by("-asked_at"))
        return {
            "template": "buying_center/partials/ladder_beside.html",
            "account": account,
            **page.ladder_context(account, surveys),
        }

    return save_sheet(
        request,
        sheet,
        write=lambda values, if_match: account_update(
            principal=principal, account=account, values=values, if_match=if_match
        ),
        stored=stored,
        beside=beside,
    )


@require_POST
@requires("accounts.view", write="accounts.change")
def positioning_save(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    """Judge how the customer weighs us."""
    account, principal = _own(request, account_id)
    sheet = page.positioning_sheet(account, positioning_of(account), request.POST)

    def stored() -> Stored:
        row = positioning_of(account)
        return Stored(PositioningForm.initial_of(row), sheet_tag(account.pk, row.version), _who(row))

    return save_sheet(
        request,
        sheet,
        write=lambda values, if_match: positioning_update(
            principal=principal, account=account, values=values, if_match=if_match
        ),
        stored=stored,
        beside=lambda: {
            "template": "buying_center/partials/positioning_beside.html",
            "account": account,
            **page.positioning_context(account, positioning_of(account)),
        },
    )


def _own(request: HttpRequest, account_id: uuid.UUID) -> tuple[Account, Principal]:
    return own_account(request, account_id, "accounts.change"), request.principal  # type: ignore[attr-defined]


def _row(account: Account, request: HttpRequest) -> InterfaceRow:
    """The pair that the request names. Raises BadRequest for one that is neither written down nor the bank's."""
    named = tuple(request.POST.get(name, "") for name in ("our_function", "their_function"))
    found = next((row for row in interface_rows(account.pk) if (row.ours, row.theirs) == named), None)
    if found is None:
        raise BadRequest("The request names no pair of functions that this account has.")
    return found


def _who(row: InterfacePair | Any) -> str:
    """Who saved a row last; "" where nobody is known."""
    if row is None or row.pk is None:
        return ""
    latest = next(iter(history_of(row, limit=1)), None)
    return latest.who if latest is not None else ""
