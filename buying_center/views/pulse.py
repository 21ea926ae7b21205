"""The page behind a pulse survey's link: four questions, once. Open to everybody: the signed key is the right.

It shows the supplier's name and nothing else of the tenant (K9).
"""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from buying_center.bank.alignment import STATEMENTS
from buying_center.models import PulseSurvey
from buying_center.services.surveys import PURPOSE, survey_answer, survey_find, survey_opened
from kam.common.errors import ApplicationError, ConflictError
from kam.tenancy.answer_links import ANSWERED
from kam.tenancy.models import Tenant
from kam.tenancy.permissions import public
from kam.tenancy.views.answer_link import LinkPage, answer_link, is_ours


class PulseForm(forms.Form):
    """The questions. Only the first one must be answered."""

    ladder = forms.ChoiceField(
        choices=list(STATEMENTS.items()),
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose the sentence that fits best.",
            "invalid_choice": "Choose one of the five sentences.",
        },
    )
    recommends = forms.TypedChoiceField(
        required=False,
        coerce=int,
        empty_value=None,
        choices=[(value, str(value)) for value in range(11)],
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": "Expected 0 to 10."},
    )
    satisfied = forms.TypedChoiceField(
        required=False,
        coerce=int,
        empty_value=None,
        choices=[
            (1, "Very dissatisfied"),
            (2, "Dissatisfied"),
            (3, "Neither"),
            (4, "Satisfied"),
            (5, "Very satisfied"),
        ],
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": "Choose one of the five answers."},
    )
    comment = forms.CharField(
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def pulse(request: Any, token: str) -> HttpResponse:
    """GET asks; POST answers, once (`kam.tenancy.views.answer_link`)."""
    return answer_link(request, token, PAGE)


def _ask(
    request: Any,
    tenant: Tenant,
    found: PulseSurvey,
    *,
    form: PulseForm | None = None,
    fault: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {
        "tenant_name": tenant.name,
        "survey": found,
        "form": form or PulseForm(),
        "is_ours": is_ours(request, tenant),
        "fault": fault,
    }
    return render(request, "buying_center/pulse.html", context, status=status)


def _take(request: Any, tenant: Tenant, found: PulseSurvey) -> HttpResponse:
    form = PulseForm(request.POST)
    if not form.is_valid():
        return _ask(request, tenant, found, form=form, status=422)
    try:
        survey_answer(survey=found, **form.cleaned_data)
    except ConflictError as error:
        return _void(request, tenant, found, ANSWERED if error.code == "used" else error.code)
    except ApplicationError as error:
        return _ask(request, tenant, found, form=form, fault=error.message, status=422)
    return render(request, "buying_center/pulse_done.html", {"tenant_name": tenant.name})


def _void(
    request: Any, tenant: Tenant | None, found: PulseSurvey | None, state: str, *, status: int = 410
) -> HttpResponse:
    """Why there is nothing to answer; whose link it was, where it was one of ours."""
    context: dict[str, Any] = {"state": state, "tenant_name": tenant.name if tenant is not None else ""}
    if found is not None:
        context |= {"answered_at": found.answered_at, "expires_at": found.expires_at}
    return render(request, "buying_center/pulse_void.html", context, status=status)


PAGE = LinkPage(
    purpose=PURPOSE,
    find=lambda digest: survey_find(digest=digest),
    opened=lambda found: survey_opened(survey=found),
    ask=_ask,
    take=_take,
    void=_void,
)
