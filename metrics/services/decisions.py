"""Decisions about an account's class: a verdict with its reason, kept for ever (K34)."""

from django.core.exceptions import PermissionDenied
from django.db import transaction

from accounts.models import Account
from kam.common.errors import InvalidInputError
from kam.tenancy.access import Principal
from kam.tenancy.models import Role
from metrics.models import AccountDecision, MetricsRow


def may_decide(principal: Principal, account: Account) -> bool:
    """Administrators and executives decide about every account, a manager about those they own or lead."""
    if principal.can("portfolio.change"):
        return True
    return principal.role == Role.KAM and principal.can("accounts.change", account)


@transaction.atomic
def decision_record(
    *, principal: Principal, account: Account, row: MetricsRow, suggestion: str, verdict: str, reason: str
) -> AccountDecision:
    """Keep what a person decided, with the classes it was decided on.

    Raises PermissionDenied, and InvalidInputError without a reason or for an unknown verdict.
    """
    if not may_decide(principal, account):
        raise PermissionDenied("Your role does not allow this.")
    if verdict not in AccountDecision.Verdict.values:
        raise InvalidInputError.of("verdict", "Choose what you decide.")
    reason = reason.replace("\x00", "").strip()
    if not reason:
        raise InvalidInputError.of("reason", "Say why, so that others understand it later.")
    if len(reason) > 2000:
        raise InvalidInputError.of("reason", "A reason has at most 2,000 characters.")
    return AccountDecision.objects.create(
        tenant_id=principal.tenant.id,
        account=account,
        suggestion=suggestion if suggestion in AccountDecision.Verdict.values else verdict,
        verdict=verdict,
        reason=reason,
        reference_date=row.reference_date,
        loyalty_class=row.loyalty_class,
        dubinsky_ingram_class=row.dubinsky_ingram_class,
        decided_by=principal.member,
    )


def may_undo(principal: Principal, decision: AccountDecision) -> bool:
    """Who decided may take it back, and who may decide about every account."""
    return decision.decided_by_id == principal.member.pk or principal.can("portfolio.change")


@transaction.atomic
def decision_undo(*, principal: Principal, decision: AccountDecision) -> None:
    """Take a decision back; the audit trail keeps that it stood. Raises PermissionDenied."""
    if not may_undo(principal, decision):
        raise PermissionDenied("Who decided may take it back, or somebody who decides about every account.")
    decision.delete()
