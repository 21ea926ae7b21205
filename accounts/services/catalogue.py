"""Creating, changing and deleting what the supplier sells (K1, K6)."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Model

from accounts.models import BusinessUnit, Product, ProductLine, SalesLine
from accounts.selectors.accounts import account_find
from accounts.selectors.catalogue import product_line_visible
from accounts.services.rollups import rollups_refresh_product_line, rollups_refresh_products
from kam.common.api.etag import IfMatch
from kam.common.errors import ConflictError, InvalidInputError
from kam.common.saving import lock_row, refuse_duplicate, save_changes, set_values
from kam.tenancy.access import Principal
from kam.tenancy.permissions import authorise


@transaction.atomic
def business_unit_create(*, principal: Principal, values: Mapping[str, Any]) -> BusinessUnit:
    """Create a business unit. Raises InvalidInputError, ConflictError for a taken name or external_id."""
    authorise(principal, "catalogue.change")
    unit = BusinessUnit(tenant_id=principal.tenant.id)
    _set(unit, values)
    unit.save(force_insert=True)
    return unit


@transaction.atomic
def business_unit_update(
    *, principal: Principal, unit: BusinessUnit, values: Mapping[str, Any], if_match: IfMatch | None = None
) -> BusinessUnit:
    """Change a business unit. Raises as `business_unit_create`, and StaleWriteError (412)."""
    authorise(principal, "catalogue.change")
    row = lock_row(BusinessUnit.objects.filter(tenant_id=principal.tenant.id), unit.pk, if_match)
    save_changes(row, _set(row, values))
    return row


@transaction.atomic
def business_unit_delete(
    *, principal: Principal, unit: BusinessUnit, if_match: IfMatch | None = None
) -> None:
    """Delete a business unit. Raises ConflictError while product lines stand on it."""
    authorise(principal, "catalogue.change")
    row = lock_row(BusinessUnit.objects.filter(tenant_id=principal.tenant.id), unit.pk, if_match)
    if ProductLine.objects.filter(tenant_id=row.tenant_id, business_unit_id=row.pk).exists():
        raise ConflictError(f"“{row.name}” has product lines.", code="in_use")
    row.delete()


@transaction.atomic
def product_line_create(*, principal: Principal, values: Mapping[str, Any]) -> ProductLine:
    """Create a product line, or with an `account` a co-creation idea of that customer.

    The catalogue is the data owners'; an idea is drawn by whoever may change the account. Raises
    InvalidInputError naming the fields, PermissionDenied, ConflictError for a taken name or external_id.
    """
    given = dict(values)
    line = ProductLine(tenant_id=principal.tenant.id, kind=ProductLine.Kind.CATALOGUE)
    account_id, kind = given.pop("account", None), given.pop("kind", None)
    if account_id is not None:
        account = account_find(principal, account_id)
        if account is None:
            raise InvalidInputError.of("account", "There is no such account.", "unknown")
        line.account, line.kind = account, ProductLine.Kind.IDEA
    if kind is not None and kind != line.kind:
        raise InvalidInputError.of(
            "kind", "An idea needs an account; the catalogue has none.", "kind_account"
        )
    _authorise_line(principal, line)
    _set_line(principal, line, given)
    line.save(force_insert=True)
    return line


@transaction.atomic
def product_line_update(
    *, principal: Principal, line: ProductLine, values: Mapping[str, Any], if_match: IfMatch | None = None
) -> ProductLine:
    """Change a product line; kind and account stay. A new default margin is carried into the rollups.

    Raises as `product_line_create`, and StaleWriteError (412).
    """
    row = lock_row(ProductLine.objects.filter(tenant_id=principal.tenant.id), line.pk, if_match)
    _authorise_line(principal, row)
    given = dict(values)
    if given.pop("account", row.account_id) != row.account_id:
        raise InvalidInputError.of("account", "An idea stays with its account.", "fixed")
    if given.pop("kind", row.kind) != row.kind:
        raise InvalidInputError.of("kind", "The kind of a line stays.", "fixed")
    changed = _set_line(principal, row, given)
    save_changes(row, changed)
    if "default_gross_margin" in changed:
        rollups_refresh_product_line(product_line_id=row.pk)
    return row


@transaction.atomic
def product_line_delete(*, principal: Principal, line: ProductLine, if_match: IfMatch | None = None) -> None:
    """Delete a product line. Raises ConflictError while products stand on it."""
    row = lock_row(ProductLine.objects.filter(tenant_id=principal.tenant.id), line.pk, if_match)
    _authorise_line(principal, row)
    if Product.objects.filter(tenant_id=row.tenant_id, product_line_id=row.pk).exists():
        raise ConflictError(f"“{row.name}” has products.", code="in_use")
    row.delete()


@transaction.atomic
def product_create(*, principal: Principal, values: Mapping[str, Any]) -> Product:
    """Create a product; `product_line` is an id. Raises InvalidInputError, ConflictError."""
    authorise(principal, "catalogue.change")
    product = Product(tenant_id=principal.tenant.id)
    _set_product(principal, product, values)
    product.save(force_insert=True)
    return product


@transaction.atomic
def product_update(
    *, principal: Principal, product: Product, values: Mapping[str, Any], if_match: IfMatch | None = None
) -> Product:
    """Change a product. A new line or a co-creation mark is carried into the rollups.

    Raises as `product_create`, and StaleWriteError (412).
    """
    authorise(principal, "catalogue.change")
    row = lock_row(Product.objects.filter(tenant_id=principal.tenant.id), product.pk, if_match)
    changed = _set_product(principal, row, values)
    save_changes(row, changed)
    if changed & {"product_line", "co_created"}:
        rollups_refresh_products(product_ids=[row.pk], every_line=True)
    return row


@transaction.atomic
def product_delete(*, principal: Principal, product: Product, if_match: IfMatch | None = None) -> None:
    """Delete a product. Raises ConflictError while sales lines stand on it."""
    authorise(principal, "catalogue.change")
    row = lock_row(Product.objects.filter(tenant_id=principal.tenant.id), product.pk, if_match)
    if SalesLine.objects.filter(tenant_id=row.tenant_id, product_id=row.pk).exists():
        raise ConflictError(f"“{row.name}” has sales lines.", code="in_use")
    row.delete()


def _set(
    row: Any, values: Mapping[str, Any], *, unique: tuple[str, ...] = ("name", "external_id")
) -> set[str]:
    if ("name" in values and not values["name"]) or not (row.name or values.get("name")):
        raise InvalidInputError.of("name", "This field may not be blank.", "blank")
    changed = set_values(row, values)
    rows = type(row).objects.filter(tenant_id=row.tenant_id)
    for name in unique:
        if name in changed:
            refuse_duplicate(rows, row, **{name: getattr(row, name)})
    return changed


def _authorise_line(principal: Principal, line: ProductLine) -> None:
    idea: Model | None = line.account
    authorise(principal, "accounts.change" if idea is not None else "catalogue.change", idea)


def _set_line(principal: Principal, line: ProductLine, values: dict[str, Any]) -> set[str]:
    unit_id: uuid.UUID | None = values.get("business_unit", line.business_unit_id)
    units = BusinessUnit.objects.filter(tenant_id=principal.tenant.id)
    if unit_id is None and line.kind == ProductLine.Kind.CATALOGUE:
        raise InvalidInputError.of(
            "business_unit", "A line of the catalogue needs a business unit.", "required"
        )
    if unit_id is not None and unit_id != line.business_unit_id and not units.filter(pk=unit_id).exists():
        raise InvalidInputError.of("business_unit", "There is no such business unit.", "unknown")
    return _set(line, values)


def _set_product(principal: Principal, product: Product, values: Mapping[str, Any]) -> set[str]:
    line_id = values.get("product_line", product.product_line_id)
    if line_id is None:
        raise InvalidInputError.of("product_line", "This field is required.", "required")
    lines = product_line_visible(principal)
    if line_id != product.product_line_id and not lines.filter(pk=line_id).exists():
        raise InvalidInputError.of("product_line", "There is no such product line.", "unknown")
    return _set(product, values, unique=("external_id",))
