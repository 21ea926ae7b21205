"""Builds or refreshes the demo company through the product's own doors: imports, services, recomputation."""

import csv
import datetime
import io
import json
import os
import secrets
import uuid
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

from django.conf import settings
from django.db import connection

from accounts.models import Account, BusinessUnit, CostEntry, ImportJob, ProductLine, SalesLine, Segment
from accounts.services.import_run import import_run
from accounts.services.imports import import_create
from accounts.services.rollups import rollups_rebuild
from buying_center.models import SellingCenterMember, SellingRole
from kam.common.errors import ApplicationError
from kam.tenancy.context import tenant_context
from kam.tenancy.models import Membership, Tenant
from kam.tenancy.reference import end_of_last_completed_month
from kam.tenancy.services import member_add, tenant_create
from metrics.demo.alignment import alignment_fill
from metrics.demo.catalogue import LINES
from metrics.demo.customers import CUSTOMERS, PEOPLE, Customer
from metrics.demo.ledger import (
    Row,
    account_rows,
    external_id,
    ledger_rows,
    product_rows,
    rate_rows,
    segment_rows,
)
from metrics.demo.links import links_fill
from metrics.demo.people import people_fill
from metrics.demo.plans import plans_fill
from metrics.demo.potentials import entered_cells, ideas
from metrics.demo.space import space_fill
from metrics.demo.strategy import strategy_fill
from metrics.demo.team import key_accounts_join, team_fill
from metrics.demo.values import reviews_fill, values_fill
from metrics.models import PortfolioSnapshot, Recomputation
from metrics.services.runs import Next, Published, run_begin, run_publish
from planning.models import OpenSpaceCell

SLUG = "demo"
NAME = "Fjordline Automation"
HISTORY_QUARTERS = 8
KEY_SINCE_MONTHS = (38, 33, 30, 26, 20, 14)

Say = Callable[[str], None]


class DemoError(ApplicationError):
    """The demo could not be built."""

    code = "demo_failed"


def demo_logins() -> list[dict[str, str]]:
    """E-mail, role and password of the demo's people; empty while there is no demo tenant."""
    if not Tenant.objects.filter(slug=SLUG, is_demo=True).exists():
        return []
    password = _password()
    return [
        {"role": role, "name": name, "email": _email(key), "password": password}
        for key, (name, role) in PEOPLE.items()
    ]


def demo_build(*, today: datetime.date, say: Say) -> Tenant:
    """Make the demo tenant, or bring its ledger up to the last completed month. Returns it.

    Everything goes in through the import engine and the services, so the demo also proves them. Raises
    DemoError when an import or the recomputation fails.
    """
    end = end_of_last_completed_month(today)
    tenant = Tenant.objects.filter(slug=SLUG).first()
    if tenant is not None and not tenant.is_demo:
        raise DemoError(f"The tenant “{SLUG}” is somebody's own. The demo leaves it alone.")
    if tenant is None:
        tenant = tenant_create(name=NAME, slug=SLUG, base_currency="EUR", is_demo=True)
    members = _people(tenant)
    with tenant_context(tenant.id, via="command"):
        built = PortfolioSnapshot.objects.filter(
            tenant_id=tenant.id, reference_date=end, current=True
        ).exists()
        if not built:
            _clear_ledger(tenant.id)
    if built:
        _desk(tenant, members, today)
        _plans(tenant, members, today)
        say("The demo is up to date.")
        return tenant
    sales, costs = ledger_rows(end)
    emails = {key: _email(key) for key in PEOPLE}
    _import(tenant.id, "exchange_rates", rate_rows(end), say)
    _import(tenant.id, "accounts", account_rows(end, emails), say)
    _import(tenant.id, "segments", segment_rows(), say)
    _import(tenant.id, "products", product_rows(), say)
    with tenant_context(tenant.id, via="command"):
        for line in LINES:
            if line.default_margin is not None:
                ProductLine.objects.filter(tenant_id=tenant.id, name=line.name).update(
                    default_gross_margin=line.default_margin
                )
    _import(tenant.id, "sales_lines", sales, say)
    _import(tenant.id, "cost_entries", costs, say)
    with tenant_context(tenant.id, member_id=members["nora"].id, via="command"):
        _key_accounts(tenant.id, end)
        key_accounts_join(tenant=tenant, members=members, today=today)
        _teams(tenant.id, members)
        _open_space(tenant.id, members, sales, end)
    for back in range(HISTORY_QUARTERS, -1, -1):
        day = _months_before(end, back * 3)
        say(f"Computing as of {day:%d %b %Y}")
        _compute(tenant.id, day, publish=back == 0)
    _desk(tenant, members, today)
    _plans(tenant, members, today)
    return tenant


def _desk(tenant: Tenant, members: dict[str, Membership], today: datetime.date) -> None:
    """What the people of the demo have written on their accounts; what is there stays as it is."""
    for fill in (
        strategy_fill,
        space_fill,
        reviews_fill,
        values_fill,
        team_fill,
        people_fill,
        links_fill,
        alignment_fill,
    ):
        with tenant_context(tenant.id, member_id=members["nora"].id, via="command"):
            fill(tenant=tenant, members=members, today=today)


def _plans(tenant: Tenant, members: dict[str, Membership], today: datetime.date) -> None:
    """The account plans, once there are figures for their versions to keep."""
    with tenant_context(tenant.id, member_id=members["nora"].id, via="command"):
        plans_fill(tenant=tenant, members=members, today=today)


def _email(key: str) -> str:
    return f"{key}@demo.example"


def _password() -> str:
    """The demo's password: random per installation, kept beside the data, readable by its owner only."""
    chosen = os.environ.get("KAM_DEMO_PASSWORD")
    if chosen:
        return chosen
    path = Path(os.environ.get("KAM_DATA_DIR") or settings.BASE_DIR / ".data") / "demo-password"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(f"demo-{secrets.token_hex(4)}")
    return path.read_text().strip()


def _people(tenant: Tenant) -> dict[str, Membership]:
    existing = {
        member.user.email: member
        for member in Membership.objects.select_related("user").filter(tenant_id=tenant.id)
    }
    password = _password()
    members = {}
    for key, (name, role) in PEOPLE.items():
        member = existing.get(_email(key))
        if member is None:
            member = member_add(tenant=tenant, email=_email(key), role=role, name=name, password=password)
        members[key] = member
    return members


def _clear_ledger(tenant_id: uuid.UUID) -> None:
    SalesLine.objects.filter(tenant_id=tenant_id)._raw_delete("default")
    CostEntry.objects.filter(tenant_id=tenant_id)._raw_delete("default")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    rollups_rebuild()


def _import(tenant_id: uuid.UUID, kind: str, rows: list[Row], say: Say) -> None:
    say(f"Importing {len(rows):,} {kind.replace('_', ' ')}")
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    with tenant_context(tenant_id, via="command"):
        job = import_create(
            kind=kind,
            file=io.BytesIO(text.getvalue().encode()),
            file_name=f"{kind}.csv",
            door=ImportJob.Door.COMMAND,
        )
    import_run(tenant_id=tenant_id, job_id=job.id, via="command")
    with tenant_context(tenant_id, via="command"):
        job = ImportJob.objects.get(tenant_id=tenant_id, pk=job.pk)
    if job.status != ImportJob.Status.SUCCEEDED:
        raise DemoError(f"Importing {kind} failed: {job.failure}")


def _key_accounts(tenant_id: uuid.UUID, end: datetime.date) -> None:
    keys = [customer for customer in CUSTOMERS if customer.key]
    for customer, months in zip(keys, KEY_SINCE_MONTHS, strict=True):
        Account.objects.filter(tenant_id=tenant_id, external_id=external_id(customer)).update(
            is_key_account=True,
            key_since=_months_before(end, months),
            tier=customer.tier,
            ladder_ours=customer.ladder,
            managed_as="co_creating" if customer.tier == "partner" else "consultative",
        )


def _teams(tenant_id: uuid.UUID, members: dict[str, Membership]) -> None:
    accounts = _by_external_id(tenant_id)
    for customer in CUSTOMERS:
        if customer.key:
            _put(accounts[external_id(customer)], members[customer.owner], SellingRole.KAM, lead=True)
            _put(accounts[external_id(customer)], members["executive"], SellingRole.EXECUTIVE)
            if customer.name in ("Fjordmeieriet", "Halvorsen Mobility"):
                _put(accounts[external_id(customer)], members["bo"], SellingRole.SUPPLY_CHAIN_LEADER)


def _put(account: Account, member: Membership, role: str, *, lead: bool = False) -> None:
    SellingCenterMember.objects.get_or_create(
        tenant_id=account.tenant_id, account=account, member=member, role=role, defaults={"is_lead": lead}
    )


def _open_space(
    tenant_id: uuid.UUID, members: dict[str, Membership], sales: list[Row], end: datetime.date
) -> None:
    accounts = _by_external_id(tenant_id)
    segments = dict(Segment.objects.filter(tenant_id=tenant_id).values_list("external_id", "id"))
    owners: dict[str, Customer] = {external_id(customer): customer for customer in CUSTOMERS}
    unit, _ = BusinessUnit.objects.get_or_create(tenant_id=tenant_id, name="Co-creation")
    wanted = entered_cells(sales, end)
    lines = dict(ProductLine.objects.filter(tenant_id=tenant_id).values_list("name", "id"))
    cells = [
        OpenSpaceCell(
            tenant_id=tenant_id,
            account=accounts[cell.account],
            segment_id=segments[cell.segment] if cell.segment else None,
            product_line_id=lines[cell.line],
            potential=Decimal(str(cell.potential)),
            probability=cell.probability,
            position=cell.position,
            competitor=cell.competitor,
            contract_end=cell.contract_end,
            changed_by=members.get(owners[cell.account].owner, members["nora"]),
        )
        for cell in wanted
    ]
    for name, account, potential, chance in ideas():
        line, _ = ProductLine.objects.get_or_create(
            tenant_id=tenant_id,
            name=name,
            defaults={"kind": ProductLine.Kind.IDEA, "account": accounts[account], "business_unit": unit},
        )
        cells.append(
            OpenSpaceCell(
                tenant_id=tenant_id,
                account=accounts[account],
                product_line=line,
                potential=Decimal(str(potential)),
                probability=chance,
                changed_by=members["nora"],
            )
        )
    OpenSpaceCell.objects.filter(tenant_id=tenant_id).delete()
    OpenSpaceCell.objects.bulk_create(cells)


def _by_external_id(tenant_id: uuid.UUID) -> dict[str, Account]:
    return {str(account.external_id): account for account in Account.objects.filter(tenant_id=tenant_id)}


def _compute(tenant_id: uuid.UUID, day: datetime.date, *, publish: bool) -> None:
    with tenant_context(tenant_id, via="command"):
        run = Recomputation.objects.create(tenant_id=tenant_id, reference_date=day, publish=publish)
    step = run_begin(tenant_id=tenant_id, run_id=run.id)
    if step.next is not Next.COMPUTE or run_publish(tenant_id=tenant_id, run_id=run.id) is not Published.NOW:
        raise DemoError(f"Computing the demo as of {day} did not finish ({step.next.value}).")


def _months_before(day: datetime.date, months: int) -> datetime.date:
    """The last day of the month `months` before that of `day`."""
    index = day.year * 12 + day.month - months
    return datetime.date(index // 12, index % 12 + 1, 1) - datetime.timedelta(days=1)


def demo_report(tenant: Tenant) -> str:
    """One JSON line: the tenant and the logins."""
    return json.dumps(
        {
            "tenant": {"id": str(tenant.id), "slug": tenant.slug, "name": tenant.name},
            "logins": demo_logins(),
        }
    )
