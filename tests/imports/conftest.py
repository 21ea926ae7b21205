"""Files made in a test, and imports of them."""

import gzip
import io
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from accounts.models import ImportJob
from accounts.services.import_run import import_run
from accounts.services.imports import import_create
from kam.tenancy.context import current_tenant_id
from tests.factories import AccountFactory, ProductFactory

Import = Callable[..., ImportJob]

SALES_HEADER = "external_id,account_external_id,product_external_id,date,net_sales,cogs\n"


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    """Uploads of a test stand in a folder of its own."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


@pytest.fixture
def load(in_tenant: uuid.UUID) -> Import:
    """`load(kind, content, …)` → the finished job. `content` is text or bytes."""

    def run(kind: str, content: str | bytes, *, packed: bool = False, **options: Any) -> ImportJob:
        data = content.encode() if isinstance(content, str) else content
        if packed:
            data = gzip.compress(data)
        job = import_create(
            kind=kind,
            file=io.BytesIO(data),
            file_name=options.pop("file_name", "file.csv"),
            door="command",
            **options,
        )
        assert import_run(tenant_id=current_tenant_id(), job_id=job.id)
        job.refresh_from_db()
        return job

    return run


@pytest.fixture
def ground(in_tenant: uuid.UUID) -> None:
    """Two accounts and two products."""
    AccountFactory(external_id="A1", currency="USD")
    AccountFactory(external_id="A2", currency="")
    product = ProductFactory(external_id="P1")
    ProductFactory(external_id="P2", product_line=product.product_line)


def faults(job: ImportJob) -> list[tuple[int, str, str]]:
    """(row, field, code) of a job's faults, by row."""
    return [(fault.row, fault.field, fault.code) for fault in job.problems.order_by("row", "field", "id")]


def counts(job: ImportJob) -> tuple[int, int, int, int]:
    """(created, updated, unchanged, rejected)."""
    return job.created, job.updated, job.unchanged, job.rejected
