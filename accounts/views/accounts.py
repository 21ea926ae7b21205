"""Adding, editing and deleting an account."""

import uuid

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from accounts.forms.account import AccountForm, differences, initial_of
from accounts.forms.fields import describe_errors
from accounts.models import Account
from accounts.selectors.accounts import account_find
from accounts.selectors.pickers import account_search, account_words, industry_names
from accounts.services.accounts import account_create, account_delete, account_update
from kam.common.api.etag import IfMatch, version_tag
from kam.common.errors import ApplicationError, ConflictError, StaleWriteError
from kam.tenancy.access import Principal
from kam.tenancy.models import Role
from kam.tenancy.permissions import requires
from kam.tenancy.selectors import member_list, tenant_settings


def _form(request: HttpRequest, account: Account | None = None) -> AccountForm:
    principal: Principal = request.principal  # type: ignore[attr-defined]
    return AccountForm(
        request.POST if request.method == "POST" else None,
        initial=initial_of(account) if account else {},
        principal=principal,
        settings=tenant_settings(),
        members=[member for member in member_list() if member.is_active and member.role != Role.INTEGRATION],
        industries=industry_names(principal),
    )


def own_account(request: HttpRequest, account_id: uuid.UUID, permission: str) -> Account:
    """A visible account that this member may change; 404 where it is not seen, 403 where it may not."""
    principal: Principal = request.principal  # type: ignore[attr-defined]
    account = account_find(principal, account_id)
    if account is None:
        raise Http404
    if not principal.can(permission, account):
        raise PermissionDenied("Your role does not allow this.")
    return account


@requires("accounts.add")
def create(request: HttpRequest) -> HttpResponse:
    """Add an account. A key account manager becomes its owner."""
    form = _form(request)
    if request.method == "POST":
        if form.is_valid():
            try:
                account = account_create(
                    principal=request.principal,  # type: ignore[attr-defined]
                    values=form.values(),
                )
            except ApplicationError as error:
                form.take(error)
            else:
                messages.success(request, f"“{account.name}” is added.")
                return redirect("metrics:account_detail", account.pk)
        describe_errors(form)
    return _show(request, form, None)


@requires("accounts.view", write="accounts.change")
def edit(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    """Change an account. Somebody else's save in between is shown beside one's own, never overwritten."""
    account = own_account(request, account_id, "accounts.change")
    form = _form(request, account)
    if request.method == "POST":
        if form.is_valid():
            try:
                account_update(
                    principal=request.principal,  # type: ignore[attr-defined]
                    account=account,
                    values=form.values(),
                    if_match=IfMatch(frozenset({version_tag(account.pk, form.cleaned_data["version"])})),
                )
            except StaleWriteError:
                return _conflict(request, form, account)
            except ApplicationError as error:
                form.take(error)
            else:
                messages.success(request, f"“{form.cleaned_data['name']}” is saved.")
                return redirect("metrics:account_detail", account.pk)
        describe_errors(form)
    return _show(request, form, account)


def _conflict(request: HttpRequest, form: AccountForm, account: Account) -> HttpResponse:
    """Both values side by side. "Keep mine" sends this form again over the version that is shown."""
    changed = differences(form, account)
    data = request.POST.copy()
    data["version"] = str(account.version)
    form.data = data
    return _show(request, form, account, conflict=changed, status=409)


def _show(
    request: HttpRequest,
    form: AccountForm,
    account: Account | None,
    *,
    conflict: list[tuple[str, str, str]] | None = None,
    status: int = 200,
) -> HttpResponse:
    back = (
        reverse("metrics:account_detail", args=[account.pk]) if account else reverse("metrics:account_list")
    )
    principal: Principal = request.principal  # type: ignore[attr-defined]
    context = {
        "form": form,
        "account": account,
        "back": back,
        "conflict": conflict,
        "can_delete": account is not None and principal.can("accounts.delete", account),
    }
    return render(request, "accounts/account_form.html", context, status=status)


@requires("accounts.view", write="accounts.delete")
def delete(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    """Ask, then delete; refused with the reason while a ledger stands on the account."""
    account = own_account(request, account_id, "accounts.delete")
    if request.method == "POST":
        try:
            account_delete(principal=request.principal, account=account)  # type: ignore[attr-defined]
        except ConflictError as error:
            return render(
                request,
                "accounts/account_delete.html",
                {"account": account, "refusal": error.message},
                status=409,
            )
        messages.success(request, f"“{account.name}” is deleted.")
        return redirect("metrics:account_list")
    return render(request, "accounts/account_delete.html", {"account": account})


@requires("accounts.view")
def parent_options(request: HttpRequest) -> HttpResponse:
    """What the parent picker offers for the words typed so far."""
    principal: Principal = request.principal  # type: ignore[attr-defined]
    found = account_search(principal, request.GET.get("parent", ""))
    options = [(account_words(account), account.industry) for account in found]
    return render(request, "accounts/parent_options.html", {"options": options})
