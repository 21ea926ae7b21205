"""What every row of a tenant has."""

from typing import Any, ClassVar, cast

import pghistory
import pgtrigger
from django.db import models
from django_scopes import ScopedManager
from pghistory.models import Event

from kam.common.ids import uuid7
from kam.tenancy.fields import UuidV7


class TenantModel(models.Model):
    """A row that belongs to one tenant: UUIDv7 key, tenant, and a manager that fails without a scope."""

    id = models.UUIDField(primary_key=True, default=uuid7, db_default=UuidV7(), editable=False)
    tenant = models.ForeignKey(
        "tenancy.Tenant", on_delete=models.PROTECT, related_name="+", db_index=False, editable=False
    )

    objects = ScopedManager(tenant="tenant")

    class Meta:
        abstract = True


def tenant_reference() -> models.ForeignKey:
    """The tenant of a row that is written by the ten thousand: row level security guards it as every other, but no
    key checks it row by row. The composite key of the account proves it, or the row it is derived from."""
    return models.ForeignKey(
        "tenancy.Tenant",
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
        editable=False,
    )


class VersionedModel(TenantModel):
    """A tenant row that people edit: its `version` is counted by the database and is its ETag."""

    version = models.PositiveIntegerField(default=1, db_default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True, db_default=models.functions.Now())
    updated_at = models.DateTimeField(auto_now=True, db_default=models.functions.Now())

    class Meta:
        abstract = True


class TenantEvent(Event):
    """One entry of a row's history. Under row level security like the row itself."""

    objects: ClassVar[Any] = ScopedManager(tenant="tenant")

    class Meta:
        abstract = True


def tracked(*, by_statement: bool = False, **options: Any) -> Any:
    """Class decorator: keep every insert, update and delete of the model, with who and when (pghistory).

    The context (member, door) is denormalised into the event: the library's shared context table would hold
    several tenants' people in one place.

    `by_statement`: for rows that people write by the hundred, a paste into a grid. One trigger writes the events of
    all rows of a statement, the same ones, at a fraction of the cost. Only for a `VersionedModel`: every update
    counts its version, so that no update leaves a row as it was and none needs comparing with the one before.
    """

    def decorate(model: type[models.Model]) -> type[models.Model]:
        level = pgtrigger.Statement if by_statement else pgtrigger.Row
        always: dict[str, Any] = {}
        if by_statement:
            assert issubclass(model, VersionedModel), "Every update counts a version."
            always = {"condition": None}
        track = pghistory.track(
            pghistory.InsertEvent(level=level),
            pghistory.UpdateEvent(level=level, **always),
            pghistory.DeleteEvent(level=level),
            model_name=f"{model.__name__}Event",
            base_model=TenantEvent,
            context_field=pghistory.ContextJSONField(),
            context_id_field=cast(Any, None),  # None is "no such column"; the annotation forgot it
            obj_field=pghistory.ObjForeignKey(
                related_name="history", on_delete=models.DO_NOTHING, db_constraint=False
            ),
            **options,
        )
        return track(model)

    return decorate
