"""A model that would weaken isolation stops `manage.py`."""

from typing import Any

import pytest
from django.core import checks
from django.db import models
from django.db.models.functions import Lower
from django.test import override_settings
from django.test.utils import isolate_apps

from kam.tenancy.checks import check_middleware, check_models, model_findings
from kam.tenancy.fields import TenantForeignKey
from kam.tenancy.models import TenantModel


def ids(model: Any) -> list[str | None]:
    return [finding.id for finding in model_findings(model)]


def test_what_we_ship_is_clean() -> None:
    assert check_models(None) == []
    assert check_middleware(None) == []
    assert not checks.run_checks(tags=["tenancy"])


@isolate_apps("accounts")
def test_each_weakness_is_named() -> None:
    class NoTenant(models.Model):  # noqa: DJ008
        class Meta:
            app_label = "accounts"

    class PlainKey(TenantModel):
        account = models.ForeignKey("accounts.Target", on_delete=models.CASCADE)

        class Meta:
            app_label = "accounts"

    class Target(TenantModel):
        class Meta:
            app_label = "accounts"

    class UniqueField(TenantModel):
        code = models.CharField(max_length=5, unique=True)

        class Meta:
            app_label = "accounts"

    class UniqueConstraint(TenantModel):
        code = models.CharField(max_length=5)

        class Meta:
            app_label = "accounts"
            constraints = [
                models.UniqueConstraint(fields=["code"], name="a"),
                models.UniqueConstraint(Lower("code"), name="b"),
            ]

    class Indexes(TenantModel):
        code = models.CharField(max_length=5)

        class Meta:
            app_label = "accounts"
            indexes = [
                models.Index(fields=["code"], name="a"),
                models.Index(Lower("code"), name="b"),
            ]

    class PlainManager(TenantModel):
        objects = models.Manager()

        class Meta:
            app_label = "accounts"

    assert ids(NoTenant) == ["kam.E001"]
    assert ids(PlainKey) == ["kam.E002"]
    assert ids(UniqueField) == ["kam.E003"]
    assert ids(UniqueConstraint) == ["kam.E004", "kam.E004"]
    assert ids(Indexes) == ["kam.E005", "kam.E005"]
    assert ids(PlainManager) == ["kam.E007"]


@isolate_apps("accounts")
def test_what_is_right_is_no_finding() -> None:
    class Target(TenantModel):
        class Meta:
            app_label = "accounts"

    class Right(TenantModel):
        target = TenantForeignKey(Target, on_delete=models.CASCADE)
        code = models.CharField(max_length=5)

        class Meta:
            app_label = "accounts"
            constraints = [
                models.UniqueConstraint(fields=["tenant", "code"], name="a"),
                models.UniqueConstraint("tenant", Lower("code"), name="b"),
            ]
            indexes = [
                models.Index(fields=["tenant", "code"], name="c"),
                models.Index("tenant", Lower("code").desc(), name="d"),
            ]

    assert ids(Right) == []


@isolate_apps("accounts")
def test_a_many_to_many_table_of_djangos_making_is_refused() -> None:
    class Target(TenantModel):
        class Meta:
            app_label = "accounts"

    class Source(TenantModel):
        targets = models.ManyToManyField(Target)

        class Meta:
            app_label = "accounts"

    through: Any = Source.targets.through
    assert ids(through) == ["kam.E001"]


@pytest.mark.parametrize(
    "order",
    [
        [],
        [
            "kam.tenancy.middleware.TenantMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
        ],
    ],
)
def test_the_middleware_stands_after_authentication(order: list[str]) -> None:
    with override_settings(MIDDLEWARE=order):
        assert [finding.id for finding in check_middleware(None)] == ["kam.E006"]
