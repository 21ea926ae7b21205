"""A plan, or a kept version of it, as a file to hand on (K32)."""

from kam.tenancy.access import Principal
from kam.tenancy.permissions import authorise
from planning.models import Plan, PlanVersion
from planning.selectors.deck_templates import deck_template_content
from planning.selectors.plan_document import plan_document
from planning.services.plan_exports import PlanFile, plan_file


def plan_export(
    *, principal: Principal, plan: Plan, file_type: str, version: PlanVersion | None = None
) -> PlanFile:
    """The plan as it stands (or as `version` kept it) as `pptx`, `pdf` or `xlsx`.

    Slides are in the tenant's own template where it has one. Reads only what this member may see.
    """
    authorise(principal, "accounts.view", plan)
    document = plan_document(principal=principal, plan=plan, version=version)
    template = deck_template_content() if file_type == "pptx" else None
    return plan_file(document, file_type=file_type, template=template)
