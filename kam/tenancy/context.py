"""Entering a tenant: the one place where the database and django-scopes are told who is asking."""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import connections, transaction
from django_scopes import scope

_current: ContextVar[uuid.UUID | None] = ContextVar("kam_tenant", default=None)

_ENTER = "SELECT set_config('kam.tenant_id', %s, true), set_config('pghistory.context_metadata', %s, true)"


class NoTenantError(RuntimeError):
    """Code that needs a tenant ran outside `tenant_context`."""


def current_tenant_id() -> uuid.UUID:
    """The tenant whose context is entered. Raises `NoTenantError` outside of one."""
    tenant_id = _current.get()
    if tenant_id is None:
        raise NoTenantError("No tenant context is entered.")
    return tenant_id


@contextmanager
def tenant_context(
    tenant_id: uuid.UUID | str,
    *,
    member_id: uuid.UUID | None = None,
    via: str = "",
    using: str = "default",
) -> Iterator[uuid.UUID]:
    """Run a block as one tenant, in a transaction of its own (or a savepoint of the one that is open).

    `member_id` and `via` ("web", "api", "task", "command") go into the history of every row changed inside.
    The setting is transaction-local (`SET LOCAL`), so a pooled connection never carries it on; when contexts
    nest, the outer one is put back. An exception rolls back, and with it the setting.
    """
    tenant_uuid = tenant_id if isinstance(tenant_id, uuid.UUID) else uuid.UUID(str(tenant_id))
    audit = json.dumps({"member": str(member_id) if member_id else None, "via": via})
    connection = connections[using]
    nested = connection.in_atomic_block
    token = _current.set(tenant_uuid)
    try:
        with transaction.atomic(using=using), scope(tenant=tenant_uuid):
            with connection.cursor() as cursor:
                if nested:
                    cursor.execute(
                        "SELECT current_setting('kam.tenant_id', true), "
                        "current_setting('pghistory.context_metadata', true)"
                    )
                    before = cursor.fetchone()
                cursor.execute(_ENTER, [str(tenant_uuid), audit])
            yield tenant_uuid
            if nested and not connection.needs_rollback:
                with connection.cursor() as cursor:
                    cursor.execute(_ENTER, [value or "" for value in before])
    finally:
        _current.reset(token)
