"""Entering value items, and asking the customer to confirm one (K29)."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from accounts.forms.fields import describe_errors, take_errors
from accounts.models import Account
from accounts.views.accounts import own_account
from kam.common.api.etag import IfMatch, version_tag
from kam.common.errors import ApplicationError, StaleWriteError
from kam.tenancy.access import Principal
from kam.tenancy.permissions import requires
from kam.tenancy.selectors import tenant_settings
from planning.forms.value import AskForm, ValueItemForm, differences, initial_of
from planning.models import ValueItem
from planning.selectors.value import value_item_visible
from planning.services.confirmations import confirmation_request, confirmation_revoke
from planning.services.value import value_item_create, value_item_delete, value_item_update


def _own_item(request: HttpRequest, account_id: uuid.UUID, item_id: uuid.UUID) -> tuple[Account, ValueItem]:
    """An item of a visible account that this member may change; 404 where it is not seen."""
    principal: Principal = request.principal  # type: ignore[attr-defined]
    item = (
        value_item_visible(principal)
        .select_related("account")
        .filter(account__tenant_id=principal.tenant.id, account_id=account_id, pk=item_id)
        .first()
    )
    if item is None:
        raise Http404
    return own_account(request, account_id, "accounts.change"), item


@requires("accounts.view", write="accounts.change")
def add(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    """Add an item; `?class=` proposes its class."""
    account = own_account(request, account_id, "accounts.change")
    currency = tenant_settings().base_currency
    if request.method != "POST":
        asked = request.GET.get("class", "")
        initial = {"value_class": asked if asked in ("1", "2", "3", "4") else None}
        return _show(request, account, ValueItemForm(initial=initial, currency=currency))
    form = ValueItemForm(request.POST, currency=currency)
    if form.is_valid():
        try:
            item = value_item_create(
                principal=request.principal,  # type: ignore[attr-defined]
                values={"account": account.pk, **form.values()},
            )
        except ApplicationError as error:
            take_errors(form, error)
        else:
            messages.success(request, f"“{item.title}” is in the register.")
            return redirect("planning:value", account_id)
    describe_errors(form)
    return _show(request, account, form, status=422)


@requires("accounts.view", write="accounts.change")
def edit(request: HttpRequest, account_id: uuid.UUID, item_id: uuid.UUID) -> HttpResponse:
    """Change an item. Somebody else's save in between is shown beside one's own, never overwritten."""
    account, item = _own_item(request, account_id, item_id)
    currency = tenant_settings().base_currency
    if request.method != "POST":
        return _show(request, account, ValueItemForm(initial=initial_of(item), currency=currency), item)
    form = ValueItemForm(request.POST, currency=currency)
    if form.is_valid():
        was_confirmed = item.confirmed_at is not None
        try:
            saved = value_item_update(
                principal=request.principal,  # type: ignore[attr-defined]
                item=item,
                values=form.values(),
                if_match=IfMatch(frozenset({version_tag(item.pk, form.cleaned_data["version"])})),
            )
        except StaleWriteError:
            data = request.POST.copy()
            data["version"] = str(item.version)
            form.data = data
            return _show(request, account, form, item, conflict=differences(form, item), status=409)
        except ApplicationError as error:
            take_errors(form, error)
        else:
            if was_confirmed and saved.confirmed_at is None:
                messages.warning(
                    request, f"“{saved.title}” is saved. The customer confirmed something else: ask again."
                )
            else:
                messages.success(request, f"“{saved.title}” is saved.")
            return redirect("planning:value", account_id)
    describe_errors(form)
    return _show(request, account, form, item, status=422)


def _show(
    request: HttpRequest,
    account: Account,
    form: ValueItemForm,
    item: ValueItem | None = None,
    *,
    conflict: list[tuple[str, str, str]] | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {"account": account, "form": form, "item": item, "conflict": conflict}
    return render(request, "planning/value_item.html", context, status=status)


@require_POST
@requires("accounts.view", write="accounts.change")
def remove(request: HttpRequest, account_id: uuid.UUID, item_id: uuid.UUID) -> HttpResponse:
    """Delete an item that the customer has not answered about."""
    _account, item = _own_item(request, account_id, item_id)
    try:
        value_item_delete(principal=request.principal, item=item)  # type: ignore[attr-defined]
    except ApplicationError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"“{item.title}” is deleted.")
    return redirect("planning:value", account_id)


@requires("accounts.view", write="accounts.change")
def ask(request: HttpRequest, account_id: uuid.UUID, item_id: uuid.UUID) -> HttpResponse:
    """Ask the customer to confirm: by e-mail, or with a link that is shown here once."""
    account, item = _own_item(request, account_id, item_id)
    context: dict[str, Any] = {"account": account, "item": item, "currency": tenant_settings().base_currency}
    if request.method != "POST":
        initial = {"contact_name": item.contact_name, "contact_email": item.contact_email}
        return render(request, "planning/value_ask.html", {**context, "form": AskForm(initial=initial)})
    form = AskForm(request.POST)
    if form.is_valid():
        by_mail = form.cleaned_data["way"] == AskForm.MAIL
        try:
            asked, link = confirmation_request(
                principal=request.principal,  # type: ignore[attr-defined]
                item=item,
                contact_name=form.cleaned_data["contact_name"],
                contact_email=form.cleaned_data["contact_email"],
                days=form.cleaned_data["days"],
                send=by_mail,
            )
        except ApplicationError as error:
            take_errors(form, error)
        else:
            if by_mail:
                messages.success(request, f"{asked.contact_name} gets an e-mail with the link.")
                return redirect("planning:value", account_id)
            return render(
                request, "planning/value_ask.html", {**context, "form": form, "link": link, "asked": asked}
            )
    describe_errors(form)
    return render(request, "planning/value_ask.html", {**context, "form": form}, status=422)


@require_POST
@requires("accounts.view", write="accounts.change")
def revoke(request: HttpRequest, account_id: uuid.UUID, item_id: uuid.UUID) -> HttpResponse:
    """Take an open request back."""
    _account, item = _own_item(request, account_id, item_id)
    try:
        confirmation_revoke(principal=request.principal, item=item)  # type: ignore[attr-defined]
    except ApplicationError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, "The request is taken back; its link works no more.")
    return redirect("planning:value", account_id)
