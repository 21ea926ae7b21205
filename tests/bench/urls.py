"""The product's URLs and two views more: the floors against which pages and lists are measured."""

from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.urls import path

from accounts.models import Account
from kam.tenancy.permissions import requires
from kam.urls import handler404, handler500
from kam.urls import urlpatterns as product_urls

__all__ = ["handler404", "handler500", "urlpatterns"]

_FIELDS = (
    "id",
    "external_id",
    "name",
    "industry",
    "country",
    "region",
    "currency",
    "parent_id",
    "customer_since",
    "acquisition_cost",
    "is_key_account",
    "key_since",
    "tier",
    "managed_as",
    "managed_as_evidence",
    "ladder_ours",
    "ladder_customer",
    "owner__user_id",
    "owner__user__email",
    "owner__user__name",
    "industry_volume",
    "volume_unit",
    "category_spend",
    "clv_retention",
    "clv_discount_rate",
    "clv_growth",
    "clv_horizon_years",
    "version",
    "created_at",
    "updated_at",
)


@requires("accounts.view")
def empty(request: HttpRequest) -> HttpResponse:
    """Nothing, behind everything that stands before a page."""
    return HttpResponse()


@requires("accounts.view")
def accounts_by_hand(request: Any) -> HttpResponse:
    """The first 100 accounts with their count, as somebody in a hurry would write it."""
    rows = Account.objects.filter(tenant_id=request.principal.tenant.id)
    answer = {
        "count": rows.count(),
        "next": None,
        "previous": None,
        "results": list(rows.order_by("name", "id").values(*_FIELDS)[:100]),
    }
    return HttpResponse(orjson.dumps(answer, default=str), content_type="application/json")


urlpatterns = [
    path("bench/empty/", empty),
    path("api/v1/bench/accounts/", accounts_by_hand),
    *product_urls,
]
