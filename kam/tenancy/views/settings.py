"""The thresholds of a tenant."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from kam.common import formatting
from kam.common.errors import ApplicationError, StaleWriteError
from kam.tenancy.forms import SettingsForm
from kam.tenancy.forms.settings import GROUPS, Setting, changed_from_default, written
from kam.tenancy.history import Entry, history_of
from kam.tenancy.models import TenantSettings
from kam.tenancy.permissions import requires
from kam.tenancy.selectors import tenant_settings
from kam.tenancy.services import settings_update
from kam.tenancy.views.parts import settings_tabs, show_errors


@requires("settings.view", write="settings.change")
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: Any) -> HttpResponse:
    """GET the form (read-only without the right to change); POST saves what was entered."""
    may_change = request.principal.can("settings.change")
    if request.method != "POST":
        return _page(request, SettingsForm(instance=tenant_settings(), read_only=not may_change))
    form = SettingsForm(request.POST, instance=tenant_settings())
    if not form.is_valid():
        return _page(request, form, status=422)
    entered = form.values()
    try:
        changed = settings_update(
            principal=request.principal, version=form.cleaned_data["version"], values=entered
        )
    except StaleWriteError:
        return _conflict(request, entered)
    except ApplicationError as error:
        show_errors(form, error)
        return _page(request, form, status=422)
    messages.success(request, saved_message(changed))
    return redirect("tenancy:settings")


def saved_message(changed: list[str]) -> str:
    """What was saved, and what follows from it."""
    if not changed:
        return "Nothing was changed."
    return (
        f"{formatting.plural(len(changed), 'setting')} saved. Figures that depend on them are computed anew."
    )


def settings_finding(row: TenantSettings) -> str:
    """The page's sentence: how far this tenant's rules are its own."""
    own = changed_from_default(row)
    if not own:
        return "You work with the product’s own thresholds throughout."
    names = ", ".join(setting.label.lower() for setting in own[:3])
    more = f" and {len(own) - 3} more" if len(own) > 3 else ""
    return f"{formatting.plural(len(own), 'threshold')} of your own: {names}{more}."


def _conflict(request: Any, entered: dict[str, Any]) -> HttpResponse:
    """Somebody saved meanwhile: both values side by side; nothing of what was typed is lost."""
    stored = tenant_settings()
    differing = [
        {
            "label": setting.label,
            "mine": written(setting, entered[setting.name]),
            "theirs": written(setting, theirs),
        }
        for setting in _settings()
        if (theirs := getattr(stored, setting.name)) != entered[setting.name]
    ]
    data = request.POST.copy()
    data["version"] = str(stored.version)
    form = SettingsForm(data, instance=tenant_settings())
    form.is_valid()
    latest: Entry | None = next(iter(history_of(stored, limit=1)), None)
    return _page(request, form, status=409, conflict={"differing": differing, "latest": latest})


def _settings() -> list[Setting]:
    return [setting for group in GROUPS for setting in group.settings]


def _page(request: Any, form: SettingsForm, *, status: int = 200, **context: Any) -> HttpResponse:
    stored = tenant_settings()
    return render(
        request,
        "tenancy/settings.html",
        {
            "tabs": settings_tabs(request),
            "form": form,
            "stored": stored,
            "finding": settings_finding(stored),
            "may_change": request.principal.can("settings.change"),
            **context,
        },
        status=status,
    )
