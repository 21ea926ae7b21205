"""What people say about a plan while it is written and reviewed (K32)."""

import uuid

from django.db import transaction
from django.utils import timezone

from kam.common.api.etag import IfMatch
from kam.common.errors import InvalidInputError
from kam.common.saving import lock_row
from kam.tenancy.access import Principal
from kam.tenancy.permissions import authorise
from planning.models import Plan, PlanComment
from planning.selectors.plan_layout import BY_KEY


@transaction.atomic
def comment_add(*, principal: Principal, plan: Plan, body: str, section: str = "") -> PlanComment:
    """Say something about a section (a key; "" = the whole plan). Everybody who sees the plan may.

    Raises InvalidInputError naming the field, PermissionDenied.
    """
    authorise(principal, "plans.comment")
    words = body.strip()
    if not words:
        raise InvalidInputError.of("body", "Say something.", "blank")
    if len(words) > 4000:
        raise InvalidInputError.of("body", "Expected at most 4,000 characters.", "max_length")
    if section and section not in BY_KEY:
        raise InvalidInputError.of("section", "There is no such section.", "unknown")
    return PlanComment.objects.create(
        tenant_id=plan.tenant_id, plan=plan, section=section, body=words, author=principal.member
    )


@transaction.atomic
def comment_resolve(
    *,
    principal: Principal,
    plan: Plan,
    comment_id: uuid.UUID,
    resolved: bool = True,
    if_match: IfMatch | None = None,
) -> PlanComment:
    """Settle a comment, or open it again. Raises NotFoundError, PermissionDenied, StaleWriteError."""
    authorise(principal, "plans.comment")
    row = lock_row(
        PlanComment.objects.filter(tenant_id=plan.tenant_id, plan_id=plan.pk), comment_id, if_match
    )
    if resolved != (row.resolved_at is not None):
        row.resolved_at = timezone.now() if resolved else None
        row.resolved_by = principal.member if resolved else None
        row.save(update_fields=["resolved_at", "resolved_by", "updated_at"])
    return row
