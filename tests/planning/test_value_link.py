"""The customer's link: signed, once, one item, no login; and nothing of it for anybody else (K29)."""

import re
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core import mail
from django.core.cache import cache
from django.db import IntegrityError, connections, transaction
from django.test import Client
from django.utils import timezone

from kam.common.errors import ConflictError, InvalidInputError
from kam.tenancy.access import Principal
from kam.tenancy.context import tenant_context
from kam.tenancy.history import history_of
from kam.tenancy.links import token_sign
from kam.tenancy.models import Notification
from planning.models import ValueConfirmation, ValueItem
from planning.selectors.value import with_standing
from planning.services.confirmations import (
    confirmation_answer,
    confirmation_link,
    confirmation_request,
    confirmation_revoke,
)
from planning.services.value import value_item_update
from tests.factories import AccountFactory, ValueItemFactory

YES = {"answer": "confirmed", "name": "Ragna Tveitdal", "comment": "Since March."}


@pytest.fixture(autouse=True)
def fresh_rates():
    cache.clear()


@pytest.fixture
def item(tenant, members):
    with tenant_context(tenant.id):
        account = AccountFactory(name="Fjellvik", owner=members["kam"])
        return ValueItemFactory(
            account=account, title="Night runs", evidence="SECRETEVIDENCE", reward_note="SECRETREWARD"
        )


def ask(member, item, **options):
    """(request, path of the link); handed over by hand unless told otherwise."""
    values = {"contact_name": "Ragna Tveitdal", "contact_email": "ragna@fjellvik.example", "send": False}
    asked, link = confirmation_request(principal=Principal(member=member), item=item, **{**values, **options})
    return asked, "/" + link.split("/", 3)[3]


def answered(member, item, answer="confirmed"):
    asked, _path = ask(member, item)
    return confirmation_answer(confirmation=asked, answer=answer, name="Ragna Tveitdal")


@pytest.fixture
def path(tenant, members, item):
    with tenant_context(tenant.id):
        return ask(members["kam"], item)[1]


def test_a_yes_through_the_link_demonstrates_and_a_second_use_says_it_was_used(tenant, members, item, path):
    visitor = Client()
    shown = visitor.get(path)
    page = shown.content.decode()
    assert shown.status_code == 200
    assert "Night runs" in page
    assert "$1,000" in page
    assert shown["X-Robots-Tag"].startswith("noindex")
    assert "no-store" in shown["Cache-Control"]
    done = visitor.post(path, YES)
    assert (done.status_code, "Thank you" in done.content.decode()) == (200, True)
    for again in (visitor.get(path), visitor.post(path, {**YES, "answer": "declined"}), Client().get(path)):
        assert again.status_code == 410
        assert "This link was used already" in again.content.decode()
        assert "Night runs" not in again.content.decode()
    with tenant_context(tenant.id):
        stored = with_standing(ValueItem.objects.filter(pk=item.pk)).get()
        assert (stored.standing, stored.confirmed_by) == ("demonstrated", "Ragna Tveitdal")
        told = Notification.objects.get(member=members["kam"])
        assert told.text == "Ragna Tveitdal confirmed “Night runs”."
        entries = history_of(stored)
        assert entries[0].door == "through the customer’s link"


def test_everything_that_happens_with_a_link_is_on_record(tenant, members, item, path):
    Client().get(path)
    Client().post(path, YES)
    with tenant_context(tenant.id):
        asked = ValueConfirmation.objects.get()
        events = list(
            ValueConfirmation._meta.get_field("history")
            .related_model.objects.filter(pgh_obj_id=asked.pk)
            .order_by("pgh_id")
        )
        assert [(event.pgh_context["via"], bool(event.opened_at), event.answer) for event in events] == [
            ("", False, ""),
            ("link", True, ""),
            ("link", True, "confirmed"),
        ]
        assert asked.comment == "Since March."


def test_the_page_shows_that_item_and_nothing_else(tenant, item, path):
    with tenant_context(tenant.id):
        ValueItemFactory(account=item.account, title="ANOTHERITEM")
    page = Client().get(path).content.decode()
    for word in ("SECRETEVIDENCE", "SECRETREWARD", "ANOTHERITEM", "/accounts/", str(item.pk), "400"):
        assert word not in page


def test_a_no_takes_an_earlier_yes_away_and_reaches_who_asked(tenant, members, item):
    with tenant_context(tenant.id):
        answered(members["kam"], item)
        _, second = ask(members["kam"], item)
    Client().post(second, {"answer": "declined", "name": "Ragna Tveitdal", "comment": "Only half of it."})
    with tenant_context(tenant.id):
        item.refresh_from_db()
        assert item.confirmed_at is None
        assert "declined" in Notification.objects.order_by("-created_at").first().text


@pytest.mark.parametrize("state", ["expired", "revoked", "replaced", "changed"])
def test_a_link_that_is_void_says_why_and_shows_nothing(tenant, members, item, path, state):
    with tenant_context(tenant.id):
        principal = Principal(member=members["kam"])
        if state == "expired":
            past = timezone.now() - timedelta(minutes=1)
            ValueConfirmation.objects.update(asked_at=past - timedelta(days=30), expires_at=past)
        elif state == "revoked":
            confirmation_revoke(principal=principal, item=item)
        elif state == "replaced":
            ask(members["kam"], item)
        else:
            value_item_update(principal=principal, item=item, values={"title": "Night runs and more"})
    words = "has expired" if state == "expired" else "was taken back"
    for answer in (Client().get(path), Client().post(path, YES)):
        assert answer.status_code == 410
        assert words in answer.content.decode()
        assert "Night runs" not in answer.content.decode()
    with tenant_context(tenant.id):
        item.refresh_from_db()
        assert item.confirmed_at is None


def test_a_link_is_of_one_tenant_one_key_and_our_signature(tenant, other_tenant, members, item, path):
    token = path.strip("/").split("/")[-1]
    key = token.split(".")[0][32:]
    forged = [
        token[:-1] + ("A" if token[-1] != "A" else "B"),
        token.replace(tenant.id.hex, other_tenant.id.hex),
        token_sign(purpose="value-confirmation", tenant_id=other_tenant.id, key=key),
        token_sign(purpose="value-confirmation", tenant_id=uuid.uuid4(), key=key),
        token_sign(purpose="calendar", tenant_id=tenant.id, key=key),
        token_sign(purpose="value-confirmation", tenant_id=tenant.id, key="x" * 43),
        "nothing",
    ]
    bodies = set()
    for wrong in forged:
        answer = Client().get(f"/value/confirm/{wrong}/")
        assert answer.status_code == 410
        bodies.add(re.sub(r'content="[^"]{64}"|nonce="[^"]*"', "", answer.content.decode()))
        assert Client().post(f"/value/confirm/{wrong}/", YES).status_code == 410
    assert len(bodies) == 1
    with tenant_context(tenant.id):
        assert ValueConfirmation.objects.get().answered_at is None


def test_somebody_signed_in_elsewhere_answers_for_the_customer_and_stays_in_their_own_company(
    tenant, other_members, item, path
):
    client = Client()
    client.force_login(other_members["admin"].user, backend="kam.tenancy.backends.MemberBackend")
    assert client.get(path).status_code == 200
    assert client.post(path, YES).status_code == 200
    assert item.title not in client.get("/value/").content.decode()
    with tenant_context(tenant.id):
        item.refresh_from_db()
        assert item.confirmed_by == "Ragna Tveitdal"


def test_our_own_people_see_it_and_cannot_answer(tenant, browser_client, members, item, path):
    client = browser_client("kam")
    assert "Only they can answer" in client.get(path).content.decode()
    assert client.post(path, YES).status_code == 403
    with tenant_context(tenant.id):
        assert ValueConfirmation.objects.get().opened_at is None
        with pytest.raises(InvalidInputError) as refused:
            ask(members["kam"], item, contact_email=members["executive"].user.email.upper())
    assert refused.value.errors[0].field == "contact_email"


def test_by_mail_nobody_here_sees_the_link(
    tenant, members, item, browser_client, django_capture_on_commit_callbacks
):
    client = browser_client("kam")
    url = f"/accounts/{item.account_id}/value/{item.pk}/ask/"
    form = {"contact_name": "Ragna Tveitdal", "contact_email": "ragna@fjellvik.example", "days": "30"}
    with django_capture_on_commit_callbacks(execute=True):
        client.post(url, {**form, "way": "mail"})
    (sent,) = mail.outbox
    assert sent.to == ["ragna@fjellvik.example"]
    link = re.search(r"https?://\S+", sent.body)[0]
    assert "SECRET" not in sent.body
    page = client.get(f"/accounts/{item.account_id}/value/").content.decode()
    assert link not in page
    assert "has not opened the link" in page
    assert Client().post("/" + link.split("/", 3)[3], YES).status_code == 200
    shown = client.post(url, {**form, "way": "hand"}).content.decode()
    assert "/value/confirm/" in shown
    assert len(mail.outbox) == 1


def test_a_customer_is_not_flooded_and_one_address_cannot_try_many_links(tenant, members, item, settings):
    settings.VALUE_LINK_RATE = 3
    with tenant_context(tenant.id):
        for _ in range(5):
            ask(members["kam"], item)
        with pytest.raises(ConflictError) as refused:
            ask(members["kam"], item)
    assert refused.value.code == "too_often"
    # An address of its own: what other tests asked from the usual one counts there.
    visitor = Client(REMOTE_ADDR="203.0.113.77")
    answers = [visitor.get(f"/value/confirm/guess{n}/") for n in range(4)]
    assert [answer.status_code for answer in answers] == [410, 410, 410, 429]
    assert int(answers[-1]["Retry-After"]) <= 61


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"value_class": 2}, "wrong_class"),
        ({"customer_gain": None, "gain_kinds": []}, "no_gain"),
        ({"ended_on": timezone.localdate()}, "ended"),
    ],
)
def test_only_what_can_be_confirmed_is_asked(in_tenant, members, values, code):
    item = ValueItemFactory(account=AccountFactory(owner=members["kam"]), **values)
    with pytest.raises(ConflictError) as refused:
        ask(members["kam"], item)
    assert refused.value.code == code


def test_the_database_keeps_an_answer_as_it_was(in_tenant, members, item):
    row = answered(members["kam"], item)
    with pytest.raises(IntegrityError), transaction.atomic():
        ValueConfirmation.objects.filter(pk=row.pk).update(answer="declined")
    with pytest.raises(IntegrityError), transaction.atomic():
        ValueConfirmation.objects.filter(pk=row.pk).update(comment="We love them")


def test_over_rest_a_link_is_asked_taken_back_and_answered_in_the_items_state(item, api):
    client = api("kam")
    url = f"/api/v1/value-items/{item.pk}/confirmation/"
    body = {"contact_name": "Ragna", "contact_email": "ragna@fjellvik.example", "send": False}
    made = client.post(url, body, format="json")
    assert made.status_code == 201
    assert made.json()["link"].startswith("http")
    assert client.post(url, {**body, "send": True}, format="json").json()["link"] is None
    read = client.get(f"/api/v1/value-items/{item.pk}/").json()["confirmation"]
    assert (read["state"], read["asked_of"], read["opened_at"]) == ("waiting", "Ragna", None)
    assert client.delete(url).status_code == 204
    assert client.delete(url).status_code == 409
    assert client.get(f"/api/v1/value-items/{item.pk}/").json()["confirmation"]["state"] == "revoked"


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_two_people_with_the_same_link_at_once_give_one_answer(committed_db, tenant, members):
    with tenant_context(tenant.id):
        item = ValueItemFactory(account=AccountFactory(owner=members["kam"]))
        _, path = ask(members["kam"], item)

    def post(answer: str) -> int:
        try:
            return Client().post(path, {**YES, "answer": answer}).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        codes = sorted(pool.map(post, ["confirmed", "declined", "confirmed", "declined"]))
    assert codes == [200, 410, 410, 410]


def test_the_address_holds_no_name_and_is_our_own(tenant):
    link = confirmation_link(tenant_id=tenant.id, key="k" * 43)
    assert re.search(r"/value/confirm/[0-9a-f]{32}k{43}\.[\w-]+/$", link)
