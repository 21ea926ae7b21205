"""What several tests of the figures start from."""

from typing import Any

import pytest

from accounts.models import Account
from kam.tenancy.models import Tenant
from metrics.services import runs
from tests.metrics.ledgers import compute, pin
from tests.metrics.portfolio import bikes


@pytest.fixture
def ledger(tenant: Tenant, in_tenant: Any) -> dict[str, Account]:
    """The four accounts worked by hand, computed, without estimated potentials."""
    pin(potential_estimates_enabled=False)
    made = bikes()
    compute()
    return made


@pytest.fixture
def many_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every tenant counts as large: shards of three accounts, and runs over some accounts look at no others."""
    monkeypatch.setattr(runs, "INLINE_BELOW", 0)
    monkeypatch.setattr(runs, "SHARD_ACCOUNTS", 3)
