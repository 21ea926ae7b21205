"""Answers already given, so that a retry never does the work twice (RELIABILITY 5)."""

from django.db import models

from kam.tenancy.models.base import TenantModel


class IdempotencyRecord(TenantModel):
    """The first answer to an Idempotency-Key, kept 24 hours and repeated byte for byte."""

    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    content_type = models.CharField(max_length=100)
    headers = models.JSONField(default=dict)
    body = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "key"], name="idempotency_key_unique")]
        indexes = [models.Index(fields=["tenant", "created_at"], name="idempotency_age_idx")]
