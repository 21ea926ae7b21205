"""What the settings pages share."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse

from kam.common.errors import ApplicationError

TABS = (
    ("tenancy:settings", "Thresholds", "settings.view"),
    ("tenancy:members", "Members", "members.view"),
    ("accounts:rates", "Exchange rates", "rates.view"),
    ("planning:question_list", "Questions", "settings.view"),
    ("opportunities:step_resources", "Sales steps", "settings.view"),
    ("planning:deck_settings", "Slides", "settings.view"),
    ("tenancy:tokens", "API tokens", "tokens.own"),
    ("tenancy:profile", "You", ""),
)


def settings_tabs(request: Any) -> list[dict[str, Any]]:
    """The tabs of the settings pages that this person may open."""
    tabs = []
    for name, label, permission in TABS:
        if permission and not request.principal.can(permission):
            continue
        try:
            url = reverse(name)
        except NoReverseMatch:
            continue
        tabs.append({"label": label, "url": url, "current": request.path == url})
    return tabs


def show_errors(form: forms.BaseForm, error: ApplicationError) -> None:
    """Put what a service refused where a person looks for it: at the field, else above the form."""
    for fault in error.errors:
        form.add_error(fault.field if fault.field in form.fields else None, fault.message)
    if not error.errors:
        form.add_error(None, error.message)


Action = Callable[..., HttpResponse]


def tells_errors(back_to: str) -> Callable[[Action], Action]:
    """For views that only act: what a service refuses becomes a notice on the page they go back to."""

    def decorate(view: Action) -> Action:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                return view(request, *args, **kwargs)
            except ApplicationError as error:
                messages.error(request, error.message)
                return redirect(back_to)

        return guarded

    return decorate
