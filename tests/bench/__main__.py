"""`make bench`: every promise of docs/benchmarks.md measured in one run. Exit code 1 when a bar is missed."""

import argparse
import os
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path

RESULTS = Path(__file__).resolve().parent.parent.parent / ".bench" / "results.json"
ROWS = (
    "recompute",
    "stale",
    "growth",
    "pages",
    "queries",
    "api",
    "import",
    "again",
    "tenants",
    "memory",
    "open_space",
    "exports",
    "people",
)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", action="append", choices=ROWS, metavar="ROW", help=", ".join(ROWS))
    parser.add_argument("--quick", action="store_true", help="small data to try the benchmarks; never judged")
    parser.add_argument("--keep", action="store_true", help="leave the databases for a look at plans")
    return parser.parse_args()


def main() -> int:
    """Run the chosen rows; returns the exit code."""
    chosen = _arguments()
    # Ended from outside, it still drops its databases.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    from kam.embedded import export_environment

    export_environment()
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.bench.settings"
    os.environ.pop("KAM_BENCH_DATABASE", None)
    with tempfile.TemporaryDirectory(prefix="kam-bench-") as folder:
        os.environ["KAM_MEDIA_ROOT"] = str(Path(folder) / "media")
        import django

        django.setup()
        from tests.bench.database import Databases
        from tests.bench.measure import Report, machine, say

        report = Report(quick=chosen.quick)
        databases = Databases(keep=chosen.keep)
        say(f"{machine()}; migrating")
        try:
            databases.make_template()
            _Run(report, databases, Path(folder), set(chosen.only or ROWS), quick=chosen.quick).all()
        finally:
            databases.drop_all()
    report.write(RESULTS)
    print("\n" + report.table())
    for failure in report.failures:
        print(f"could not be measured: {failure}")
    print(f"\n{RESULTS}")
    return 1 if report.missed else 0


class _Run:
    def __init__(self, report, databases, folder: Path, rows: set[str], *, quick: bool) -> None:  # type: ignore[no-untyped-def]
        self.report, self.databases, self.folder, self.rows = report, databases, folder, rows
        # Accounts and lines of the large, the middle and the small supplier.
        self.large, self.middle, self.small = (
            ((2_500, 100_000), (250, 10_000), (50, 2_000))
            if quick
            else ((10_000, 5_000_000), (1_000, 500_000), (100, 20_000))
        )
        self.quick = quick

    def all(self) -> None:
        for rows, part in (
            ({"recompute", "stale", "growth", "pages", "queries", "api", "memory"}, self.one_large_ledger),
            ({"import", "again"}, self.imports),
            ({"memory"}, self.import_memory),
            ({"tenants"}, self.neighbours),
            ({"open_space"}, self.open_space),
            ({"exports"}, self.exports),
            ({"people"}, self.people),
        ):
            if rows & self.rows:
                self.attempt(" ".join(sorted(rows & self.rows)), part)

    def attempt(self, name: str, work: Callable[[], None]) -> None:
        """One part that fails does not take the others with it."""
        try:
            work()
        except Exception as error:
            traceback.print_exc()
            self.report.failed(name, error)

    def supplier(self, slug: str, size: tuple[int, int], *, seed: int):  # type: ignore[no-untyped-def]
        """A supplier with its ledger and rollups."""
        from accounts.services.rollups import rollups_rebuild
        from kam.tenancy.context import tenant_context
        from tests.bench.data import draw_lines, load_lines, make_supplier
        from tests.bench.database import settle
        from tests.bench.measure import say, timed

        accounts, count = size
        say(f"supplier of {accounts:,} accounts and {count:,} lines")
        supplier = make_supplier(slug, accounts=accounts, seed=seed)
        load_lines(supplier, draw_lines(supplier, count))

        def rebuild() -> None:
            with tenant_context(supplier.tenant.id):
                rollups_rebuild()

        say(f"  ledger loaded; rollups made in {timed(rebuild):.1f} s")
        settle()
        return supplier

    def one_large_ledger(self) -> None:
        from tests.bench import memory, pages, recompute

        name = self.databases.make("ledger")
        large = self.supplier("large", self.large, seed=1)
        if {"recompute"} & self.rows:
            full = recompute.full_against_bare(self.report, large, self.large[1])
        elif {"stale", "growth"} & self.rows:
            full = recompute.full_seconds(large)
        else:
            full = 0.0
            recompute.run_full(large)
        if "stale" in self.rows:
            self.attempt("stale", lambda: recompute.stale_against_full(self.report, large, full))
        if "memory" in self.rows:
            self.attempt("memory", lambda: memory.recompute_memory(self.report, large))
        if "growth" in self.rows:
            middle = self.supplier("middle", self.middle, seed=2)
            self.attempt("growth", lambda: recompute.growth(self.report, large, middle, full))
            self.attempt("growth", lambda: memory.shard_memory(self.report, large, middle))
        if "pages" in self.rows:
            self.attempt("pages", lambda: pages.pages_against_empty(self.report, large))
        if "api" in self.rows:
            self.attempt("api", lambda: pages.api_against_by_hand(self.report, large))
        if "queries" in self.rows:
            small = self.supplier("small", self.small, seed=3)
            recompute.run_full(small)
            self.attempt("queries", lambda: pages.page_queries(self.report, [small, large]))
        self.databases.drop(name)

    def imports(self) -> None:
        from tests.bench import imports

        name = self.databases.make("imports")
        imports.import_against_copy(
            self.report,
            self.folder,
            accounts=self.middle[0] * 2,
            count=self.middle[1],
            rounds=3,
            again="again" in self.rows,
        )
        self.databases.drop(name)

    def import_memory(self) -> None:
        from tests.bench import memory

        name = self.databases.make("memory")
        memory.import_memory(self.report, self.folder, accounts=self.large[0], count=self.large[1])
        self.databases.drop(name)

    def open_space(self) -> None:
        from tests.bench import open_space

        open_space.measure(self.report, self.databases)

    def exports(self) -> None:
        from tests.bench import exports

        exports.measure(self.report, self.databases)

    def people(self) -> None:
        from tests.bench import people

        people.measure(self.report, self.databases)

    def neighbours(self) -> None:
        from tests.bench import pages, recompute
        from tests.bench.database import clone_tenant, settle
        from tests.bench.measure import say

        tenants = 20 if self.quick else 200
        alone = self.databases.make("alone")
        supplier = self.supplier("one", (300, 9_000), seed=4)
        recompute.run_full(supplier)
        settle()
        shared = self.databases.make("shared", like=alone)
        say(f"{tenants - 1} tenants more")
        clone_tenant(supplier.tenant.id, times=tenants - 1)
        settle()
        pages.neighbours(self.report, supplier, alone, shared, tenants)
        self.databases.drop(shared)
        self.databases.drop(alone)


if __name__ == "__main__":
    sys.exit(main())
