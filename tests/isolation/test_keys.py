"""No row may refer to another tenant's: every TenantForeignKey of every model, tried (promise 3)."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from kam.tenancy.catalogue import tenant_models
from kam.tenancy.context import tenant_context
from kam.tenancy.fields import TenantForeignKey
from kam.tenancy.models import TenantModel
from tests.isolation.conftest import Asker

KEYS = [
    (model, field)
    for model in tenant_models()
    for field in model._meta.local_fields
    if isinstance(field, TenantForeignKey)
]


def test_keys_are_enumerated() -> None:
    assert len(KEYS) >= 10


@pytest.mark.parametrize(("model", "field"), KEYS, ids=[f"{m._meta.label}.{f.name}" for m, f in KEYS])
def test_a_key_to_another_tenants_row_is_refused(model: type[TenantModel], field: Any, asker: Asker) -> None:
    own: Any = asker.own.get(model)
    target: Any = asker.foreign.get(field.remote_field.model)
    table, column = model._meta.db_table, field.column
    with tenant_context(asker.own.tenant.id), connection.cursor() as cursor:
        with pytest.raises(IntegrityError) as caught, transaction.atomic():  # noqa: PT012
            cursor.execute(f'UPDATE "{table}" SET "{column}" = %s WHERE id = %s', [target.pk, own.pk])
            assert cursor.rowcount == 1
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    message = str(caught.value)
    # A unique key on the same column may speak first, and so may a trigger that lets nothing of the row change
    # (the catalogue sweep proves that its key is there); never the plain absence of the row.
    assert any(words in message for words in ("_tfk", "check constraint", "cannot be changed")), message


@pytest.mark.parametrize("model", tenant_models(), ids=lambda model: model._meta.label)
def test_a_row_of_another_tenant_can_be_neither_written_nor_moved(
    model: type[TenantModel], asker: Asker
) -> None:
    own: Any = asker.own.get(model)
    foreign: Any = asker.foreign.get(model)
    table = model._meta.db_table
    with tenant_context(asker.own.tenant.id), connection.cursor() as cursor:
        cursor.execute(f'SELECT count(*) FROM "{table}" WHERE id = %s', [foreign.pk])
        assert cursor.fetchone() == (0,)
        cursor.execute(f'UPDATE "{table}" SET tenant_id = tenant_id WHERE id = %s', [foreign.pk])
        assert cursor.rowcount == 0
        cursor.execute(f'DELETE FROM "{table}" WHERE id = %s', [foreign.pk])
        assert cursor.rowcount == 0
        with pytest.raises(Exception, match="row-level security"), transaction.atomic():
            cursor.execute(
                f'UPDATE "{table}" SET tenant_id = %s WHERE id = %s', [asker.foreign.tenant.id, own.pk]
            )
