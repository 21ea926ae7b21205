"""What other systems know, as parts of a plan's sections: read live, kept in a version (K32).

Apps above register what they know (`register_plan_source`), so that the plan need not import them.
"""

import datetime
from collections.abc import Callable
from dataclasses import dataclass

from accounts.models import Account
from kam.tenancy.access import Principal
from kam.tenancy.models import TenantSettings
from planning.models import Plan
from planning.selectors.plan_parts import Chart, Figure, Table


@dataclass(frozen=True)
class LivePart:
    """What one source adds to a section. The first finding of a section is its sentence."""

    finding: str = ""
    figures: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = ()
    charts: tuple[Chart, ...] = ()


@dataclass(frozen=True)
class PlanContext:
    """For whom a plan is read, of which account, as of which date."""

    principal: Principal
    plan: Plan
    settings: TenantSettings
    reference: datetime.date

    @property
    def account(self) -> Account:
        return self.plan.account


Source = Callable[[PlanContext], LivePart | None]
_sources: dict[str, dict[str, tuple[int, Source]]] = {}


def register_plan_source(section: str, name: str, source: Source, *, position: int = 50) -> None:
    """Add to a section what `source(context)` answers (None = nothing); the same name again replaces it.

    Called from the owning app's `AppConfig.ready()`. A source reads set by set, never row by row.
    """
    _sources.setdefault(section, {})[name] = (position, source)


def live_part(section: str, context: PlanContext) -> LivePart:
    """All that is known about a section, in the order of its sources."""
    parts = [
        part
        for _, source in sorted(_sources.get(section, {}).values(), key=lambda found: found[0])
        if (part := source(context)) is not None
    ]
    return LivePart(
        finding=next((part.finding for part in parts if part.finding), ""),
        figures=tuple(figure for part in parts for figure in part.figures),
        tables=tuple(table for part in parts for table in part.tables),
        charts=tuple(chart for part in parts for chart in part.charts),
    )
