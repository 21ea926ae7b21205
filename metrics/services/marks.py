"""Marks on accounts whose figures are older than their ledger or inputs; a run claims what it sees."""

import datetime
import uuid
from collections.abc import Iterable

from django.db import connection

from kam.tenancy.context import current_tenant_id
from metrics.models import StaleAccount


def mark_stale(account_ids: Iterable[uuid.UUID] | None) -> None:
    """Mark accounts (None = every account) inside the transaction that changed them.

    A mark that a run has claimed is un-claimed: that run may have read before this change. Rows are taken in
    the order of their ids, so that two writers cannot wait for each other in a circle.
    """
    tenant = str(current_tenant_id())
    with connection.cursor() as cursor:
        if account_ids is None:
            cursor.execute(
                "INSERT INTO metrics_staleaccount (tenant_id, account_id, since) VALUES (%s, NULL, clock_timestamp()) "
                "ON CONFLICT (tenant_id, account_id) DO UPDATE SET claimed_by = NULL",
                [tenant],
            )
            return
        ids = sorted({str(account_id) for account_id in account_ids})
        if ids:
            cursor.execute(
                "INSERT INTO metrics_staleaccount (tenant_id, account_id, since) "
                "SELECT %s, id, clock_timestamp() FROM unnest(%s::uuid[]) AS given(id) ORDER BY id "
                "ON CONFLICT (tenant_id, account_id) DO UPDATE SET claimed_by = NULL",
                [tenant, ids],
            )


def claim_marks(run_id: uuid.UUID, account_ids: Iterable[uuid.UUID] | None = None) -> list[uuid.UUID | None]:
    """Claim the marks that are visible now (of these accounts) for a run, and return their accounts.

    The claim must be committed before the run reads: whatever is marked afterwards stays marked.
    """
    chosen = None if account_ids is None else [str(account_id) for account_id in account_ids]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE metrics_staleaccount SET claimed_by = %s "
            "WHERE tenant_id = %s AND (%s OR account_id = ANY(%s::uuid[])) RETURNING account_id",
            [run_id, current_tenant_id(), chosen is None, chosen],
        )
        return [row[0] for row in cursor.fetchall()]


def release_marks(run_id: uuid.UUID) -> None:
    """Give a failed run's marks back."""
    StaleAccount.objects.filter(tenant_id=current_tenant_id(), claimed_by=run_id).update(claimed_by=None)


def forget_marks(run_id: uuid.UUID) -> None:
    """Delete what a published run had claimed and nobody has changed since."""
    StaleAccount.objects.filter(tenant_id=current_tenant_id(), claimed_by=run_id).delete()


def forget_accounts(account_ids: Iterable[uuid.UUID]) -> None:
    """Deleted accounts need no figures."""
    StaleAccount.objects.filter(tenant_id=current_tenant_id(), account_id__in=list(account_ids)).delete()


def oldest_unclaimed() -> datetime.datetime | None:
    """Since when an account waits without a run; None when none does."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(since) FROM metrics_staleaccount WHERE tenant_id = %s AND claimed_by IS NULL",
            [current_tenant_id()],
        )
        since: datetime.datetime | None = cursor.fetchone()[0]
    return since
