"""Review dates in a calendar program: an address of one's own, without a login, that can be taken back."""

import datetime

import pytest
from django.core.cache import cache
from django.test import Client
from icalendar import Calendar

from kam.tenancy.context import tenant_context
from kam.tenancy.links import token_sign
from tests.factories import KeyAccountFactory


@pytest.fixture(autouse=True)
def fresh_rates():
    cache.clear()


@pytest.fixture
def path(tenant, members, browser_client):
    with tenant_context(tenant.id):
        KeyAccountFactory(name="Fjellvik, Cycles; Group", owner=members["kam"])
        KeyAccountFactory(name="SOMEBODYELSES")
    client = browser_client("kam")
    assert "See your reviews in your own calendar." in client.get("/reviews/calendar/").content.decode()
    address = client.post("/reviews/calendar/").context["address"]
    assert address not in client.get("/reviews/calendar/").content.decode()
    return "/" + address.split("/", 3)[3]


def test_a_calendar_program_reads_the_dates_of_ones_own_accounts(path):
    answer = Client().get(path)
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    events = Calendar.from_ical(answer.content).walk("VEVENT")
    assert {(str(event["summary"]), event.decoded("dtstart")) for event in events} == {
        ("Quarterly review: Fjellvik, Cycles; Group", datetime.date(2025, 4, 30)),
        ("Re-assessment of members: Fjellvik, Cycles; Group", datetime.date(2025, 7, 31)),
        ("Yearly selection: Fjellvik, Cycles; Group", datetime.date(2026, 1, 31)),
    }
    assert len({str(event["uid"]) for event in events}) == 3


def test_an_address_taken_back_replaced_or_forged_opens_nothing(
    path, tenant, other_tenant, members, browser_client
):
    token = path.split("/")[-1].removesuffix(".ics")
    key = token.split(".")[0][32:]
    for wrong in (
        token[:-2],
        token_sign(purpose="review-calendar", tenant_id=other_tenant.id, key=key),
        token_sign(purpose="value-confirmation", tenant_id=tenant.id, key=key),
    ):
        assert Client().get(f"/calendar/{wrong}.ics").status_code == 404
    browser_client("kam").post("/reviews/calendar/", {"do": "make"})
    assert Client().get(path).status_code == 404
    assert Client().post(path).status_code == 405


def test_who_works_here_no_more_has_no_calendar(path, members):
    members["kam"].is_active = False
    members["kam"].save(update_fields=["is_active"])
    assert Client().get(path).status_code == 404
