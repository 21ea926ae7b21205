"""What this app tells the ones above it. Receivers connect in their AppConfig; arguments are ids only."""

from django.dispatch import Signal

# Sent inside the transaction that changed the ledger: tenant_id, account_ids (None = every account).
ledger_changed = Signal()

# Sent inside the transaction that changed an input of the metrics on the account itself (owner is none):
# tenant_id, account_ids.
account_inputs_changed = Signal()

# Sent inside the transaction that deleted accounts: tenant_id, account_ids.
account_deleted = Signal()
