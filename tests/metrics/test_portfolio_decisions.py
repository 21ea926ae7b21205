"""Deciding about accounts: a verdict with its reason, kept, taken back, and not asked again for a while."""

import datetime
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Account
from kam.tenancy.models import Membership
from metrics.models import AccountDecision
from metrics.selectors.portfolio_decisions import NOT_NOW_DAYS, SETTLED_DAYS, is_settled, waiting_of
from tests.metrics.ledgers import REFERENCE

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


def decision(account: Account, **values: Any) -> AccountDecision:
    return AccountDecision.objects.create(
        tenant_id=account.tenant_id,
        account=account,
        **{
            "suggestion": "reprice",
            "verdict": "reprice",
            "reason": "Because",
            "reference_date": REFERENCE,
            **values,
        },
    )


@pytest.mark.parametrize(
    ("verdict", "suggestion", "days", "settled"),
    [
        ("reprice", "reprice", 0, True),
        ("maintain", "reprice", SETTLED_DAYS - 1, True),
        ("reprice", "reprice", SETTLED_DAYS, False),
        ("reprice", "reduce", 0, False),
        ("not_now", "reduce", NOT_NOW_DAYS - 1, True),
        ("not_now", "reprice", NOT_NOW_DAYS, False),
        # Looked at as of an earlier date, the later decision stands all the same.
        ("reprice", "reprice", -30, True),
    ],
)
def test_when_a_decision_settles_a_suggestion(
    verdict: str, suggestion: str, days: int, settled: bool
) -> None:
    made = AccountDecision(verdict=verdict, suggestion=suggestion, reference_date=REFERENCE)
    asked = REFERENCE + datetime.timedelta(days=days)
    assert is_settled({"kind": "reprice"}, made, asked) is settled
    assert not is_settled({"kind": "reprice"}, None, asked)


def test_only_the_newest_decision_counts(ledger: dict[str, Account]) -> None:
    suggestions = [{"kind": "reprice", "account": str(ledger["big"].pk)}]
    decision(ledger["big"])
    assert waiting_of(suggestions, REFERENCE) == []
    decision(ledger["big"], suggestion="promote", verdict="promote")
    assert waiting_of(suggestions, REFERENCE) == suggestions


def test_decide_keeps_verdict_reason_and_classes(
    ledger: dict[str, Account], members: dict[str, Membership], browser_client: Callable[[str], Client]
) -> None:
    client, big = browser_client("executive"), ledger["big"]
    url = reverse("metrics:decide", args=[big.pk])
    page = client.get("/portfolio/").content.decode()
    assert "Two accounts need a decision" in page
    assert url in page
    form = client.get(url, headers=HTMX).content.decode()
    assert "<html" not in form
    assert '<option value="reprice" selected>Reprice (suggested)' in form
    done = client.post(url, {"verdict": "maintain", "reason": " New prices from May. "}, headers=HTMX)
    assert "New prices from May." in done.content.decode()
    assert "One account needs a decision" in done.content.decode()
    kept = AccountDecision.objects.get()
    assert (kept.verdict, kept.suggestion, kept.reason) == ("maintain", "reprice", "New prices from May.")
    assert (kept.loyalty_class, kept.reference_date) == ("stranger", REFERENCE)
    assert kept.decided_by == members["executive"]
    page = client.get("/portfolio/").content.decode()
    assert "One account needs a decision" in page
    assert "1 decided this month" in page.replace('<span class="k-num">1</span>', "1")
    everything = client.get("/portfolio/decisions/").content.decode()
    assert "New prices from May." in everything


def test_a_decision_needs_a_reason_and_a_verdict(
    ledger: dict[str, Account], browser_client: Callable[[str], Client]
) -> None:
    client = browser_client("admin")
    url = reverse("metrics:decide", args=[ledger["big"].pk])
    empty = client.post(url, {"verdict": "reprice", "reason": "  "})
    assert empty.status_code == 400
    assert "Say why, so that others understand it later." in empty.content.decode()
    swapped = client.post(url, {"verdict": "reprice", "reason": ""}, headers=HTMX)
    assert swapped.status_code == 200
    assert "Say why" in swapped.content.decode()
    assert client.post(url, {"verdict": "explode", "reason": "x"}).status_code == 400
    assert client.post(url, {"verdict": "reprice", "reason": "x" * 2001}).status_code == 400
    assert not AccountDecision.objects.exists()


def test_undo_brings_the_suggestion_back(
    ledger: dict[str, Account], browser_client: Callable[[str], Client]
) -> None:
    client, big = browser_client("admin"), ledger["big"]
    client.post(reverse("metrics:decide", args=[big.pk]), {"verdict": "not_now", "reason": "Later"})
    made = AccountDecision.objects.get()
    undo = reverse("metrics:decision_undo", args=[made.pk])
    assert client.get(undo).status_code == 405
    row = client.post(undo, headers=HTMX).content.decode()
    assert reverse("metrics:decide", args=[big.pk]) in row
    assert "Two accounts need a decision" in row
    assert not AccountDecision.objects.exists()
    assert client.post(undo).status_code == 404


def test_without_scripts_the_same_works(
    ledger: dict[str, Account], browser_client: Callable[[str], Client]
) -> None:
    client, gone = browser_client("executive"), ledger["gone"]
    url = reverse("metrics:decide", args=[gone.pk])
    assert "<html" in client.get(url).content.decode()
    answer = client.post(url, {"verdict": "win_back", "reason": "Call them"}, follow=True)
    assert answer.redirect_chain == [("/portfolio/decisions/", 302)]
    assert "Decided about Gone Ltd: win back." in answer.content.decode()


def test_who_may_decide(
    ledger: dict[str, Account],
    members: dict[str, Membership],
    other_members: dict[str, Membership],
    browser_client: Callable[[str], Client],
) -> None:
    url = reverse("metrics:decide", args=[ledger["big"].pk])
    body = {"verdict": "reprice", "reason": "x"}
    manager = browser_client("kam")
    assert manager.post(url, body).status_code == 403
    Account.objects.filter(pk=ledger["big"].pk).update(owner=members["kam"])
    assert manager.post(url, body).status_code == 302
    assert browser_client("contributor").post(url, body).status_code == 403
    stranger = Client()
    stranger.force_login(other_members["admin"].user, backend="kam.tenancy.backends.MemberBackend")
    assert stranger.post(url, body).status_code == 404
    made = AccountDecision.objects.get()
    undo = reverse("metrics:decision_undo", args=[made.pk])
    assert stranger.post(undo).status_code == 404
    assert AccountDecision.objects.filter(pk=made.pk).exists()
    assert browser_client("executive").post(undo).status_code == 302
    assert browser_client("admin").get(reverse("metrics:decide", args=[uuid.uuid4()])).status_code == 404


def test_a_manager_cannot_take_back_what_others_decided(
    ledger: dict[str, Account], members: dict[str, Membership], browser_client: Callable[[str], Client]
) -> None:
    made = decision(ledger["big"], decided_by=members["executive"])
    assert browser_client("kam").post(reverse("metrics:decision_undo", args=[made.pk])).status_code == 403
    assert AccountDecision.objects.filter(pk=made.pk).exists()
