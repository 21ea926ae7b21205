"""Supplier positioning across accounts: the matrix over REST and as a page (K9)."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from buying_center.models import SupplierPositioning
from kam.tenancy.context import tenant_context
from metrics.findings.positioning import positioning_finding
from tests.factories import AccountFactory
from tests.metrics.account_rows import computed

FACTORS = ("technology", "brands", "savings", "few_competitors", "switching_time", "our_investment")


def place(name, scores, *, share=None, judged=None, sales=1000, **account):
    """An account with its published figures and, where `scores` is given, its judged factors."""
    made = AccountFactory(name=name, **account)
    computed(made, net_sales_12m=Decimal(sales), share_of_wallet=share)
    if scores is not None:
        SupplierPositioning.objects.create(
            tenant_id=made.tenant_id,
            account=made,
            relative_spend=judged,
            **dict(zip(FACTORS, scores, strict=False)),
        )
    return made


@pytest.fixture
def world(tenant, members):
    with tenant_context(tenant.id):
        return {
            # (8 + 6 + 7) / 3 = 7 of 10, 60 % of the category.
            "partner": place("Partner", (8, 6, 7), share=0.6, sales=900, owner=members["kam"]),
            "security": place("Security", (5, 5, 5), share=0.49, sales=800),
            # Judged: 7 tenths, because no category spend is known.
            "profit": place("Profit", (1, 2, 3), judged=7, sales=700),
            "easy": place("Easy", (1, 2, 3), share=0.1, judged=9, sales=600),
            "spendless": place("Spendless", (9, 9, 9), sales=500),
            "unjudged": place("Unjudged", (9, 9), share=0.9, sales=400, is_key_account=True),
            "nothing": place("Nothing", None, sales=300),
        }


def test_the_matrix_places_who_is_judged_and_counts_who_is_not(world, api):
    body = api("executive").get("/api/v1/portfolio/matrix/?kind=positioning").json()
    assert body["cuts"] == {"x": 0.5, "y": 5.0}
    assert {point["name"]: (point["class"], point["x"], point["y"], point["hollow"]) for point in body["points"]} == {
        "Partner": ("strategic_partner", 0.6, 7.0, False),
        "Security": ("strategic_security", 0.49, 5.0, False),
        "Profit": ("tactical_profit", 0.7, 2.0, True),
        "Easy": ("tactical_easy", 0.1, 2.0, False),
    }  # fmt: skip
    assert body["unplaced"] == {"not_judged": 2, "spend_unknown": 1}
    assert body["points"][0]["advice"].startswith("Spend time here")


def test_the_page_says_it_and_lists_each_field_and_the_unjudged(world, browser_client):
    page = browser_client("executive").get("/portfolio/positioning/").content.decode()
    assert "2 of 4\xa0placed accounts see us as strategic; 1 will bargain over price." in page
    for name in ("Strategic partner", "Strategic security", "Tactical, profit", "Tactical, easy"):
        assert name in page
    assert "3\xa0accounts have no place yet" in page
    # Key accounts first, whatever they sell.
    assert page.index(">Unjudged<") < page.index(">Spendless<") < page.index(">Nothing<")
    assert "2 of 6 factors judged" in page
    assert "Neither its category spend nor our share of it is known" in page


def test_the_picture_has_four_fields_even_where_nobody_stands(world, browser_client):
    body = browser_client("executive").get("/portfolio/positioning/data/?key=true").json()
    assert body["points"] == []
    assert [field["count"] for field in body["quadrants"]] == [0, 0, 0, 0]
    everybody = browser_client("executive").get("/portfolio/positioning/data/").json()
    assert [field["count"] for field in everybody["quadrants"]] == [1, 1, 1, 1]


def test_one_accounts_place_stands_on_its_alignment(world, browser_client):
    client = browser_client("kam")
    shown = client.get(f"/accounts/{world['partner'].pk}/positioning/").content.decode()
    for words in ("Strategic partner", "7.0", "60\xa0% of what they spend"):
        assert words in shown
    without = client.get(f"/accounts/{world['nothing'].pk}/positioning/").content.decode()
    assert "No place yet" in without


def test_it_takes_two_queries_whatever_the_size(world, tenant, browser_client):
    client = browser_client("executive")

    def cost():
        client.get("/portfolio/positioning/")
        with CaptureQueriesContext(connection) as asked:
            assert client.get("/portfolio/positioning/").status_code == 200
        return len(asked)

    few = cost()
    with tenant_context(tenant.id):
        for number in range(20):
            place(f"More {number}", (number % 10, 5, 5), share=number / 20)
    assert cost() == few


def test_who_may_see_it(world, browser_client, other_members):
    assert browser_client("contributor").get("/portfolio/positioning/").status_code == 403
    assert Client().get("/portfolio/positioning/").status_code == 302
    stranger = Client()
    stranger.force_login(other_members["executive"].user, backend="kam.tenancy.backends.MemberBackend")
    page = stranger.get("/portfolio/positioning/")
    assert "Partner" not in page.content.decode().replace("Strategic partner", "")
    assert stranger.get(f"/accounts/{world['partner'].pk}/positioning/").status_code == 404


@pytest.mark.parametrize(
    ("counts", "unplaced", "words"),
    [
        ((0, 0, 0, 0), 9, "No account is placed yet: nobody has judged how weighty we are to it"),
        ((1, 0, 1, 0), 3, "1 of 2\xa0placed accounts sees us as strategic; 3 are not placed"),
        ((0, 1, 0, 2), 3, "1 of 3\xa0placed accounts sees us as strategic; 2 will bargain over price"),
        ((1, 1, 0, 0), 0, "2 of 2\xa0placed accounts see us as strategic"),
    ],
)
def test_the_finding_is_true_of_any_picture(counts, unplaced, words):
    names = ("strategic_security", "strategic_partner", "tactical_easy", "tactical_profit")
    assert positioning_finding(dict(zip(names, counts, strict=True)), unplaced=unplaced) == words
