"""Row `open_space`: the grid of an account of 200 segments by 60 product lines, read and written (K6).

An eighth of the cells has an entry, half of those also sales, as wide grids are filled; another account's
whole grid is full, and told beside it without a bar: nobody types 12,000 potentials, but an import may.

The PATCH that has the bar is the one that the page sends when a person saves: it asks for the cells that it wrote
(`Prefer: return=minimal`). The one that is answered with the whole grid, as programs get it, is told beside it.
"""

import json
import statistics
import time
import uuid
from typing import Any

import numpy as np
from django.db import connections
from django.test import RequestFactory
from django.urls import reverse

from kam.tenancy.context import tenant_context
from kam.tenancy.models import Membership, Tenant, TenantSettings
from kam.tenancy.services import member_add, tenant_create
from tests.bench.data import REFERENCE, _copy, _ids
from tests.bench.database import clone_tenant, settle
from tests.bench.measure import Report, say
from tests.bench.pages import EMPTY, _application, _connection_to, browser, interleaved, made_anew, program

ROWS, COLUMNS, UNITS, PATCHED = 200, 60, 6, 200
ROUNDS = 21
MINIMAL = {"HTTP_PREFER": "return=minimal"}
SPARSE, FULL = "an eighth of its cells filled", "every cell filled"


class Grid:
    """A tenant with two accounts of that size: one filled in an eighth of its cells, one everywhere."""

    tenant: Tenant
    member: Membership
    accounts: dict[str, str]
    segments: dict[str, list[str]]
    lines: list[str]

    def __init__(self, slug: str) -> None:
        rng = np.random.default_rng(11)
        self.tenant = tenant_create(name="Grid", slug=slug, base_currency="USD")
        self.member = member_add(tenant=self.tenant, email=f"a@{slug}.example", role="admin", name="Ada")
        with tenant_context(self.tenant.id, via="command"):
            TenantSettings.objects.filter(tenant_id=self.tenant.id).update(pinned_reference_date=REFERENCE)
        key = str(self.tenant.id)
        sparse, full, *others = _ids(rng, 2 + UNITS + 2 * COLUMNS + 2 * ROWS)
        units, others = others[:UNITS], others[UNITS:]
        self.lines, products, others = others[:COLUMNS], others[COLUMNS : 2 * COLUMNS], others[2 * COLUMNS :]
        self.accounts = {SPARSE: sparse, FULL: full}
        self.segments = {SPARSE: others[:ROWS], FULL: others[ROWS:]}
        many = {"tenant_id": [key] * COLUMNS, "name": [f"Line {n}" for n in range(COLUMNS)]}
        _copy(
            "accounts_businessunit",
            {"id": units, "tenant_id": [key] * UNITS, "name": [f"Unit {n}" for n in range(UNITS)]},
        )
        _copy(
            "accounts_productline",
            {**many, "id": self.lines, "business_unit_id": [units[n % UNITS] for n in range(COLUMNS)]},
        )
        _copy("accounts_product", {**many, "id": products, "product_line_id": self.lines})
        texts = ("tier", "managed_as", "managed_as_evidence", "ladder_ours", "ladder_customer", "volume_unit")
        _copy(
            "accounts_account",
            {
                "id": [sparse, full],
                "tenant_id": [key] * 2,
                "name": ["Sparse", "Full"],
                **{name: [""] * 2 for name in (*texts, "industry", "country", "region", "currency")},
            },
        )
        for kind, step in ((SPARSE, 8), (FULL, 1)):
            self._fill(kind, step, products)

    def _fill(self, kind: str, step: int, products: list[str]) -> None:
        key, account, segments = str(self.tenant.id), self.accounts[kind], self.segments[kind]
        _copy(
            "accounts_segment",
            {
                "id": segments,
                "tenant_id": [key] * ROWS,
                "account_id": [account] * ROWS,
                "name": [f"Segment {n}" for n in range(ROWS)],
                "parent_id": [None if n % 10 == 0 else segments[n - n % 10] for n in range(ROWS)],
            },
        )
        filled = [(n // COLUMNS, n * 7 % COLUMNS) for n in range(0, ROWS * COLUMNS, step)]
        count = len(filled)
        _copy(
            "planning_openspacecell",
            {
                "tenant_id": [key] * count,
                "account_id": [account] * count,
                "segment_id": [segments[row] for row, _ in filled],
                "product_line_id": [self.lines[column] for _, column in filled],
                "potential": [1000 + 13 * n for n in range(count)],
                "probability": [None if n % 2 else 0.25 for n in range(count)],
                "competitor": ["Acme" if n % 5 == 0 else "" for n in range(count)],
                "position": [("ours", "contested", "competitor", "unknown")[n % 4] for n in range(count)],
                "growth_type_override": [""] * count,
                "note": ["Ask again in spring" if n % 10 == 0 else "" for n in range(count)],
                "changed_by_id": [str(self.member.id)] * count,
            },
        )
        sold = [cell for n, cell in enumerate(filled) if n % 2 == 0 for _ in range(12)]
        months = [str(month) for month in np.arange("2025-07", "2026-07", dtype="datetime64[M]")]
        _copy(
            "accounts_cellmonth",
            {
                "id": [str(uuid.uuid4()) for _ in sold],
                "tenant_id": [key] * len(sold),
                "account_id": [account] * len(sold),
                "segment_id": [segments[row] for row, _ in sold],
                "product_id": [products[column] for _, column in sold],
                "month": [f"{months[n % 12]}-01" for n in range(len(sold))],
                "net_sales": [50 + n % 17 for n in range(len(sold))],
                "lines": [1] * len(sold),
                **{
                    name: [0] * len(sold)
                    for name in ("cogs", "cogs_estimated", "unknown_sales", "unknown_lines")
                },
            },
        )

    def url(self, kind: str) -> str:
        return reverse("api:open-space", args=[self.accounts[kind]])


def measure(report: Report, databases: Any, *, times: int = 10) -> None:
    """GET and a PATCH of 200 cells against an empty view, alone and among `times` tenants."""
    alone = databases.make("grid")
    grid = Grid("grid")
    settle()
    say(f"Open Space of {ROWS} × {COLUMNS}")
    # A write of a session needs its form's token as well, so programs write here.
    visitor, headers = browser(grid), program(grid).headers
    paths = {kind: grid.url(kind) for kind in (SPARSE, FULL)}
    found = interleaved(visitor, [EMPTY, *paths.values()], rounds=ROUNDS)
    with made_anew():
        anew = interleaved(visitor, [EMPTY, *paths.values()], rounds=ROUNDS)
    saving = {kind: statistics.median(_patches(headers | MINIMAL, grid, kind, ROUNDS)) for kind in paths}
    writing = {kind: statistics.median(_patches(headers, grid, kind, ROUNDS)) for kind in paths}
    for kind, path in paths.items():
        for what, seconds, judged in (
            ("GET", found[path], True),
            ("GET made anew", anew[path] / anew[EMPTY] * found[EMPTY], False),
            (f"PATCH of {PATCHED} cells as the page saves", saving[kind], True),
            (f"PATCH of {PATCHED} cells answered with the whole grid", writing[kind], False),
        ):
            report.add(
                "open_space",
                f"Open Space {what}, {ROWS} × {COLUMNS}, {kind}, against an empty view",
                seconds / found[EMPTY],
                bar=6 if kind == SPARSE and judged else None,
                detail=f"{1000 * seconds:.1f} ms / {1000 * found[EMPTY]:.1f} ms",
            )
    shared = databases.make("grids", like=alone)
    clone_tenant(grid.tenant.id, times=times - 1)
    settle()
    _neighbours(report, grid, alone, shared, times)
    databases.drop(shared)
    databases.drop(alone)


def _patches(headers: dict[str, str], grid: Grid, kind: str, rounds: int) -> list[float]:
    """Seconds of PATCHes that change 200 cells each, as a paste does; every one with the latest ETag."""
    segments, tag, found = grid.segments[kind], "*", []
    for number in range(rounds + 2):
        cells = [
            {
                "segment": segments[n // 20],
                "product_line": grid.lines[n % 20],
                "potential": str(2000 + number + n),
            }
            for n in range(PATCHED)
        ]
        request = RequestFactory().patch(
            grid.url(kind),
            json.dumps({"cells": cells}),
            content_type="application/json",
            HTTP_IF_MATCH=tag,
            **headers,
        )
        status: list[Any] = []
        started = time.perf_counter()
        response = _application()(
            request.environ, lambda line, headers, _=None, kept=status: kept.extend((line, dict(headers)))
        )
        b"".join(response)
        response.close()
        if number >= 2:
            found.append(time.perf_counter() - started)
        if not status[0].startswith("200"):
            raise RuntimeError(f"PATCH answered {status[0]}")
        tag = status[1]["ETag"]
    return found


def _neighbours(report: Report, grid: Grid, alone: str, shared: str, times: int) -> None:
    """The same requests in a database of the tenant's own and among others, in turns."""
    before, homes = connections["default"], {name: _connection_to(name) for name in (alone, shared)}
    headers: dict[str, dict[str, str]] = {}
    reading: dict[str, list[float]] = {name: [] for name in homes}
    writing: dict[str, list[float]] = {name: [] for name in homes}
    path = grid.url(SPARSE)
    try:
        for _ in range(ROUNDS):
            for name, connection in homes.items():
                connections["default"] = connection
                headers.setdefault(name, program(grid).headers)
                visitor = browser(grid)
                visitor.get(path)
                reading[name].append(visitor.get(path))
                writing[name] += _patches(headers[name] | MINIMAL, grid, SPARSE, 1)
    finally:
        connections["default"] = before
        for connection in homes.values():
            connection.close()
    for what, seconds in (("GET", reading), (f"PATCH of {PATCHED} cells as the page saves", writing)):
        first, second = (1000 * statistics.median(seconds[name]) for name in (alone, shared))
        report.add(
            "open_space",
            f"Open Space {what}, 1 → {times} tenants in the tables",
            second / first,
            bar=1.2,
            aim=1.0,
            detail=f"{second:.1f} ms / {first:.1f} ms",
        )
