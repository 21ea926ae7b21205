"""Imports survive what happens to workers, and anything that people upload (RELIABILITY 7, 8, 10)."""

import csv
import io
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, connections, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import AccountMonth, ImportJob, SalesLine
from accounts.selectors.ledger import tenant_pnl
from accounts.services import import_engine
from accounts.services.import_run import import_run
from accounts.services.imports import import_create, import_files_purge, import_jobs_forsaken, only_one
from accounts.tasks import imports_resume_task
from kam.tenancy.context import current_tenant_id, tenant_context
from kam.tenancy.models import Tenant
from kam.tenancy.services import tenant_create
from tests.factories import AccountFactory, ProductFactory
from tests.imports.conftest import SALES_HEADER, Import, counts, faults

WORKER = """
import os, sys, uuid
import django
from django.conf import settings
django.setup()
for alias in ("default", "owner"):
    settings.DATABASES[alias]["NAME"] = os.environ["TEST_DB"]
from django.db import connections
for alias in ("default", "owner"):
    connections[alias].settings_dict["NAME"] = os.environ["TEST_DB"]
from accounts.services.import_run import import_run
def tell(phase, progress, rows):
    print(phase, rows, flush=True)
import_run(tenant_id=uuid.UUID(sys.argv[1]), job_id=uuid.UUID(sys.argv[2]), on_progress=tell)
"""


def big_file(rows: int) -> bytes:
    lines = (
        f"L{n},A{n % 50},P{n % 7},20{20 + n % 5}-{n % 12 + 1:02d}-{n % 28 + 1:02d},{n % 997}.25,{n % 89}.5"
        for n in range(rows)
    )
    return (SALES_HEADER + "\n".join(lines) + "\n").encode()


def queued(content: bytes) -> ImportJob:
    return import_create(kind="sales_lines", file=io.BytesIO(content), file_name="big.csv", door="page")


@pytest.fixture
def supplier(committed_db: None) -> Tenant:
    tenant = tenant_create(name="Contoso", slug="contoso", base_currency="USD")
    with tenant_context(tenant.id):
        for n in range(50):
            AccountFactory(external_id=f"A{n}")
        for n in range(7):
            ProductFactory(external_id=f"P{n}")
    return tenant


def worker(tenant: Tenant, job: ImportJob, media: Path) -> "subprocess.Popen[str]":
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "kam.settings.test",
        "TEST_DB": django_settings.DATABASES["default"]["NAME"],
        "KAM_MEDIA_ROOT": str(media),
    }
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, str(tenant.id), str(job.id)],
        env=environment,
        cwd=django_settings.BASE_DIR,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


@pytest.mark.slow
@pytest.mark.xdist_group("threads")
def test_a_worker_killed_anywhere_leaves_nothing_half_stored(supplier: Tenant, media: Path) -> None:
    """kill -9 in each phase and at odd moments of the storing; the next run gives what a clean one gives."""
    rows = 30_000
    with tenant_context(supplier.id):
        job = queued(big_file(rows))
    for phase, pause in (
        ("reading", 0.0),
        ("checking", 0.0),
        ("writing", 0.0),
        ("writing", 0.3),
        ("writing", 0.9),
    ):
        process = worker(supplier, job, media)
        assert process.stdout is not None
        seen = ""
        for line in process.stdout:
            seen = line.split()[0]
            if seen == phase:
                break
        time.sleep(pause)
        process.send_signal(signal.SIGKILL)
        process.wait()
        _wait_until_free(job)
        assert seen == phase
        with tenant_context(supplier.id):
            job.refresh_from_db()
            if job.status == "succeeded":
                break
            assert job.status == "running"
            assert not SalesLine.objects.exists()
            assert not AccountMonth.objects.exists()
    assert import_run(tenant_id=supplier.id, job_id=job.id)
    with tenant_context(supplier.id):
        job.refresh_from_db()
        assert (job.status, job.created, SalesLine.objects.count()) == ("succeeded", rows, rows)
        expected = sum((Decimal(n % 997) + Decimal("0.25") for n in range(rows)), Decimal(0))
        assert sum(AccountMonth.objects.values_list("net_sales", flat=True), Decimal(0)) == expected
        day = timezone.now().date()
        assert (
            tenant_pnl(date_from=day.replace(year=2000), date_to=day.replace(year=2100)).net_sales == expected
        )


def _wait_until_free(job: ImportJob) -> None:
    """The killed worker's connection, and a commit that was under way in it, end a moment after it."""
    for _ in range(100):
        with only_one(job.id) as free:
            if free:
                return
        time.sleep(0.1)
    raise AssertionError("The lock of the killed worker stayed.")


def test_two_workers_never_run_one_job(supplier: Tenant) -> None:
    with tenant_context(supplier.id):
        job = queued(big_file(2000))
    results: list[bool] = []
    stored: list[int] = []

    def run() -> None:
        phases: list[str] = []
        try:
            results.append(
                import_run(
                    tenant_id=supplier.id,
                    job_id=job.id,
                    on_progress=lambda phase, _progress, _rows: phases.append(phase),
                )
            )
        finally:
            stored.append(phases.count("writing"))
            connections["default"].close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with tenant_context(supplier.id):
        job.refresh_from_db()
        assert (job.status, job.created) == ("succeeded", 2000)
        assert SalesLine.objects.count() == 2000
    # One of the four wrote, once; the others found the job taken (False) or done already (True).
    assert sorted(stored) == [0, 0, 0, 1]
    assert len(results) == 4


def test_files_of_one_tenant_stored_at_once_keep_rollup_and_ledger_together(supplier: Tenant) -> None:
    with tenant_context(supplier.id):
        jobs = [queued(big_file(1500).replace(b"\nL", f"\nF{n}-".encode())) for n in range(3)]
        jobs.append(queued(big_file(1500).replace(b"\nL", b"\nF0-").replace(b".25", b".75")))

    def run(job: ImportJob) -> None:
        try:
            import_run(tenant_id=supplier.id, job_id=job.id)
        finally:
            connections["default"].close()

    threads = [threading.Thread(target=run, args=[job]) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with tenant_context(supplier.id):
        assert list(ImportJob.objects.values_list("status", flat=True).distinct()) == ["succeeded"]
        assert SalesLine.objects.count() == 4500
        ledger = sum(SalesLine.objects.values_list("net_sales", flat=True), Decimal(0))
        assert sum(AccountMonth.objects.values_list("net_sales", flat=True), Decimal(0)) == ledger


def test_a_finished_job_is_not_run_again(load: Import, ground: None) -> None:
    job = load("sales_lines", SALES_HEADER + "L1,A1,P1,2025-01-01,1,1\n")
    finished = job.finished_at
    assert import_run(tenant_id=current_tenant_id(), job_id=job.id)
    job.refresh_from_db()
    assert job.finished_at == finished


def test_a_crash_is_told_and_leaves_no_staging(
    load: Import, ground: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(self: Any) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(import_engine.Engine, "store", crash)
        with pytest.raises(ZeroDivisionError):
            load("sales_lines", SALES_HEADER + "L1,A1,P1,2025-01-01,1,1\n")
    job = ImportJob.objects.get()
    assert (job.status, job.created) == ("failed", 0)
    assert "internal error" in job.failure
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_class WHERE relname LIKE 'kam_import%' AND relpersistence = 't'"
        )
        assert cursor.fetchone() == (0,)


def test_forsaken_jobs_are_taken_up_again(supplier: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wiped broker: the job waits in the database and nobody has been told."""
    with tenant_context(supplier.id):
        job = queued(big_file(10))
        assert import_jobs_forsaken() == []
        ImportJob.objects.update(status="running")
    monkeypatch.setattr(timezone, "now", lambda: datetime.now(UTC) + timedelta(minutes=1))
    with tenant_context(supplier.id):
        assert import_jobs_forsaken() == [job.id]
    imports_resume_task(tenant_id=str(supplier.id))
    with tenant_context(supplier.id):
        job.refresh_from_db()
        assert job.status == "succeeded"


def test_old_drafts_and_kept_files_are_cleared(load: Import, media: Path) -> None:
    def files() -> int:
        return len([path for path in media.rglob("*") if path.is_file()])

    draft = import_create(kind="", file=io.BytesIO(b"x"), file_name="d", door="page", draft=True)
    failed = load("accounts", "external_id,name\n,x\n")
    assert (import_files_purge(), files()) == (0, 2)
    old = timezone.now() - timedelta(days=8)
    ImportJob.objects.update(created_at=old, finished_at=old)
    assert (import_files_purge(), files()) == (2, 0)
    assert not ImportJob.objects.filter(pk=draft.pk).exists()
    assert ImportJob.objects.filter(pk=failed.pk, file_path="").exists()


CELLS = """ |A1|A2|P1|2025-01-31|2025-02-30|1|-5.25|NaN|1e400|inf|=1+1|@x|0x1F|1.23456|“”|٣|USD|EUR|true"""
cells = st.sampled_from([*CELLS.split("|"), "", "9" * 40, "x" * 300, "\x00", "\u202e", "a\nb", '"'])


@pytest.mark.usefixtures("ground")
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_any_cells_are_stored_or_named(load: Import, data: st.DataObject) -> None:
    """Each row ends as exactly one of created, updated, unchanged, rejected, and the books agree."""
    header = [
        "external_id",
        "account_external_id",
        "product_external_id",
        "date",
        "net_sales",
        "cogs",
        "currency",
    ]
    rows = data.draw(st.lists(st.lists(cells, min_size=7, max_size=7), min_size=1, max_size=8))
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows([header, *rows])
    with transaction.atomic():
        job = load("sales_lines", buffer.getvalue(), on_error="skip")
        if job.status == "failed":
            assert [code for _, _, code in faults(job)] in (["no_rows"], ["binary_file"])
        else:
            assert sum(counts(job)) == job.rows_total
            assert job.rejected == len({row for row, _, _ in faults(job)})
            assert SalesLine.objects.count() == job.created
            ledger = sum(SalesLine.objects.values_list("net_sales", flat=True), Decimal(0))
            assert sum(AccountMonth.objects.values_list("net_sales", flat=True), Decimal(0)) == ledger
        transaction.set_rollback(True)


@pytest.mark.usefixtures("ground")
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\r\n"), max_size=24)
    | st.decimals().map(str)
)
def test_a_number_is_stored_exactly_or_refused(load: Import, text: str) -> None:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow(["L1", "A1", "P1", "2025-01-01", text, ""])
    with transaction.atomic():
        job = load("sales_lines", SALES_HEADER + buffer.getvalue())
        if job.status == "succeeded":
            assert SalesLine.objects.get().net_sales == Decimal(text.strip())
        else:
            try:
                number = Decimal(text.strip())
                fits = number.is_finite() and abs(number) < 10**15 and number == round(number, 4)
            except InvalidOperation:
                fits = False
            assert not fits or "e" in text.lower() or "_" in text or not text.isascii()
        transaction.set_rollback(True)


def test_the_command_answers_as_the_api_does(
    tenant: Tenant, tmp_path: Path, capsys: pytest.CaptureFixture[str], as_tenant: Any
) -> None:
    import json

    path = tmp_path / "accounts.csv"
    path.write_text("Number;name\nA1;Acme\n")
    arguments = ["import_data", str(path), "--tenant", "northwind", "--kind", "accounts"]
    call_command(*arguments, "--map", "Number=external_id", "--dry-run")
    assert json.loads(capsys.readouterr().out)["created"] == 1
    call_command(*arguments, "--map", "Number=external_id")
    body = json.loads(capsys.readouterr().out)
    assert (body["status"], body["created"], body["rejected"], body["door"]) == ("succeeded", 1, 0, "command")
    with pytest.raises(CommandError, match="required column external_id is missing"):
        call_command(*arguments)
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert json.loads(out)["status"] == "failed"
    with pytest.raises(CommandError, match="no tenant"):
        call_command("import_data", str(path), "--tenant", "nobody", "--kind", "accounts")
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_data", str(tmp_path / "none"), "--tenant", "northwind", "--kind", "accounts")


def test_jobs_are_made_in_the_tenants_own_folder(in_tenant: uuid.UUID, media: Path) -> None:
    job = queued(b"x")
    path = media / job.file_path
    assert path.parent == media / "imports" / str(in_tenant)
    assert path.stat().st_mode & 0o777 == 0o600
