"""What lower apps tell: an account whose ledger or inputs changed waits for new figures."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.db.models.signals import post_save, pre_save

from kam.tenancy.models import TenantSettings
from kam.tenancy.reference import reference_date
from metrics.models import AccountMetrics
from metrics.services.marks import forget_accounts, mark_stale
from metrics.services.parameters import settings_differ
from metrics.services.storing import metrics_rows_ensure
from metrics.tasks import recompute_stale_soon


def figures_outdated(
    sender: Any, tenant_id: uuid.UUID, account_ids: Iterable[uuid.UUID] | None, **kwargs: Any
) -> None:
    """The ledger, the Open Space or an input of accounts changed (None = all of them)."""
    ids = None if account_ids is None else list(account_ids)
    mark_stale(ids)
    recompute_stale_soon(tenant_id=tenant_id)


def account_changed(sender: Any, tenant_id: uuid.UUID, account_ids: Iterable[uuid.UUID], **kwargs: Any) -> None:
    """An account was created or an input on it changed: new ones get their row at once."""
    ids = list(account_ids)
    metrics_rows_ensure(ids, reference_date())
    figures_outdated(sender, tenant_id, ids)


def account_gone(sender: Any, tenant_id: uuid.UUID, account_ids: Iterable[uuid.UUID], **kwargs: Any) -> None:
    """Deleted accounts leave the portfolio; their history stays."""
    ids = list(account_ids)
    AccountMetrics.objects.filter(tenant_id=tenant_id, account_id__in=ids).delete()
    forget_accounts(ids)
    # Ranks, medians and totals were made with them.
    mark_stale(None)
    recompute_stale_soon(tenant_id=tenant_id)


def settings_before(sender: Any, instance: TenantSettings, raw: bool = False, **kwargs: Any) -> None:
    """Remember what the settings were, to see whether a change touches any figure."""
    instance._figures_before = None  # type: ignore[attr-defined]
    if not instance._state.adding and not raw:
        stored = TenantSettings.objects.filter(tenant_id=instance.tenant_id).first()
        instance._figures_before = stored  # type: ignore[attr-defined]


def settings_changed(sender: Any, instance: TenantSettings, created: bool, **kwargs: Any) -> None:
    """A threshold, default or pinned date that figures stand on changed: every account is outdated."""
    before = getattr(instance, "_figures_before", None)
    if before is None:
        return
    pinned = before.pinned_reference_date != instance.pinned_reference_date
    if pinned or settings_differ(before, instance):
        mark_stale(None)
        recompute_stale_soon(tenant_id=instance.tenant_id)


def connect() -> None:
    """Connect everything; called once when the app is ready."""
    from accounts import signals as accounts
    from planning.signals import open_space_changed

    for signal, receiver, name in (
        (accounts.ledger_changed, figures_outdated, "metrics.ledger"),
        (accounts.account_inputs_changed, account_changed, "metrics.inputs"),
        (accounts.account_deleted, account_gone, "metrics.gone"),
    ):
        signal.connect(receiver, dispatch_uid=name)
    open_space_changed.connect(figures_outdated, dispatch_uid="metrics.open_space")
    pre_save.connect(settings_before, sender=TenantSettings, dispatch_uid="metrics.settings_before")
    post_save.connect(settings_changed, sender=TenantSettings, dispatch_uid="metrics.settings_changed")
