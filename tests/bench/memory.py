"""Rows about memory: the peak of a fresh process that does what a worker does."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.bench.data import Supplier, draw_lines, make_supplier, write_file
from tests.bench.measure import Report, say


def peak_of(*arguments: str, shard: int | None = None) -> dict[str, float]:
    """What `tests.bench.worker` tells: `peak` and `base` (after start) in MB, `seconds`."""
    environment = os.environ | (
        {"KAM_METRICS_INLINE_BELOW": "1", "KAM_METRICS_SHARD_ACCOUNTS": str(shard)} if shard else {}
    )
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.worker", *arguments],
        env=environment,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return json.loads(done.stdout.splitlines()[-1])


def recompute_memory(report: Report, supplier: Supplier) -> None:
    """Row `memory`, its second half."""
    say("memory of a full recomputation in one process")
    found = peak_of("recompute", str(supplier.tenant.id))
    report.add(
        "memory",
        f"peak memory of a full recomputation, {supplier.accounts:,} accounts",
        found["peak"],
        unit="MB",
        bar=600,
        aim=250,
        detail=f"{found['base']:.0f} MB after start; one run: a maximum needs no median",
    )


def shard_memory(report: Report, large: Supplier, small: Supplier) -> None:
    """Row `growth`, its second half: shards of as many accounts, in a small and in a large tenant."""
    say("memory of shards")
    size = small.accounts
    peaks = [peak_of("shards", str(each.tenant.id), shard=size)["peak"] for each in (small, large)]
    report.add(
        "growth",
        f"peak memory of shards, {small.accounts:,} → {large.accounts:,} accounts",
        peaks[1] / peaks[0],
        bar=1.25,
        aim=1.1,
        detail=f"{peaks[1]:.0f} MB / {peaks[0]:.0f} MB",
    )


def import_memory(report: Report, folder: Path, *, accounts: int, count: int) -> None:
    """Row `memory`, its first half."""
    say(f"memory of an import of {count:,} lines: writing the file")
    supplier = make_supplier("memory", accounts=accounts, seed=7)
    path = folder / "memory.csv"
    write_file(supplier, draw_lines(supplier, count), path)
    say(f"  importing {path.stat().st_size / 2**20:,.0f} MB")
    found = peak_of("import", str(supplier.tenant.id), str(path))
    path.unlink()
    report.add(
        "memory",
        f"peak memory of an import of {count:,} lines",
        found["peak"],
        unit="MB",
        bar=600,
        aim=250,
        detail=f"{found['base']:.0f} MB after start; one run of {found['seconds']:.0f} s: too long for three",
    )
