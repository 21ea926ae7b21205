"""System checks: a model that would weaken isolation stops `manage.py` before it stops a customer."""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.core import checks
from django.db import models

from kam.tenancy.catalogue import GLOBAL_TABLES
from kam.tenancy.fields import TenantForeignKey, TenantReference
from kam.tenancy.models import Membership, TenantEvent, TenantModel

OUR_APPS = {
    "common",
    "tenancy",
    "accounts",
    "buying_center",
    "opportunities",
    "planning",
    "metrics",
    "program",
}


@checks.register("tenancy")
def check_models(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """Every model of ours has a tenant or is listed as global; its keys and uniques hold the tenant."""
    found: list[checks.CheckMessage] = []
    for model in apps.get_models(include_auto_created=True):
        meta = model._meta
        if meta.app_label not in OUR_APPS or meta.db_table in GLOBAL_TABLES or meta.proxy:
            continue
        if not issubclass(model, TenantModel | TenantEvent):
            found.append(checks.Error(f"{meta.label} has no tenant and is not global.", id="kam.E001"))
            continue
        if issubclass(model, TenantEvent):
            continue
        for field in meta.local_fields:
            if isinstance(field, models.ForeignKey) and field.name != "tenant":
                target = field.remote_field.model
                scoped = issubclass(target, TenantModel | Membership)
                if scoped and not isinstance(field, TenantForeignKey | TenantReference):
                    found.append(
                        checks.Error(f"{meta.label}.{field.name} is no TenantForeignKey.", id="kam.E002")
                    )
            if field.unique and not field.primary_key:
                found.append(
                    checks.Error(f"{meta.label}.{field.name} is unique over tenants.", id="kam.E003")
                )
        for constraint in meta.constraints:
            if isinstance(constraint, models.UniqueConstraint):
                names = list(constraint.fields) + [
                    getattr(expression, "name", "") for expression in constraint.expressions
                ]
                if "tenant" not in names:
                    found.append(checks.Error(f"{constraint.name} does not hold the tenant.", id="kam.E004"))
        for index in meta.indexes:
            if index.fields and index.fields[0].lstrip("-") != "tenant":
                found.append(checks.Error(f"{index.name} does not lead with the tenant.", id="kam.E005"))
    return found


@checks.register("tenancy")
def check_middleware(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """The tenant is proved after authentication, and no session-wide transaction hides it."""
    order = settings.MIDDLEWARE
    ours = "kam.tenancy.middleware.TenantMiddleware"
    authentication = "django.contrib.auth.middleware.AuthenticationMiddleware"
    if ours not in order or order.index(ours) < order.index(authentication):
        return [checks.Error("TenantMiddleware must follow AuthenticationMiddleware.", id="kam.E006")]
    return []
