"""A seeded supplier: customers of very different sizes, a catalogue, and a ledger of three years.

Lines are drawn with numpy and written as CSV: COPY by the owner for set-up, files for the importer.
"""

import io
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute
import pyarrow.csv as arrow_csv
from django.db import connections
from numpy.typing import NDArray

from kam.tenancy.context import tenant_context
from kam.tenancy.models import Membership, Tenant, TenantSettings
from kam.tenancy.services import member_add, tenant_create
from tests.bench.database import quick_writes, settle

REFERENCE = date(2026, 6, 30)
MONTHS = 36
UNITS, LINES, PRODUCTS = 4, 20, 200
SEGMENTS = 3
INDUSTRIES = ("Retail", "Industry", "Construction", "Energy", "Health", "Transport", "Food", "Public sector")
COUNTRIES = ("NO", "SE", "DK", "DE", "NL", "FR", "GB", "US")
_CHUNK = 250_000


def _ids(rng: np.random.Generator, count: int) -> list[str]:
    """Version 7 UUIDs in ascending order."""
    random = rng.integers(0, 256, size=(count, 10), dtype=np.uint8)
    found = []
    for number, row in enumerate(random):
        raw = (1_750_000_000_000 + number).to_bytes(6, "big") + row.tobytes()
        value = int.from_bytes(raw, "big")
        value = (value & ~(0xF000 << 64)) | (0x7000 << 64)
        value = (value & ~(0xC000 << 48)) | (0x8000 << 48)
        found.append(str(uuid.UUID(int=value)))
    return found


@dataclass(frozen=True)
class Supplier:
    """A tenant with its customers and catalogue; `account_ids` are ordered by the number of their lines."""

    tenant: Tenant
    member: Membership
    account_ids: list[str]
    product_ids: list[str]
    segment_ids: list[str]
    seed: int

    @property
    def accounts(self) -> int:
        return len(self.account_ids)


@dataclass(frozen=True)
class Lines:
    """Sales lines in the order of their dates; `segment` -1 = none, `cogs` NaN = not known."""

    account: NDArray[np.int64]
    product: NDArray[np.int64]
    segment: NDArray[np.int64]
    day: NDArray[np.datetime64]
    net_sales: NDArray[np.float64]
    cogs: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.account)


def make_supplier(slug: str, *, accounts: int, seed: int) -> Supplier:
    """A tenant with an administrator, customers (a third of them with segments) and a catalogue."""
    rng = np.random.default_rng(seed)
    tenant = tenant_create(name=slug.title(), slug=slug, base_currency="USD")
    member = member_add(tenant=tenant, email=f"admin@{slug}.example", role="admin", name="Ada Admin")
    with tenant_context(tenant.id, via="command"):
        TenantSettings.objects.filter(tenant_id=tenant.id).update(pinned_reference_date=REFERENCE)
    account_ids, product_ids = _ids(rng, accounts), _ids(rng, PRODUCTS)
    unit_ids, line_ids = _ids(rng, UNITS), _ids(rng, LINES)
    owners = range(0, accounts, SEGMENTS)
    segment_ids = _ids(rng, len(owners) * SEGMENTS)
    key, owned = str(tenant.id), str(member.id)
    many = range(accounts)
    _copy(
        "accounts_businessunit",
        {"id": unit_ids, "tenant_id": [key] * UNITS, "name": [f"Unit {n}" for n in range(UNITS)]},
    )
    _copy(
        "accounts_productline",
        {
            "id": line_ids,
            "tenant_id": [key] * LINES,
            "name": [f"Line {n}" for n in range(LINES)],
            "business_unit_id": [unit_ids[n % UNITS] for n in range(LINES)],
            "default_gross_margin": [0.3 if n % 2 else None for n in range(LINES)],
        },
    )
    _copy(
        "accounts_product",
        {
            "id": product_ids,
            "tenant_id": [key] * PRODUCTS,
            "external_id": [f"P{n:04}" for n in range(PRODUCTS)],
            "name": [f"Product {n}" for n in range(PRODUCTS)],
            "product_line_id": [line_ids[n * LINES // PRODUCTS] for n in range(PRODUCTS)],
        },
    )
    _copy(
        "accounts_account",
        {
            "id": account_ids,
            "tenant_id": [key] * accounts,
            "external_id": [f"A{n:06}" for n in many],
            "name": [f"Customer {n * 7919 % accounts:06}" for n in many],
            "industry": [INDUSTRIES[n % len(INDUSTRIES)] for n in many],
            "country": [COUNTRIES[n // 3 % len(COUNTRIES)] for n in many],
            "region": ["" for _ in many],
            "currency": ["EUR" if n % 10 == 9 else "USD" for n in many],
            "owner_id": [owned if n % 4 == 0 else None for n in many],
            "is_key_account": [n < 12 for n in many],
            **{
                name: [""] * accounts
                for name in (
                    "tier",
                    "managed_as",
                    "managed_as_evidence",
                    "ladder_ours",
                    "ladder_customer",
                    "volume_unit",
                )
            },
        },
    )
    _copy(
        "accounts_segment",
        {
            "id": segment_ids,
            "tenant_id": [key] * len(segment_ids),
            "account_id": [account_ids[n // SEGMENTS * SEGMENTS] for n in range(len(segment_ids))],
            "external_id": [f"S{n:06}" for n in range(len(segment_ids))],
            "name": [f"Segment {n % SEGMENTS}" for n in range(len(segment_ids))],
        },
    )
    months = np.arange("2023-07", "2026-07", dtype="datetime64[M]").astype("datetime64[D]")
    _copy(
        "accounts_exchangerate",
        {
            "tenant_id": [key] * len(months),
            "currency": ["EUR"] * len(months),
            "month": [str(month) for month in months],
            "rate": [1.05 + 0.001 * n for n in range(len(months))],
        },
    )
    return Supplier(tenant, member, account_ids, product_ids, segment_ids, seed)


def draw_lines(supplier: Supplier, count: int) -> Lines:
    """Sales lines: sizes of customers log-normal, each with a basket of its own, some of them newcomers."""
    rng, n = np.random.default_rng(supplier.seed + 1), supplier.accounts
    weight = np.sort(rng.lognormal(0.0, 1.2, n))[::-1]
    per_account = rng.multinomial(count, weight / weight.sum())
    first = np.where(rng.random(n) < 0.4, rng.integers(0, MONTHS - 3, n), 0)
    account = np.repeat(np.arange(n), per_account)
    month = first[account] + (rng.random(count) * (MONTHS - first[account])).astype(np.int64)
    days = np.datetime64("2023-07", "M") + month
    day = days.astype("datetime64[D]") + rng.integers(0, 28, count)
    order = np.argsort(day, kind="stable")
    account, day = account[order], day[order]
    product = (account * 37 + np.minimum(rng.exponential(4.0, count), 30).astype(np.int64)) % PRODUCTS
    has_segments = account % SEGMENTS == 0
    segment = np.where(has_segments, account + product % SEGMENTS, -1)
    net = np.round(rng.lognormal(5.0, 1.0, count), 2)
    net[rng.random(count) < 0.03] *= -1
    cogs = np.round(net * rng.uniform(0.4, 1.05, count), 2)
    cogs[rng.random(count) < 0.02] = np.nan
    return Lines(account, product, segment, day, net, cogs)


def load_lines(supplier: Supplier, lines: Lines) -> None:
    """Put lines and a tenth as many cost entries into the ledger, as the owner. Rollups are not touched."""
    with quick_writes("accounts_salesline"):
        for chunk in chunks_with_ids(supplier, lines):
            copy_table("accounts_salesline", chunk)
    rng, count = np.random.default_rng(supplier.seed + 2), max(supplier.accounts, len(lines) // 50)
    days = np.datetime64("2023-07-01") + rng.integers(0, 1090, count)
    categories = np.array(["delivery", "service", "marketing", "relationship", "administration"])
    table = pa.table(
        {
            "tenant_id": pa.array([str(supplier.tenant.id)]).take(pa.array(np.zeros(count, dtype=np.int64))),
            "external_id": [f"C{n:07}" for n in range(count)],
            "account_id": pa.array(supplier.account_ids).take(
                pa.array(rng.integers(0, supplier.accounts, count))
            ),
            "date": pa.array(days),
            "category": pa.array(categories[rng.integers(0, len(categories), count)]),
            "amount": pa.array(np.round(rng.lognormal(4.0, 1.0, count), 2)),
            "currency": pa.array(["USD"]).take(pa.array(np.zeros(count, dtype=np.int64))),
        }
    )
    with quick_writes("accounts_costentry"):
        copy_table("accounts_costentry", table)
    settle()


def _slices(lines: Lines) -> Iterator[tuple[int, Lines]]:
    for start in range(0, len(lines), _CHUNK):
        part = slice(start, start + _CHUNK)
        yield start, Lines(*(getattr(lines, name)[part] for name in Lines.__dataclass_fields__))


def _common(start: int, lines: Lines) -> dict[str, pa.Array]:
    numbers = pa.array(np.arange(start, start + len(lines)))
    padded = pa.compute.utf8_lpad(numbers.cast(pa.string()), 8, "0")
    return {
        "external_id": pa.compute.binary_join_element_wise("L", padded, ""),
        "date": pa.array(lines.day),
        "net_sales": pa.array(lines.net_sales),
        "cogs": pa.array(lines.cogs, from_pandas=True),
        "quantity": pa.array(np.ones(len(lines), dtype=np.int64)),
    }


def _named(names: list[str], positions: NDArray[np.int64]) -> pa.Array:
    return pa.array(names, pa.string()).take(pa.array(positions, mask=positions < 0))


def chunks_with_ids(supplier: Supplier, lines: Lines) -> Iterator[pa.Table]:
    """The lines as rows of the ledger table, a chunk at a time; their own ids are left to the database."""
    for start, part in _slices(lines):
        zero = pa.array(np.zeros(len(part), dtype=np.int64))
        yield pa.table(
            {
                "tenant_id": pa.array([str(supplier.tenant.id)]).take(zero),
                **_common(start, part),
                "account_id": _named(supplier.account_ids, part.account),
                "product_id": _named(supplier.product_ids, part.product),
                "segment_id": _named(supplier.segment_ids, part.segment),
                "currency": _named(["USD", "EUR"], (part.account % 10 == 9).astype(np.int64)),
            }
        )


def write_file(supplier: Supplier, lines: Lines, path: Path) -> None:
    """The lines as the CSV file that a person would import."""
    accounts = [f"A{n:06}" for n in range(supplier.accounts)]
    products = [f"P{n:04}" for n in range(PRODUCTS)]
    segments = [f"S{n:06}" for n in range(len(supplier.segment_ids))]
    writer = None
    for start, part in _slices(lines):
        table = pa.table(
            {
                **_common(start, part),
                "account_external_id": _named(accounts, part.account),
                "product_external_id": _named(products, part.product),
                "segment_external_id": _named(segments, part.segment),
                "currency": _named(["USD", "EUR"], (part.account % 10 == 9).astype(np.int64)),
            }
        )
        if writer is None:
            writer = arrow_csv.CSVWriter(
                path, table.schema, write_options=arrow_csv.WriteOptions(quoting_style="none")
            )
        writer.write_table(table)
    if writer is not None:
        writer.close()


def as_csv(table: pa.Table) -> io.BytesIO:
    """A table as what COPY … (FORMAT csv) reads."""
    buffer = io.BytesIO()
    arrow_csv.write_csv(table, buffer, arrow_csv.WriteOptions(include_header=False))
    buffer.seek(0)
    return buffer


def copy_csv(name: str, columns: list[str], buffer: io.BytesIO) -> None:
    """COPY as the owner: it is refused to everybody under row level security."""
    with connections["owner"].cursor() as cursor:
        listed = ", ".join(f'"{column}"' for column in columns)
        cursor.copy_expert(f'COPY "{name}" ({listed}) FROM STDIN (FORMAT csv)', buffer)


def copy_table(name: str, table: pa.Table) -> None:
    """COPY an Arrow table as the owner."""
    copy_csv(name, table.column_names, as_csv(table))


def _copy(name: str, columns: dict[str, list[Any]]) -> None:
    copy_table(name, pa.table(columns))
