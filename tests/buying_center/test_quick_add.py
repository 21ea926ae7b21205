"""The phone's +: what one may write down, and of which account (LOOK §11, K11)."""

import pytest

from accounts.models import Account
from accounts.selectors.accounts import account_changeable
from kam.tenancy.access import Principal
from kam.tenancy.context import tenant_context
from tests.factories import AccountFactory, SellingCenterMemberFactory


@pytest.fixture
def accounts(tenant, members):
    """Owned by the KAM; led by the KAM; with the KAM and the contributor in its team; nobody's."""
    with tenant_context(tenant.id):
        found = {name: AccountFactory(name=name) for name in ("Owned", "Led", "Helped", "Nobodys")}
        found["Owned"].owner = members["kam"]
        found["Owned"].save()
        SellingCenterMemberFactory(account=found["Led"], member=members["kam"], role="kam", is_lead=True)
        SellingCenterMemberFactory(account=found["Helped"], member=members["kam"], role="contributor")
        SellingCenterMemberFactory(account=found["Helped"], member=members["contributor"], role="contributor")
        return found


@pytest.mark.parametrize("role", ["admin", "executive", "kam", "contributor"])
def test_the_query_of_accounts_one_may_write_is_the_rule(accounts, tenant, members, role):
    with tenant_context(tenant.id):
        principal = Principal(member=members[role])
        wanted = {row.name for row in Account.objects.all() if principal.can("accounts.change", row)}
        assert {row.name for row in account_changeable(principal)} == wanted
    assert (
        wanted
        == {
            "admin": set(accounts),
            "executive": set(),
            "kam": {"Owned", "Led"},
            "contributor": {"Helped"},
        }[role]
    )


def test_every_page_offers_a_note_a_call_and_a_meeting_to_who_writes(accounts, browser_client):
    page = browser_client("kam").get("/").content.decode()
    for kind in ("note", "call", "meeting"):
        assert f"/activities/add/?kind={kind}" in page
    assert "/activities/add/" not in browser_client("executive").get("/").content.decode()


def test_on_the_page_of_ones_own_account_no_account_is_asked_for(accounts, browser_client):
    client = browser_client("kam")
    own = client.get(f"/accounts/{accounts['Owned'].pk}/people/").content.decode()
    assert f"/accounts/{accounts['Owned'].pk}/activities/?add=true&amp;kind=call" in own
    others = client.get(f"/accounts/{accounts['Nobodys'].pk}/people/").content.decode()
    assert "/activities/add/?kind=call" in others


def test_one_chooses_among_the_accounts_one_may_write(accounts, browser_client):
    client = browser_client("kam")
    page = client.get("/activities/add/", {"kind": "call"}).content.decode()
    assert f"/accounts/{accounts['Led'].pk}/activities/?add=true&amp;kind=call" in page
    assert str(accounts["Nobodys"].pk) not in page and str(accounts["Helped"].pk) not in page
    found = client.get("/activities/add/", {"kind": "call", "q": "own"}).content.decode()
    assert str(accounts["Owned"].pk) in found and str(accounts["Led"].pk) not in found
    assert "No account matches" in client.get("/activities/add/", {"q": "nowhere"}).content.decode()
    # An unknown kind is a note.
    assert "A note: with which account?" in client.get("/activities/add/?kind=%00spell").content.decode()


def test_who_has_one_account_writes_at_once_with_the_kind_chosen(accounts, browser_client):
    client = browser_client("contributor")
    answer = client.get("/activities/add/", {"kind": "meeting"})
    assert answer.status_code == 302
    page = client.get(answer["Location"]).content.decode()
    assert '<option value="meeting" selected' in page
    assert "<details" in page and ' open id="add"' in page


def test_who_has_no_account_is_told_why(tenant, members, browser_client):
    page = browser_client("kam").get("/activities/add/").content.decode()
    assert "No account is yours to write yet" in page


def test_readers_may_not(accounts, browser_client):
    assert browser_client("executive").get("/activities/add/").status_code == 403
