"""Plans as files from the page, and the company's own slides (K32)."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from kam.common.errors import ApplicationError
from kam.tenancy.access import Principal
from kam.tenancy.permissions import requires
from kam.tenancy.views.parts import settings_tabs
from planning.selectors.deck_templates import deck_template, deck_template_content
from planning.selectors.plans import plan_find, version_visible
from planning.services.deck_templates import MAX_BYTES, deck_template_remove, deck_template_set
from planning.services.plan_export import plan_export as export
from planning.services.plan_exports import FORMATS, PPTX_TYPE
from planning.services.plan_exports.deck import TOKENS


@require_safe
@requires("accounts.view")
def plan_export(request: HttpRequest, plan_id: uuid.UUID, file_type: str) -> HttpResponse:
    """The plan, or with `?version=` a kept one, as a download."""
    principal: Principal = request.principal  # type: ignore[attr-defined]
    plan = plan_find(principal, plan_id)
    if plan is None or file_type not in FORMATS:
        raise Http404
    version = None
    if number := request.GET.get("version"):
        if not number.isdecimal() or len(number) > 6:
            raise Http404
        version = version_visible(principal).filter(plan_id=plan.pk, number=int(number)).first()
        if version is None:
            raise Http404
    file = export(principal=principal, plan=plan, file_type=file_type, version=version)
    return _download(file.content, file.content_type, file.name)


@requires("settings.view", write="settings.change")
@require_http_methods(["GET", "HEAD", "POST"])
def deck_settings(request: HttpRequest) -> HttpResponse:
    """Which slides plans are presented in: ours, or a .pptx of the company's own."""
    principal: Principal = request.principal  # type: ignore[attr-defined]
    fault = ""
    if request.method == "POST":
        try:
            done = _change(request, principal)
        except ApplicationError as error:
            fault = error.errors[0].message if error.errors else error.message
        else:
            messages.success(request, done)
            return redirect("planning:deck_settings")
    context = {
        "tabs": settings_tabs(request),
        "template": deck_template(),
        "may_change": principal.can("settings.change"),
        "fault": fault,
        "tokens": [f"{{{{{token}}}}}" for token in TOKENS],
        "megabytes": MAX_BYTES // 1024**2,
    }
    return render(request, "planning/deck_settings.html", context, status=422 if fault else 200)


def _change(request: HttpRequest, principal: Principal) -> str:
    if "remove" in request.POST:
        deck_template_remove(principal=principal)
        return "Plans are presented in the product’s own look again."
    file = request.FILES.get("file")
    # Read one byte more than is allowed: what is too large is refused by its size, not held in memory.
    content = file.read(MAX_BYTES + 1) if file is not None else b""
    row = deck_template_set(principal=principal, name=str(file.name) if file else "", content=content)
    return f"Plans are presented in “{row.name}” from now on."


@require_safe
@requires("settings.view")
def deck_template_download(request: HttpRequest) -> HttpResponse:
    """The template as it was uploaded."""
    row, content = deck_template(), deck_template_content()
    if row is None or content is None:
        raise Http404
    return _download(content, PPTX_TYPE, "template.pptx")


def _download(content: bytes, content_type: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
