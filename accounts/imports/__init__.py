"""The kinds of files this app reads. Higher apps register theirs in the same way."""

from accounts.imports import catalogue, customers, ledger

__all__ = ["catalogue", "customers", "ledger"]
