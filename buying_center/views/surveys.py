"""Asking somebody of the customer how they see us, and taking a link back (K9)."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.forms.fields import describe_errors, take_errors
from accounts.models import Account
from accounts.views.accounts import own_account
from buying_center.bank.alignment import STATEMENTS
from buying_center.forms.alignment import SurveyForm
from buying_center.models import Contact
from buying_center.selectors.people import contact_list, present
from buying_center.selectors.surveys import survey_visible
from buying_center.services.surveys import survey_ask, survey_revoke
from kam.common.errors import ApplicationError
from kam.tenancy.access import Principal
from kam.tenancy.permissions import requires


@requires("accounts.view", write="accounts.change")
def survey_new(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    """Ask somebody: by e-mail, or with a link that is shown here once. `?contact=` proposes whom."""
    account = own_account(request, account_id, "accounts.change")
    contacts = _askable(account)
    if request.method != "POST":
        asked = request.GET.get("contact", "")
        initial = {"contact": asked if any(str(one.pk) == asked for one in contacts) else ""}
        return _show(request, account, SurveyForm(key="survey", contacts=contacts, initial=initial))
    form = SurveyForm(request.POST, key="survey", contacts=contacts)
    if form.is_valid():
        by_mail = form.cleaned_data["way"] == SurveyForm.MAIL
        try:
            survey, link = survey_ask(
                principal=request.principal,  # type: ignore[attr-defined]
                contact_id=uuid.UUID(form.cleaned_data["contact"]),
                contact_email=form.cleaned_data["contact_email"],
                days=form.cleaned_data["days"],
                send=by_mail,
            )
        except ApplicationError as error:
            take_errors(form, error)
        else:
            if by_mail:
                messages.success(request, f"{survey.contact_name} gets an e-mail with the link.")
                return redirect(_back(account))
            return _show(request, account, form, link=link, survey=survey)
    describe_errors(form)
    return _show(request, account, form, status=422)


@require_POST
@requires("accounts.view", write="accounts.change")
def survey_take_back(request: HttpRequest, account_id: uuid.UUID, pk: uuid.UUID) -> HttpResponse:
    """Take an open link back."""
    account = own_account(request, account_id, "accounts.change")
    principal: Principal = request.principal  # type: ignore[attr-defined]
    survey = survey_visible(principal).filter(account_id=account.pk, pk=pk).first()
    if survey is None:
        raise Http404
    try:
        survey_revoke(principal=principal, survey=survey)
    except ApplicationError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"The link of {survey.contact_name} works no more.")
    return redirect(_back(account))


def _askable(account: Account) -> list[Contact]:
    """People who are known by name and still there."""
    rows = present(contact_list()).filter(
        account_id=account.pk, person__is_placeholder=False, person__erased_at__isnull=True
    )
    return list(rows.order_by("person__name", "id"))


def _back(account: Account) -> str:
    return reverse("buying_center:alignment", args=[account.pk]) + "#surveys"


def _show(
    request: HttpRequest, account: Account, form: SurveyForm, *, status: int = 200, **more: Any
) -> HttpResponse:
    context = {
        "account": account,
        "form": form,
        "has_contacts": len(form.fields["contact"].choices) > 1,  # type: ignore[attr-defined]
        "statements": STATEMENTS.values(),
        "back": _back(account),
        **more,
    }
    response = render(request, "buying_center/survey_ask.html", context, status=status)
    if "link" in more:
        response["Cache-Control"] = "no-store"
    return response
