"""Rows about imports: a file of sales lines against the bare COPY of its rows, and the same file again."""

import statistics
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
from django.db import connections

from accounts.models import ImportJob
from accounts.services.import_run import import_run
from accounts.services.imports import import_create
from kam.tenancy.context import tenant_context
from tests.bench.data import (
    Lines,
    Supplier,
    as_csv,
    chunks_with_ids,
    copy_csv,
    draw_lines,
    make_supplier,
    write_file,
)
from tests.bench.database import settle
from tests.bench.measure import Report, say, timed

_TWIN = "bench_salesline"


def import_file(tenant_id: uuid.UUID, path: Path) -> ImportJob:
    """Take a file in and run its job to the end. Raises when it does not succeed."""
    with tenant_context(tenant_id), path.open("rb") as file:
        job = import_create(kind="sales_lines", file=file, file_name=path.name, door="command")
    import_run(tenant_id=tenant_id, job_id=job.id)
    with tenant_context(tenant_id):
        job = ImportJob.objects.get(tenant_id=tenant_id, pk=job.id)
        if job.status != ImportJob.Status.SUCCEEDED:
            raise RuntimeError(f"the import ended as {job.status}: {job.failure}")
    return job


@contextmanager
def _twin_table() -> Iterator[None]:
    """A table like the ledger's, with its three composite foreign keys checked row by row."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(f"CREATE TABLE {_TWIN} (LIKE accounts_salesline INCLUDING ALL)")
        for column, target in (
            ("account_id", "account"),
            ("product_id", "product"),
            ("segment_id", "segment"),
        ):
            cursor.execute(
                f"ALTER TABLE {_TWIN} ADD FOREIGN KEY (tenant_id, {column}) "
                f"REFERENCES accounts_{target} (tenant_id, id) DEFERRABLE INITIALLY DEFERRED"
            )
    yield
    with connections["owner"].cursor() as cursor:
        cursor.execute(f"DROP TABLE {_TWIN}")


def _bare_copy(supplier: Supplier, lines: Lines) -> float:
    table = pa.concat_tables(chunks_with_ids(supplier, lines))
    buffer = as_csv(table)
    with connections["owner"].cursor() as cursor:
        cursor.execute(f"TRUNCATE {_TWIN}")
    return timed(lambda: copy_csv(_TWIN, table.column_names, buffer))


def import_against_copy(
    report: Report, folder: Path, *, accounts: int, count: int, rounds: int, again: bool
) -> None:
    """Rows `import` and `again`: each round in a tenant without a ledger."""
    say(f"import of {count:,} lines")
    floors, firsts, seconds = [], [], []
    for number in range(rounds):
        supplier = make_supplier(f"import-{number}", accounts=accounts, seed=100 + number)
        lines = draw_lines(supplier, count)
        path = folder / f"lines-{number}.csv"
        write_file(supplier, lines, path)
        settle()
        with _twin_table():
            floors.append(_bare_copy(supplier, lines))
        found: list[ImportJob] = []
        firsts.append(timed(lambda: found.append(import_file(supplier.tenant.id, path))))  # noqa: B023
        _expect(found.pop(), created=count)
        settle()
        if again:
            seconds.append(timed(lambda: found.append(import_file(supplier.tenant.id, path))))  # noqa: B023
            _expect(found.pop(), unchanged=count)
        path.unlink()
        say(f"  round {number + 1}: {floors[-1]:.1f} s copied, then imported in {firsts[-1]:.1f} s")
    first = statistics.median(firsts)
    report.add(
        "import",
        f"import of {count:,} lines against a bare COPY with the same keys",
        statistics.median(a / b for a, b in zip(firsts, floors, strict=True)),
        bar=2,
        aim=1.2,
        detail=f"{first:.1f} s / {statistics.median(floors):.1f} s",
    )
    if again:
        report.add(
            "again",
            "the same file again against its first import",
            statistics.median(a / b for a, b in zip(seconds, firsts, strict=True)),
            bar=0.3,
            aim=0.2,
            detail=f"{statistics.median(seconds):.1f} s / {first:.1f} s",
        )


def _expect(job: ImportJob, **counts: int) -> None:
    for name, count in counts.items():
        if getattr(job, name) != count:
            raise RuntimeError(f"{getattr(job, name):,} lines were {name}, not {count:,}")
