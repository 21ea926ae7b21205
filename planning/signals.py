"""What this app tells the ones above it. Receivers connect in their AppConfig; arguments are ids only."""

from django.dispatch import Signal

# Sent inside the transaction that changed what people entered in Open Space: tenant_id, account_ids.
open_space_changed = Signal()
