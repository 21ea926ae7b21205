"""A supplier company comes into being."""

import uuid

from babel.numbers import list_currencies
from django.db import transaction
from django.utils.text import slugify

from kam.common.errors import ConflictError, InvalidInputError
from kam.tenancy.context import tenant_context
from kam.tenancy.models import Tenant, TenantSettings
from kam.tenancy.signals import tenant_created


def valid_currency(field: str, code: str) -> str:
    """The ISO 4217 code in capitals. Raises InvalidInputError naming `field`."""
    found = code.strip().upper()
    if len(found) != 3 or found not in list_currencies("en"):
        raise InvalidInputError.of(field, f"“{code}” is no currency. Expected an ISO 4217 code such as EUR.")
    return found


@transaction.atomic
def tenant_create(
    *,
    name: str,
    slug: str = "",
    base_currency: str = "EUR",
    is_demo: bool = False,
    tenant_id: uuid.UUID | None = None,
) -> Tenant:
    """Create a supplier company with its default settings.

    Raises ConflictError when the slug is taken, InvalidInputError naming the field.
    """
    slug = slug or slugify(name)
    if not slug or slugify(slug) != slug:
        raise InvalidInputError.of(
            "slug", f"“{slug}” is no slug. Expected lower-case letters, digits and hyphens."
        )
    if Tenant.objects.filter(slug=slug).exists():
        raise ConflictError(f"There is a tenant “{slug}” already.", code="tenant_exists")
    if not name.strip():
        raise InvalidInputError.of("name", "Give the tenant a name.")
    base_currency = valid_currency("base_currency", base_currency)
    tenant = Tenant(name=name.strip(), slug=slug, is_demo=is_demo)
    if tenant_id is not None:
        tenant.id = tenant_id
    tenant.full_clean()
    tenant.save(force_insert=True)
    with tenant_context(tenant.id, via="command"):
        TenantSettings.objects.create(tenant_id=tenant.id, base_currency=base_currency)
        tenant_created.send(sender=Tenant, tenant_id=tenant.id)
    return tenant
