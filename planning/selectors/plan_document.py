"""A plan as one document: what the screen shows, what a version keeps, what an export prints (K32)."""

import dataclasses
from collections.abc import Iterable
from datetime import date

from django.utils import timezone

from kam.tenancy.access import Principal
from kam.tenancy.models import TenantSettings
from kam.tenancy.reference import reference_date
from kam.tenancy.selectors import tenant_settings
from planning.models import Plan, PlanSection, PlanTarget, PlanVersion, SectionKey
from planning.selectors.plan_actuals import target_parts
from planning.selectors.plan_layout import BY_KEY, SECTIONS, SectionSpec
from planning.selectors.plan_live import LivePart, PlanContext, live_part
from planning.selectors.plan_parts import (
    Chart,
    Column,
    Figure,
    Line,
    PlanDocument,
    Row,
    Section,
    Table,
    day,
    document_from_json,
    key,
)
from planning.selectors.plan_rows import section_rows, section_tables

__all__ = [
    "Chart",
    "Column",
    "Figure",
    "Line",
    "PlanDocument",
    "Row",
    "Section",
    "Table",
    "plan_document",
]


def plan_document(
    *,
    principal: Principal,
    plan: Plan,
    version: PlanVersion | None = None,
    keys: Iterable[str] | None = None,
) -> PlanDocument:
    """The document of a plan as it stands now, or as `version` kept it.

    `keys`: only these sections (default: all 20). Text is Markdown; money is in the tenant's base currency, as
    decimal strings; figures of the ledger are as of `reference_date`. The plan carries its account.
    """
    if version is not None:
        kept = document_from_json(version.document)
        chosen = None if keys is None else set(keys)
        return dataclasses.replace(
            kept,
            version=version.number,
            version_reason=version.reason,
            sections=tuple(part for part in kept.sections if chosen is None or part.key in chosen),
        )
    settings = tenant_settings()
    reference = reference_date(settings)
    context = PlanContext(principal, plan, settings, reference)
    specs = [BY_KEY[name] for name in keys] if keys is not None else list(SECTIONS)
    texts = {
        section.key: section
        for section in PlanSection.objects.select_related("changed_by__user").filter(
            tenant_id=plan.tenant_id, plan_id=plan.pk, key__in=[spec.key.value for spec in specs]
        )
    }
    return PlanDocument(
        plan_id=key(plan.pk),
        account_id=key(plan.account_id),
        account=plan.account.name,
        tenant=principal.tenant.name,
        title=plan.title,
        state=plan.state,
        starts_on=plan.starts_on.isoformat(),
        ends_on=plan.ends_on.isoformat(),
        reference_date=reference.isoformat(),
        currency=settings.base_currency,
        made_at=timezone.now().isoformat(),
        owner=_name(plan.account.owner),
        submitted_by=_name(plan.submitted_by),
        approved_by=_name(plan.approved_by),
        approved_at=day(plan.approved_at.date()) if plan.approved_at else None,
        sections=tuple(_section(spec, texts.get(spec.key.value), context) for spec in specs),
    )


def _name(member: object | None) -> str | None:
    return None if member is None else str(member.user.display_name)  # type: ignore[attr-defined]


def _section(spec: SectionSpec, stored: PlanSection | None, context: PlanContext) -> Section:
    rows = list(section_rows(context.plan, spec.rows)) if spec.rows else []
    if spec.key == SectionKey.TARGETS:
        live = _targets(context.plan, rows, context.settings, context.reference)
    else:
        live = live_part(spec.key.value, context) if spec.live else LivePart()
    return Section(
        key=spec.key.value,
        title=spec.title,
        group=spec.group,
        finding=live.finding,
        text=stored.text if stored else "",
        figures=live.figures,
        tables=(*section_tables(spec, rows), *live.tables),
        charts=live.charts,
        layout="board" if spec.rows and spec.rows.quadrants else "flow",
        changed_at=stored.updated_at.isoformat() if stored and stored.version > 1 else None,
        changed_by=_name(stored.changed_by) if stored else None,
    )


def _targets(plan: Plan, rows: list[PlanTarget], settings: TenantSettings, reference: date) -> LivePart:
    finding, tables, charts = target_parts(plan, rows, settings, reference)
    return LivePart(finding=finding, tables=tables, charts=charts)
