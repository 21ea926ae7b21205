"""What the data say of an account's economic place: how much it buys, and who brings the leads (K16)."""

import datetime

import pytest
from django.utils import timezone

from accounts.services.rollups import rollups_refresh
from buying_center.selectors.standing import economic_evidence
from kam.tenancy.context import tenant_context
from kam.tenancy.models import TenantSettings
from tests.factories import (
    AccountFactory,
    OpportunityFactory,
    ProductFactory,
    ProductLineFactory,
    SalesLineFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(tenant, members):
    with tenant_context(tenant.id):
        TenantSettings.objects.update(pinned_reference_date=datetime.date(2025, 6, 30))
        yield AccountFactory(owner=members["kam"])


def sell(account, product, month, amount):
    SalesLineFactory(account=account, product=product, date=month, net_sales=amount)
    rollups_refresh(account_months=[(account.pk, month)])


def said(account):
    return {
        evidence.about: evidence.words.replace("\N{NO-BREAK SPACE}", " ")
        for evidence in economic_evidence(account)
    }


def test_lines_bought_in_the_last_twelve_months_count(account):
    pumps, valves, care, _never = (ProductFactory(product_line=ProductLineFactory()) for _ in range(4))
    sell(account, pumps, datetime.date(2025, 6, 1), 100)
    sell(account, pumps, datetime.date(2025, 5, 1), 50)
    # Given back as much as was bought; a year too old; somebody else's.
    sell(account, valves, datetime.date(2025, 2, 1), 70)
    sell(account, valves, datetime.date(2025, 3, 1), -70)
    sell(account, care, datetime.date(2024, 6, 1), 900)
    sell(AccountFactory(), care, datetime.date(2025, 6, 1), 900)
    assert said(account) == {"Cross-sell scope": "Buys 1 of our 4 product lines, last 12 months."}


def test_leads_are_told_by_who_brought_them(account):
    today = timezone.localdate()
    for direction in ("push", "push", "pull"):
        OpportunityFactory(account=account, direction=direction)
    OpportunityFactory(account=account, direction="pull", outcome="won", closed_on=today)
    # Lost two years ago, and another account's.
    OpportunityFactory(
        account=account, direction="push", outcome="lost", closed_on=today - datetime.timedelta(days=730)
    )
    OpportunityFactory(direction="push")
    words = said(account)["Lead mix"]
    assert words == "Of 4 leads, open or of the last 12 months, 2 pushed by us, 2 pulled."


def test_nothing_is_said_where_nothing_is_known(account):
    assert said(account) == {}


def test_the_page_of_the_alignment_shows_it(account, browser_client):
    OpportunityFactory(account=account, direction="pull")
    page = browser_client("executive").get(f"/accounts/{account.pk}/alignment/").content.decode()
    assert "Lead mix:" in page
