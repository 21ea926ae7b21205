"""What this app tells the ones above it. Receivers connect in their AppConfig; arguments are ids only."""

from django.dispatch import Signal

# Sent inside the transaction that changed who is in a buying centre, what we think of them, or the lines
# between them: tenant_id, account_ids.
buying_center_changed = Signal()
