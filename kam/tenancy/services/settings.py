"""What a tenant has set."""

from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import transaction

from kam.common.errors import FieldError, InvalidInputError, StaleWriteError
from kam.tenancy.access import Principal
from kam.tenancy.models import TenantSettings
from kam.tenancy.permissions import authorise
from kam.tenancy.services.tenants import valid_currency
from kam.tenancy.signals import settings_changed

Guard = Callable[[], str]
_guards: dict[str, Guard] = {}


def register_settings_guard(field: str, guard: Guard) -> None:
    """Let a higher app refuse the change of a setting: the guard returns why not, or an empty text.

    Called inside the tenant's context.
    """
    _guards[field] = guard


@transaction.atomic
def settings_update(*, principal: Principal, version: int | None, values: Mapping[str, Any]) -> list[str]:
    """Change settings; returns the names of those that really changed, and tells `settings_changed`.

    `version` is the one that the writer has read (None: whatever is stored). Raises StaleWriteError when
    somebody saved meanwhile, InvalidInputError naming every field that is out of range.
    """
    authorise(principal, "settings.change")
    row = TenantSettings.objects.select_for_update().get(tenant=principal.tenant)
    if version is not None and row.version != version:
        raise StaleWriteError("Somebody saved other settings since you opened this page.")
    if "base_currency" in values:
        values = {**values, "base_currency": valid_currency("base_currency", values["base_currency"])}
    changed = sorted(name for name, value in values.items() if getattr(row, name) != value)
    if not changed:
        return []
    for name in changed:
        if name in _guards and (reason := _guards[name]()):
            raise InvalidInputError.of(name, reason, "guarded")
        setattr(row, name, values[name])
    try:
        row.full_clean(exclude=["tenant"])
    except ValidationError as error:
        raise _named(error) from error
    row.save(update_fields=[*changed, "updated_at"])
    settings_changed.send(TenantSettings, tenant_id=principal.tenant.id, fields=changed)
    return changed


def _named(error: ValidationError) -> InvalidInputError:
    faults = [
        FieldError("" if field == NON_FIELD_ERRORS else field, message)
        for field, messages in error.message_dict.items()
        for message in messages
    ]
    return InvalidInputError(faults[0].message, errors=faults)
