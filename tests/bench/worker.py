"""What runs in processes of its own, as in a worker: one job that tells its peak memory, or shard after shard.

Nothing of Django is imported before `django.setup()`: a process starts here.
"""

import json
import resource
import sys
import time
import uuid
from multiprocessing.synchronize import Barrier
from pathlib import Path


def _peak() -> float:
    """In MB. On Linux `ru_maxrss` counts what the parent held, so the kernel's own mark is read."""
    status = Path("/proc/self/status")
    if status.exists():
        mark = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(mark.split()[1]) / 2**10
    scale = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / scale


def get_ready(barrier: Barrier) -> None:
    """Start as a worker does, connect, and wait until the others have, too."""
    import django

    django.setup()
    from django.db import connection

    import kam.celery  # noqa: F401  # a worker has it in memory

    connection.ensure_connection()
    from metrics.tasks import _load_libraries

    _load_libraries()
    barrier.wait()


def compute_shard(tenant_id: uuid.UUID, shard_id: uuid.UUID) -> None:
    """One shard of a run, in the process of a worker or in this one."""
    from metrics.services.runs import run_shard

    run_shard(tenant_id=tenant_id, shard_id=shard_id)


def main(arguments: list[str]) -> None:
    """`import TENANT FILE`, `recompute TENANT`, or `shards TENANT` (all shards, nothing published)."""
    import django

    django.setup()
    import kam.celery  # noqa: F401  # a worker has it in memory
    from kam.tenancy.context import tenant_context
    from kam.tenancy.reference import reference_date
    from metrics.models import Recomputation
    from metrics.services.run_queue import run_fail
    from metrics.services.runs import run_begin, run_shard
    from tests.bench.imports import import_file
    from tests.bench.recompute import drive, succeeded

    what, tenant_id = arguments[0], uuid.UUID(arguments[1])
    base, started = _peak(), time.perf_counter()
    if what == "import":
        import_file(tenant_id, Path(arguments[2]))
    else:
        with tenant_context(tenant_id):
            run = Recomputation.objects.create(tenant_id=tenant_id, reference_date=reference_date())
        if what == "recompute":
            drive(tenant_id, run.pk)
            succeeded(tenant_id, run.pk)
        else:
            shards = run_begin(tenant_id=tenant_id, run_id=run.pk).shards
            if not shards:
                raise RuntimeError("the run was not cut into shards")
            for shard in shards:
                run_shard(tenant_id=tenant_id, shard_id=shard)
            run_fail(tenant_id=tenant_id, run_id=run.pk, reason="only its memory was asked for")
    print(json.dumps({"peak": _peak(), "base": base, "seconds": time.perf_counter() - started}))


if __name__ == "__main__":
    main(sys.argv[1:])
