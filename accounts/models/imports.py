"""Import jobs: one record per file, through whichever door it came."""

from django.db import models

from kam.tenancy.fields import TenantForeignKey
from kam.tenancy.models import TenantModel, VersionedModel


class ImportJob(VersionedModel):
    """A file on its way into the tenant, and what became of it.

    `mapping` is header → column as a person chose it ("" = leave out), `progress` a ratio 0–1, `report` what
    was made of the header (`columns`, `ignored`) and notes. The file itself stands below MEDIA_ROOT, under a
    name of our own, until the import has succeeded.
    """

    class Status(models.TextChoices):
        # Uploaded through the page; its columns are not confirmed yet. Never shown by the API.
        DRAFT = "draft", "Not started"
        QUEUED = "queued", "Waiting"
        RUNNING = "running", "Running"
        SUCCEEDED = "succeeded", "Done"
        FAILED = "failed", "Failed"

    class OnError(models.TextChoices):
        ABORT = "abort", "Store nothing when one row is wrong"
        SKIP = "skip", "Store the good rows"

    class Door(models.TextChoices):
        PAGE = "page", "Page"
        COMMAND = "command", "Command"
        API = "api", "API"

    kind = models.CharField(max_length=30)
    file_name = models.CharField(max_length=255)
    file_path = models.CharField(max_length=500, blank=True)
    file_size = models.BigIntegerField(default=0)
    file_sha256 = models.CharField(max_length=64, blank=True)
    mapping = models.JSONField(default=dict, blank=True)
    dry_run = models.BooleanField(default=False)
    on_error = models.CharField(max_length=5, choices=OnError, default=OnError.ABORT)
    door = models.CharField(max_length=10, choices=Door, default=Door.PAGE)
    member = TenantForeignKey("tenancy.Membership", on_delete=models.SET_NULL, null=True, related_name="+")
    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    phase = models.CharField(max_length=30, blank=True)
    progress = models.FloatField(default=0.0, db_default=0.0)
    report = models.JSONField(default=dict, blank=True)
    rows_total = models.BigIntegerField(null=True)
    rows_done = models.BigIntegerField(default=0)
    created = models.BigIntegerField(default=0)
    updated = models.BigIntegerField(default=0)
    unchanged = models.BigIntegerField(default=0)
    rejected = models.BigIntegerField(default=0)
    failure = models.CharField(max_length=1000, blank=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["tenant", "created_at"], name="importjob_created_idx")]


class ImportProblem(TenantModel):
    """One fault of one row: where, what was there, what was expected."""

    job = TenantForeignKey(ImportJob, on_delete=models.CASCADE, related_name="problems")
    row = models.BigIntegerField()
    field = models.CharField(max_length=100, blank=True)
    code = models.CharField(max_length=40)
    value = models.CharField(max_length=200, blank=True)
    message = models.CharField(max_length=500)

    class Meta:
        indexes = [models.Index(fields=["tenant", "job", "row"], name="importproblem_row_idx")]
