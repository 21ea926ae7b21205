"""System checks: a model that would weaken isolation stops `manage.py` before it stops a customer."""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.core import checks
from django.db import models
from django_scopes.manager import DisabledQuerySet
from django_scopes.state import state as scopes

from kam.tenancy.catalogue import GLOBAL_TABLES
from kam.tenancy.fields import TenantForeignKey, TenantReference
from kam.tenancy.models import Membership, TenantEvent, TenantModel

OUR_APPS = {
    *("common", "tenancy", "accounts", "buying_center", "opportunities", "planning", "metrics", "program"),
}


@checks.register("tenancy")
def check_models(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """Every model of ours has a tenant or is listed as global; its manager, keys and uniques hold it."""
    found: list[checks.CheckMessage] = []
    for model in apps.get_models(include_auto_created=True):
        meta = model._meta
        if meta.app_label in OUR_APPS and meta.db_table not in GLOBAL_TABLES and not meta.proxy:
            found += model_findings(model)
    return found


def model_findings(model: type[models.Model]) -> list[checks.CheckMessage]:
    """What would weaken isolation in one model."""
    meta = model._meta
    if not issubclass(model, TenantModel | TenantEvent):
        return [checks.Error(f"{meta.label} has no tenant and is not global.", id="kam.E001")]
    found: list[checks.CheckMessage] = []
    token = scopes.set({})
    try:
        rows = model._default_manager.get_queryset()
    finally:
        scopes.reset(token)
    if not isinstance(rows, DisabledQuerySet):
        found.append(checks.Error(f"{meta.label}’s manager needs no scope.", id="kam.E007"))
    if issubclass(model, TenantEvent):
        return found
    for field in meta.local_fields:
        if isinstance(field, models.ForeignKey) and field.name != "tenant":
            scoped = issubclass(field.remote_field.model, TenantModel | Membership)
            if scoped and not isinstance(field, TenantForeignKey | TenantReference):
                found.append(
                    checks.Error(f"{meta.label}.{field.name} is no TenantForeignKey.", id="kam.E002")
                )
        if field.unique and not field.primary_key:
            found.append(checks.Error(f"{meta.label}.{field.name} is unique over tenants.", id="kam.E003"))
    found += [
        checks.Error(f"{constraint.name} does not hold the tenant.", id="kam.E004")
        for constraint in meta.constraints
        if isinstance(constraint, models.UniqueConstraint)
        and "tenant" not in [*constraint.fields, *map(_column, constraint.expressions)]
    ]
    found += [
        checks.Error(f"{index.name} does not lead with the tenant.", id="kam.E005")
        for index in meta.indexes
        if _column(next(iter([*index.fields, *index.expressions]), "")) != "tenant"
    ]
    return found


def _column(expression: Any) -> str:
    """The field at the bottom of an index expression (`Lower("name")`, `F("tenant").asc()`)."""
    while not isinstance(expression, str):
        inner: list[Any] = getattr(expression, "get_source_expressions", list)()
        expression = inner[0] if inner else getattr(expression, "name", "")
    return expression.lstrip("-")


@checks.register("tenancy")
def check_middleware(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """The tenant is proved after authentication, and no session-wide transaction hides it."""
    order = settings.MIDDLEWARE
    ours = "kam.tenancy.middleware.TenantMiddleware"
    authentication = "django.contrib.auth.middleware.AuthenticationMiddleware"
    if ours not in order or order.index(ours) < order.index(authentication):
        return [checks.Error("TenantMiddleware must follow AuthenticationMiddleware.", id="kam.E006")]
    return []
