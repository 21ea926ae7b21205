"""What lower apps tell: an account whose ledger or inputs changed waits for new figures."""

import uuid
from collections.abc import Iterable
from typing import Any

from accounts.places import AccountTab, register_account_tab
from kam.tenancy.context import current_tenant_id
from kam.tenancy.reference import reference_date
from kam.tenancy.welcome import register_count
from metrics.models import AccountMetrics
from metrics.selectors.kept_figures import kept_figures
from metrics.services.marks import forget_accounts, mark_stale
from metrics.services.parameters import ENGINE_SETTINGS
from metrics.services.storing import metrics_rows_ensure
from metrics.tasks import recompute_stale_soon
from planning.figures import register_figures

FIGURE_SETTINGS = ENGINE_SETTINGS | {"pinned_reference_date"}

TABS = (
    AccountTab("overview", "Overview", "metrics:account_detail", 10),
    AccountTab("economics", "Economics", "metrics:account_economics", 80),
    AccountTab("history", "History", "metrics:account_history", 95),
)


def figures_outdated(
    sender: Any, tenant_id: uuid.UUID, account_ids: Iterable[uuid.UUID] | None, **kwargs: Any
) -> None:
    """The ledger, the Open Space or an input of accounts changed (None = all of them)."""
    ids = None if account_ids is None else list(account_ids)
    mark_stale(ids)
    recompute_stale_soon(tenant_id=tenant_id)


def account_changed(
    sender: Any, tenant_id: uuid.UUID, account_ids: Iterable[uuid.UUID], **kwargs: Any
) -> None:
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


def settings_outdate(sender: Any, tenant_id: uuid.UUID, fields: Iterable[str], **kwargs: Any) -> None:
    """A threshold, default or pinned date that figures stand on changed: every account is outdated."""
    if FIGURE_SETTINGS.intersection(fields):
        figures_outdated(sender, tenant_id, None)


def accounts_computed() -> int:
    """How many of the current tenant's accounts have figures of real sales (the last of the first steps)."""
    return AccountMetrics.objects.filter(tenant_id=current_tenant_id(), months_of_sales__gt=0).count()


def connect() -> None:
    """Connect everything; called once when the app is ready."""
    from accounts import signals as accounts
    from kam.tenancy.signals import settings_changed
    from planning.signals import open_space_changed

    for signal, receiver, name in (
        (accounts.ledger_changed, figures_outdated, "metrics.ledger"),
        (accounts.account_inputs_changed, account_changed, "metrics.inputs"),
        (accounts.account_deleted, account_gone, "metrics.gone"),
    ):
        signal.connect(receiver, dispatch_uid=name)
    open_space_changed.connect(figures_outdated, dispatch_uid="metrics.open_space")
    settings_changed.connect(settings_outdate, dispatch_uid="metrics.settings")
    register_count("computed", accounts_computed)
    register_figures(kept_figures)
    for tab in TABS:
        register_account_tab(tab)
