"""Row `exports`: a full plan of an account with a wide grid as PowerPoint, PDF and Excel (K32)."""

from types import SimpleNamespace
from typing import Any, cast

from accounts.models import Account
from kam.tenancy.access import Principal
from kam.tenancy.context import tenant_context
from planning.models import Plan
from planning.services.plan_export import plan_export
from planning.services.plan_exports import FORMATS
from planning.services.plan_sections import row_add, section_save
from tests.bench.database import settle
from tests.bench.measure import Report, median_of, say
from tests.bench.open_space import COLUMNS, ROWS, SPARSE, Grid
from tests.planning.grid import World
from tests.planning.plans import ROWS as PLAN_ROWS
from tests.planning.plans import TEXTS, filled_plan

EACH = 20
"""Rows of each kind, many more than a plan that people read has."""
PARAGRAPHS = 5
BAR = 10.0


def measure(report: Report, databases: Any) -> None:
    """Seconds of each export, from the plan in the database to the file in memory."""
    name = databases.make("exports")
    grid = Grid("exports")
    principal = Principal(member=grid.member)
    with tenant_context(grid.tenant.id, member_id=grid.member.id):
        plan = _plan(grid, principal)
    settle()
    with tenant_context(grid.tenant.id, member_id=grid.member.id):
        say(f"a plan of twenty sections, {EACH} rows each, over a grid of {ROWS} × {COLUMNS}")
        for file_type in FORMATS:
            sizes: list[int] = []

            def export(kind: str = file_type, sizes: list[int] = sizes) -> None:
                sizes.append(len(plan_export(principal=principal, plan=plan, file_type=kind).content))

            report.add(
                "exports",
                f"a full plan as {file_type}",
                median_of(3, export),
                unit="s",
                bar=BAR,
                detail=f"{sizes[-1] / 1024:,.0f} kB",
            )
    databases.drop(name)


def _plan(grid: Grid, principal: Principal) -> Plan:
    account = Account.objects.get(tenant_id=grid.tenant.id, pk=grid.accounts[SPARSE])
    world = cast(World, SimpleNamespace(account=account))
    plan = filled_plan(world, principal, owner=principal.member.user_id)
    for key, text in TEXTS.items():
        section_save(principal=principal, plan=plan, key=key, text="\n\n".join([text] * PARAGRAPHS))
    for key, rows in PLAN_ROWS.items():
        if key == "targets":  # one for each year and measure
            continue
        for number in range(EACH):
            row_add(principal=principal, plan=plan, key=key, values=rows[number % len(rows)])
    return plan
