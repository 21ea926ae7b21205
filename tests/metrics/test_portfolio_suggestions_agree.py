"""The portfolio's list and an account's own page never suggest different acts for the same account."""

from typing import Any

import pytest

from kam.tenancy.models import Tenant
from metrics.models import AccountMetrics, PortfolioSnapshot
from metrics.suggestions import suggestion_for
from tests.metrics.ledgers import compute, pin
from tests.metrics.portfolio import bikes, seeded

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("seed", [0, 1, 2, 3, 4])
def test_both_pages_suggest_the_same(tenant: Tenant, in_tenant: Any, seed: int) -> None:
    pin()
    if seed:
        seeded(40, seed)
    else:
        bikes()
    compute()
    rows = {str(row.account_id): row for row in AccountMetrics.objects.select_related("account")}
    listed = PortfolioSnapshot.objects.get(current=True).page["suggestions"]
    assert listed
    for entry in listed:
        row = rows[entry["account"]]
        due = suggestion_for(row, is_key=row.account.is_key_account, currency="USD")
        assert due is not None
        assert due.verdict == entry["kind"], (entry["name"], entry["loyalty_class"])
