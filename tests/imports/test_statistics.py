"""Promise 9 after a bulk load: the planner knows a new tenant's rows at once, not when housekeeping comes by."""

import uuid
from typing import Any

import pytest
from django.db import connection

from accounts.models import Account
from kam.common.imports.registry import kinds
from kam.common.statistics import BULK_ROWS
from kam.tenancy.catalogue import tenant_models
from kam.tenancy.context import tenant_context
from kam.tenancy.services import tenant_create
from metrics.models import AccountMetrics, Recomputation
from metrics.tasks import recompute
from tests.imports.conftest import SALES_HEADER, Import
from tests.metrics.ledgers import REFERENCE, pin

pytestmark = pytest.mark.django_db


@pytest.fixture
def in_tenant(committed_db: None) -> Any:
    """A tenant beside another whose rows the planner knows well; everything commits."""
    known = tenant_create(name="Known", slug="known", base_currency="USD")
    with tenant_context(known.id):
        Account.objects.bulk_create(
            Account(tenant_id=known.id, external_id=f"K{number}", name=f"Known {number}")
            for number in range(3000)
        )
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE accounts_account")
    tenant = tenant_create(name="New", slug="new", base_currency="USD")
    with tenant_context(tenant.id) as tenant_id:
        pin()
        yield tenant_id


def _expected(table: str, tenant_id: uuid.UUID) -> float:
    """How many rows of the tenant the planner expects."""
    with connection.cursor() as cursor:
        cursor.execute(f'EXPLAIN (FORMAT JSON) SELECT * FROM "{table}" WHERE tenant_id = %s', [tenant_id])
        return float(cursor.fetchone()[0][0]["Plan"]["Plan Rows"])


def _accounts(count: int) -> str:
    return "external_id,name\n" + "".join(f"A{number},Account {number}\n" for number in range(count))


def test_a_large_file_is_known_to_the_planner(in_tenant: uuid.UUID, load: Import) -> None:
    assert _expected("accounts_account", in_tenant) < 100
    assert load("accounts", _accounts(3000)).created == 3000
    assert _expected("accounts_account", in_tenant) == pytest.approx(3000, rel=0.3)
    load("products", "external_id,name,product_line,business_unit\nP1,Bike,Bikes,Wheels\n")
    lines = "".join(
        f"L{number},A{number % 3000},P1,2025-0{number % 9 + 1}-01,10,5\n" for number in range(6000)
    )
    assert load("sales_lines", SALES_HEADER + lines).created == 6000
    for table in ("accounts_salesline", "accounts_accountmonth", "accounts_cellmonth"):
        assert _expected(table, in_tenant) == pytest.approx(6000, rel=0.3), table


def test_a_large_file_of_potentials_is_known_to_the_planner(in_tenant: uuid.UUID, load: Import) -> None:
    load("accounts", _accounts(2000))
    load("products", "external_id,name,product_line,business_unit\nP1,Bike,Bikes,Wheels\n")
    potentials = "".join(f"A{number},Bikes,{number}\n" for number in range(2000))
    assert load("potentials", "account_external_id,product_line,potential\n" + potentials).created == 2000
    assert _expected("planning_openspacecell", in_tenant) == pytest.approx(2000, rel=0.3)


def test_a_large_file_of_contacts_is_known_to_the_planner(in_tenant: uuid.UUID, load: Import) -> None:
    load("accounts", _accounts(10))
    people = "".join(f"P{number},A{number % 10},Person {number},user\n" for number in range(2000))
    assert load("contacts", "external_id,account_external_id,name,roles\n" + people).created == 2000
    for table in ("buying_center_person", "buying_center_contact", "buying_center_contactrole"):
        assert _expected(table, in_tenant) == pytest.approx(2000, rel=0.3), table


def test_a_recomputation_of_many_is_too(in_tenant: uuid.UUID, load: Import) -> None:
    load("accounts", _accounts(BULK_ROWS))
    run = Recomputation.objects.create(tenant_id=in_tenant, reference_date=REFERENCE)
    recompute(tenant_id=str(in_tenant), run_id=str(run.pk))
    assert AccountMetrics.objects.count() == BULK_ROWS
    assert _expected("metrics_accountmetrics", in_tenant) == pytest.approx(BULK_ROWS, rel=0.3)


def test_a_small_file_is_left_to_the_housekeeping(in_tenant: uuid.UUID, load: Import) -> None:
    before = _expected("accounts_account", in_tenant)
    load("accounts", _accounts(50))
    assert _expected("accounts_account", in_tenant) == before


def test_the_application_may_analyse_what_it_fills_and_nothing_else() -> None:
    filled = {table for kind in kinds() for table in kind.tables}
    filled |= {"metrics_accountmetrics", "metrics_accountmetricshistory"}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace "
            "AND has_table_privilege(oid, 'MAINTAIN')"
        )
        allowed = {name for (name,) in cursor.fetchall()}
    assert allowed == filled
    assert allowed <= {model._meta.db_table for model in tenant_models()}
