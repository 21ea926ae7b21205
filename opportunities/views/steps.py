"""What each buying stage needs of ours (K11, fig. 1.6): a page of the settings."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from kam.common import formatting
from kam.common.errors import ApplicationError
from kam.tenancy.access import Principal
from kam.tenancy.permissions import requires
from kam.tenancy.views.parts import settings_tabs
from opportunities.bank import DEFAULT_RESOURCES, OTHER_RESOURCES
from opportunities.models import Stage
from opportunities.selectors import Resource
from opportunities.selectors import step_resources as table_of_steps
from opportunities.services import step_resource_add, step_resource_drop, step_resources_reset


@requires("settings.view", write="settings.change")
@require_http_methods(["GET", "HEAD", "POST"])
def step_resources(request: HttpRequest) -> HttpResponse:
    """The eight stages with their resources; POST adds one, takes one out, or goes back to the product's table."""
    principal: Principal = request.principal  # type: ignore[attr-defined]
    fault: dict[str, str] = {}
    typed = {
        name: request.POST.get(name, "").replace("\x00", "").strip() for name in ("act", "stage", "resource")
    }
    if request.method == "POST":
        try:
            said = _act(principal, is_person=request.POST.get("is_thing") != "on", **typed)
        except ApplicationError as error:
            if typed["act"] != "add":
                messages.error(request, f"Nothing was changed. {error.message}")
                return redirect(reverse("opportunities:step_resources"))
            fault = {"stage": typed["stage"], "text": error.message, "resource": typed["resource"]}
        else:
            messages.success(request, said)
            anchor = f"#{typed['stage']}" if typed["stage"] in Stage.values else ""
            return redirect(f"{reverse('opportunities:step_resources')}{anchor}")
    table = table_of_steps()
    context: dict[str, Any] = {
        "tabs": settings_tabs(request),
        "finding": steps_finding(table),
        "steps": [
            {"number": number, "stage": stage, "label": Stage(stage).label, "resources": needed}
            for number, (stage, needed) in enumerate(table.items(), start=1)
        ],
        "is_own": any(one.id is not None for needed in table.values() for one in needed),
        "offered": sorted(
            {name for needed in DEFAULT_RESOURCES.values() for name, _ in needed} | set(OTHER_RESOURCES)
        ),
        "things": OTHER_RESOURCES,
        "may_change": principal.can("settings.change"),
        "fault": fault,
    }
    return render(request, "opportunities/step_resources.html", context, status=422 if fault else 200)


def _act(principal: Principal, *, act: str, stage: str, resource: str, is_person: bool) -> str:
    """Do it, and say what was done. Raises what the services raise, BadRequest for anything else."""
    if act == "add":
        values = {"stage": stage, "resource": resource, "is_person": is_person}
        step_resource_add(principal=principal, values=values)
        return f"{Stage(stage).label} needs “{resource}” from now on."
    if act == "drop" and stage in Stage.values:
        step_resource_drop(principal=principal, stage=stage, resource=resource)
        return f"{Stage(stage).label} no longer needs “{resource}”."
    if act == "reset":
        step_resources_reset(principal=principal)
        return "The table is the product’s again."
    raise BadRequest("Choose what to do: add, drop or reset.")


def steps_finding(table: dict[str, list[Resource]]) -> str:
    """The page's sentence: whose table it is, and which step nobody is planned for."""
    empty = [Stage(stage).label.lower() for stage, needed in table.items() if not needed]
    if empty:
        more = len(empty) - 1
        rest = f" and {formatting.plural(more, 'more step')}" if more else ""
        return f"Nothing is planned for {empty[0]}{rest}."
    count = sum(len(needed) for needed in table.values())
    if not any(one.id is not None for needed in table.values() for one in needed):
        return "Each buying step has the resources that the product suggests."
    things = sum(not one.is_person for needed in table.values() for one in needed)
    text = f"Your own table: {formatting.plural(count, 'resource')} for eight buying steps"
    return f"{text}, {things} of them things." if things else f"{text}."
