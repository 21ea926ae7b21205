"""What this app tells those above it."""

from django.dispatch import Signal

# Sent inside the tenant's context and the transaction of the change, with `tenant_id: uuid.UUID` and
# `fields: list[str]`, the names of the TenantSettings that changed.
settings_changed = Signal()

# Sent inside the new tenant's context and the transaction that makes it, with `tenant_id: uuid.UUID`: what an
# app ships for every tenant is put there.
tenant_created = Signal()
