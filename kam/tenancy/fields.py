"""Fields for rows that belong to a tenant."""

from typing import Any

from django.db import models
from django.db.models import Func


class UuidV7(Func):
    """PostgreSQL 18's `uuidv7()`, so that set-based inserts get the same kind of key as Python's."""

    function = "uuidv7"
    output_field = models.UUIDField()


class TenantForeignKey(models.ForeignKey):
    """A key to another row of the same tenant.

    Foreign-key checks ignore row level security, so a plain key would accept another tenant's row.
    Django's own constraint and index are therefore off; `SecureTenantTable` adds the composite
    constraint `(tenant_id, x_id) → (tenant_id, id)`, and models add the indexes they need.
    """

    def __init__(self, to: Any, on_delete: Any, **kwargs: Any) -> None:
        kwargs.setdefault("db_constraint", False)
        kwargs.setdefault("db_index", False)
        super().__init__(to, on_delete, **kwargs)


class TenantReference(models.ForeignKey):
    """The id of another row of the tenant on a derived row (rollup, history): joined, never enforced.

    Derived rows are rebuilt from their source; a constraint would cost a check per row and prove nothing.
    """

    def __init__(self, to: Any, on_delete: Any = models.DO_NOTHING, **kwargs: Any) -> None:
        kwargs.setdefault("db_constraint", False)
        kwargs.setdefault("db_index", False)
        kwargs.setdefault("related_name", "+")
        super().__init__(to, on_delete, **kwargs)
