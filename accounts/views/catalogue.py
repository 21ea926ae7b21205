"""What the supplier sells: business units, their product lines with default margins, products by search."""

import uuid
from decimal import Decimal, InvalidOperation
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.models import Product, ProductLine
from accounts.selectors.catalogue import business_unit_list, product_line_visible, product_list
from accounts.services.catalogue import product_line_update
from kam.common.api.etag import IfMatch, version_tag
from kam.common.errors import ApplicationError, StaleWriteError
from kam.tenancy.access import Principal
from kam.tenancy.permissions import requires

PAGE_SIZE = 50


@requires("catalogue.view")
def catalogue(request: HttpRequest) -> HttpResponse:
    """Units and lines on the left, products by search on the right."""
    principal: Principal = request.principal  # type: ignore[attr-defined]
    tenant_id = principal.tenant.id
    lines = list(
        product_line_visible(principal)
        .filter(kind=ProductLine.Kind.CATALOGUE)
        .annotate(products_count=Count("products", filter=Q(products__tenant_id=tenant_id)))
        .order_by("position", "name", "id")
    )
    for line in lines:
        line.margin_text = _margin_text(line.default_gross_margin)  # type: ignore[attr-defined]
    units = [
        (unit, [line for line in lines if line.business_unit_id == unit.pk])
        for unit in business_unit_list(principal).order_by("position", "name", "id")
    ]
    text = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    chosen = request.GET.get("line", "")
    page = Paginator(_products(principal, text, chosen), PAGE_SIZE).get_page(request.GET.get("page"))
    without = sum(1 for line in lines if line.default_gross_margin is None)
    context: dict[str, Any] = {
        "units": units,
        "lines": lines,
        "without": without,
        "products_total": sum(line.products_count for line in lines),
        "page": page,
        "text": text,
        "chosen": chosen,
        "finding": catalogue_finding(len(lines), without),
        "can_change": principal.can("catalogue.change"),
        "can_import": principal.can("imports.run"),
    }
    return render(request, "accounts/catalogue.html", context)


def _margin_text(ratio: float | None) -> str:
    """A ratio as people type it: 0.35 is “35”."""
    if ratio is None:
        return ""
    return f"{round(Decimal(str(ratio)) * 100, 4).normalize():f}"


def _products(principal: Principal, text: str, line: str) -> Any:
    products = product_list(principal).select_related("product_line").order_by("name", "id")
    if text:
        products = products.filter(Q(name__icontains=text) | Q(external_id__istartswith=text))
    try:
        return products.filter(product_line_id=uuid.UUID(line)) if line else products
    except ValueError:
        return Product.objects.none()


def catalogue_finding(lines: int, without: int) -> str:
    """The heading of the catalogue: how many lines could stand in for an unknown cost of goods."""
    if not lines:
        return "Nothing is in the catalogue yet."
    if without == lines:
        noun = "The one product line has" if lines == 1 else f"None of {lines} product lines has"
        return f"{noun} {'no' if lines == 1 else 'a'} default margin."
    if without == 0:
        return f"{'The one product line has' if lines == 1 else f'All {lines} product lines have'} a default margin."
    verb = "has" if without == 1 else "have"
    return f"{without} of {lines} product lines {verb} no default margin."


@require_POST
@requires("catalogue.view", write="catalogue.change")
def line_margin(request: HttpRequest, line_id: uuid.UUID) -> HttpResponse:
    """Set the gross margin that stands in where a line's cost of goods is not known (K1); empty takes it away."""
    principal: Principal = request.principal  # type: ignore[attr-defined]
    line = product_line_visible(principal).filter(pk=line_id, kind=ProductLine.Kind.CATALOGUE).first()
    if line is None:
        raise Http404
    text = request.POST.get("margin", "").strip().removesuffix("%").strip().replace("\u2212", "-")
    try:
        typed = Decimal(text) if text else None
        if typed is not None and not typed.is_finite():
            raise InvalidOperation
        margin = None if typed is None else float(typed / 100)
    except InvalidOperation:
        messages.error(request, f"{line.name}: “{text[:40]}” is no percentage. Expected a number such as 35.")
        return _back(request)
    tag = version_tag(line.pk, request.POST.get("version", line.version))
    try:
        product_line_update(
            principal=principal,
            line=line,
            values={"default_gross_margin": margin},
            if_match=IfMatch(frozenset({tag})),
        )
    except StaleWriteError:
        messages.error(request, f"Somebody else changed “{line.name}” first. Look at it again, then decide.")
    except ApplicationError as error:
        reason = error.errors[0].message if error.errors else error.message
        messages.error(request, f"{line.name} was not changed. {reason}")
    else:
        word = "no default margin" if margin is None else f"a default margin of {text} %"
        messages.success(request, f"“{line.name}” has {word} now. Figures follow with the next computation.")
    return _back(request)


def _back(request: HttpRequest) -> HttpResponse:
    return redirect(reverse("accounts:catalogue"))
