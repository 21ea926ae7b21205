"""What is computed from the ledger and from what people entered, with all that explains it.

Money is in the tenant's base currency. A null is "not known", never 0.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.models import Account
from kam.tenancy.fields import TenantForeignKey, TenantReference
from kam.tenancy.models import TenantModel, VersionedModel, tenant_reference, tracked


def _money(**options: object) -> models.DecimalField:
    return models.DecimalField(max_digits=30, decimal_places=4, **options)  # type: ignore[arg-type]


class Recomputation(VersionedModel):
    """One run of the engine: all accounts, or some (`account_ids`). Its progress is what pages poll.

    Runs of a tenant happen one after another. `context` keeps what the first pass over all accounts found and
    every shard needs; `updated_at` is the heartbeat by which a dead worker is noticed.
    """

    class Kind(models.TextChoices):
        FULL = "full", "All accounts"
        ACCOUNTS = "accounts", "Chosen accounts"
        STALE = "stale", "Accounts that changed"

    class Status(models.TextChoices):
        QUEUED = "queued", "Waiting"
        RUNNING = "running", "Running"
        SUCCEEDED = "succeeded", "Done"
        FAILED = "failed", "Failed"

    kind = models.CharField(max_length=10, choices=Kind, default=Kind.FULL)
    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    reference_date = models.DateField()
    account_ids: ArrayField = ArrayField(models.UUIDField(), null=True)
    publish = models.BooleanField(default=True)
    accounts_total = models.PositiveIntegerField(default=0)
    accounts_done = models.PositiveIntegerField(default=0)
    seconds = models.FloatField(null=True)
    engine_version = models.CharField(max_length=20, blank=True)
    timing = models.JSONField(default=dict)
    context = models.JSONField(default=dict)
    failure = models.CharField(max_length=1000, blank=True)
    requested_by = TenantForeignKey(
        "tenancy.Membership", on_delete=models.SET_NULL, null=True, related_name="+"
    )
    nightly_day = models.DateField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "nightly_day"], name="recomputation_one_a_night")
        ]
        indexes = [
            models.Index(fields=["tenant", "created_at"], name="recomputation_created_idx"),
            models.Index(
                fields=["tenant", "status"],
                condition=models.Q(status__in=["queued", "running"]),
                name="recomputation_open_idx",
            ),
        ]

    @property
    def progress(self) -> float:
        """Share of the accounts done, 0 to 1; 1 only when the results are published."""
        if self.status == self.Status.SUCCEEDED:
            return 1.0
        return min(self.accounts_done / self.accounts_total, 0.99) if self.accounts_total else 0.0


class RecomputationShard(TenantModel):
    """A range of accounts of one run. A killed worker's shard runs again and gives the same figures.

    `result` holds them (arrays, packed) until the run is published: nobody reads half a run."""

    class Status(models.TextChoices):
        QUEUED = "queued", "Waiting"
        DONE = "done", "Done"

    recomputation = TenantForeignKey(Recomputation, on_delete=models.CASCADE, related_name="shards")
    number = models.PositiveIntegerField()
    first_account = models.UUIDField()
    last_account = models.UUIDField()
    accounts = models.PositiveIntegerField()
    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    attempts = models.PositiveIntegerField(default=0)
    seconds = models.FloatField(null=True)
    result = models.BinaryField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "recomputation", "number"], name="shard_number_unique")
        ]


class StaleAccount(TenantModel):
    """An account whose ledger or inputs are newer than its figures; account null = every account.

    A run claims the marks it sees before it reads; a later change un-claims its mark, so that publishing
    (which deletes what the run claimed) never forgets a change that the run did not see.
    """

    account = TenantReference(Account, null=True)
    since = models.DateTimeField(auto_now_add=True, db_default=models.functions.Now())
    claimed_by = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "account"], nulls_distinct=False, name="staleaccount_unique"
            )
        ]


class MetricsRow(TenantModel):
    """The computed record of one account at one reference date (K1–K9, K34), with its inputs."""

    tenant = tenant_reference()
    account = TenantReference(Account)
    reference_date = models.DateField()
    computed_at = models.DateTimeField()
    recomputation = models.UUIDField()
    engine_version = models.CharField(max_length=20)

    net_sales_12m = _money(default=0)
    net_sales_prior_12m = _money(default=0)
    net_sales_36m = _money(default=0)
    cogs_12m = _money(null=True)
    gross_margin_12m = _money(null=True)
    cost_to_serve_12m = _money(default=0)
    contribution_12m = _money(null=True)
    contribution_prior_12m = _money(null=True)
    contribution_36m = _money(null=True)
    gross_margin_36m = _money(null=True)
    contribution_ratio = models.FloatField(null=True)
    margin_known_part = _money(default=0)
    margin_known_share = models.FloatField(null=True)
    margin_estimated = models.BooleanField(default=False)
    first_sale = models.DateField(null=True)
    last_sale = models.DateField(null=True)
    months_of_sales = models.PositiveIntegerField(default=0)
    traded_36m = models.BooleanField(default=False)
    sold_12m = models.BooleanField(default=False)

    clv = _money(null=True)
    clv_method = models.CharField(max_length=20, blank=True)
    clv_multiplier = models.FloatField(null=True)
    clv_inputs = models.JSONField(default=dict)
    clv_yearly = models.JSONField(default=dict)

    upv_annual = _money(null=True)
    upv = _money(null=True)
    upv_expected_annual = _money(null=True)
    upv_up_sell = _money(null=True)
    upv_cross_sell = _money(null=True)
    upv_co_creation = _money(null=True)
    upv_entered = _money(null=True)
    upv_estimated = _money(null=True)
    upv_exceeds_clv = models.BooleanField(null=True)
    upv_detail = models.JSONField(default=dict)
    potential_gap = _money(null=True)
    potential_contribution = _money(null=True)
    potential_basis = models.CharField(max_length=12, blank=True)

    loyalty_class = models.CharField(max_length=12, blank=True)
    loyalty_reason = models.CharField(max_length=30, blank=True)
    loyalty_x = models.FloatField(null=True)
    tenure_months = models.IntegerField(null=True)
    active_share = models.FloatField(null=True)
    loyalty_evidence = models.JSONField(default=dict)
    dubinsky_ingram_class = models.CharField(max_length=12, blank=True)
    dubinsky_ingram_reason = models.CharField(max_length=30, blank=True)
    volume_class = models.CharField(max_length=1, blank=True)
    sales_rank = models.PositiveIntegerField(null=True)
    share_of_wallet = models.FloatField(null=True)
    growth_split = models.JSONField(default=dict)

    class Meta:
        abstract = True


def _descending(field: str, name: str) -> models.Index:
    """Serves a list that is ordered by `field`, largest first, "not known" last."""
    return models.Index(
        models.F("tenant"), models.F(field).desc(nulls_last=True), models.F("account"), name=name
    )


class AccountMetrics(MetricsRow):
    """The latest published record of each account: what lists, matrices and account pages read."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "account"], name="accountmetrics_unique")]
        indexes = [
            _descending("net_sales_12m", "accountmetrics_sales_idx"),
            _descending("contribution_12m", "accountmetrics_margin_idx"),
            _descending("clv", "accountmetrics_clv_idx"),
            _descending("upv", "accountmetrics_upv_idx"),
        ]


class AccountMetricsHistory(MetricsRow):
    """One record per account and reference date, kept for ever."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "account", "reference_date"], name="accountmetricshistory_unique"
            )
        ]
        indexes = [models.Index(fields=["tenant", "reference_date"], name="accountmetricshistory_date_idx")]


class PortfolioSnapshot(TenantModel):
    """The tenant's totals at one reference date: what a portfolio page needs without touching the accounts.

    `current` marks the published one. What the last pass over all accounts found (shapes:
    metrics/services/snapshot.py): `summary`, `pareto`, `whale`, `cuts`, `line_ratios`, `facets`, `trend`
    (rolling 12 months), `movers` (against the figures before), `page` (metrics/selectors/portfolio_page.py).
    `ranks_stale_since`: accounts were computed alone since then, so ranks, medians and totals wait for their
    own pass.
    """

    reference_date = models.DateField()
    computed_at = models.DateTimeField()
    recomputation = models.UUIDField()
    engine_version = models.CharField(max_length=20)
    current = models.BooleanField(default=False)
    summary = models.JSONField(default=dict)
    pareto = models.JSONField(default=dict)
    whale = models.JSONField(default=dict)
    cuts = models.JSONField(default=dict)
    line_ratios = models.JSONField(default=dict)
    facets = models.JSONField(default=dict)
    trend = models.JSONField(default=dict)
    movers = models.JSONField(default=dict)
    page = models.JSONField(default=dict)
    ranks_stale_since = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "reference_date"], name="portfoliosnapshot_unique"),
            models.UniqueConstraint(
                fields=["tenant"], condition=models.Q(current=True), name="portfoliosnapshot_one_current"
            ),
        ]


@tracked()
class AccountDecision(VersionedModel):
    """What a person decided about an account's class (K34: "A person decides; the class history is kept")."""

    class Verdict(models.TextChoices):
        REPRICE = "reprice", "Reprice"
        WIN_BACK = "win_back", "Win back"
        PROMOTE = "promote", "Promote"
        INVEST = "invest", "Invest"
        MAINTAIN = "maintain", "Maintain"
        REDUCE = "reduce", "Reduce"
        NOT_NOW = "not_now", "Not now"

    account = TenantForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    suggestion = models.CharField(max_length=20, choices=Verdict)
    verdict = models.CharField(max_length=20, choices=Verdict)
    reason = models.TextField(max_length=2000)
    reference_date = models.DateField()
    loyalty_class = models.CharField(max_length=12, blank=True)
    dubinsky_ingram_class = models.CharField(max_length=12, blank=True)
    decided_by = TenantForeignKey(
        "tenancy.Membership", on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        indexes = [models.Index(fields=["tenant", "account", "created_at"], name="accountdecision_idx")]


__all__ = [
    "AccountDecision",
    "AccountMetrics",
    "AccountMetricsHistory",
    "PortfolioSnapshot",
    "Recomputation",
    "RecomputationShard",
    "StaleAccount",
]
