"""Reviews (K33): when they are due, what has changed since the last one, and that a frozen one stays as it was."""

import datetime
from decimal import Decimal

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.services.accounts import account_delete, account_update
from kam.common.dates import months_after
from kam.common.errors import ConflictError, InvalidInputError
from kam.tenancy.access import Principal
from kam.tenancy.context import tenant_context
from kam.tenancy.models import Notification, TenantSettings
from planning.findings.reviews import account_reviews_finding, due_finding, then_and_now
from planning.models import OpenSpaceCell, Review, ReviewAction
from planning.selectors.review_dates import reviews_due_visible
from planning.selectors.reviews import review_areas
from planning.services.reminders import reviews_remind
from planning.services.reviews import (
    review_action_create,
    review_action_delete,
    review_action_update,
    review_create,
    review_delete,
    review_freeze,
    review_update,
)
from planning.services.value import value_item_create
from planning.tasks import reviews_remind_task
from tests.factories import AccountFactory, KeyAccountFactory, OpenSpaceCellFactory, ValueItemFactory

TODAY = timezone.localdate()


@pytest.fixture
def principal(members):
    return Principal(member=members["kam"])


@pytest.fixture
def account(tenant, members):
    with tenant_context(tenant.id):
        return KeyAccountFactory(name="Fjellvik", owner=members["kam"], ladder_ours="basic")


def opened(principal, account, **values):
    given = {"account": account.pk, "attendees": ["Noor", "Ragna"], "summary": "Closer than in May."}
    return review_create(principal=principal, values={**given, **values})


def areas_of(review):
    areas = review_areas(account_id=review.account_id, kind=review.kind, since=review.since)
    return {area["key"]: area for area in areas}


class TestDates:
    def test_dates_follow_from_the_last_review_and_the_tenants_rhythm(self, in_tenant, account, principal):
        due = {one.kind: one for one in reviews_due_visible(principal)}
        # key account since 31 Jan 2025: quarterly 3 months on, members 6, selection 12.
        assert due["quarterly"].due_on == datetime.date(2025, 4, 30)
        assert due["members"].due_on == datetime.date(2025, 7, 31)
        assert due["selection"].due_on == datetime.date(2026, 1, 31)
        review = opened(principal, account)
        assert review.due_on == datetime.date(2025, 4, 30)
        review_freeze(principal=principal, review=review, held_on=datetime.date(2025, 5, 20))
        TenantSettings.objects.update(review_quarterly_months=2)
        after = {one.kind: one for one in reviews_due_visible(principal)}["quarterly"]
        assert (after.due_on, after.last_on) == (datetime.date(2025, 7, 20), datetime.date(2025, 5, 20))

    def test_an_open_review_holds_its_own_date_and_others_accounts_have_none(
        self, in_tenant, account, principal
    ):
        AccountFactory(name="Not key")
        moved = TODAY + datetime.timedelta(days=40)
        review = opened(principal, account, due_on=moved)
        due = {one.kind: one for one in reviews_due_visible(principal)}
        assert len(due) == 3
        assert (due["quarterly"].due_on, due["quarterly"].review_id) == (moved, review.pk)

    def test_who_begins_here_does_not_begin_with_years_of_arrears(self, in_tenant, members):
        AccountFactory(
            is_key_account=True, key_since=datetime.date(2015, 1, 31), owner=members["kam"], name="Old"
        )
        (first, *_rest) = reviews_due_visible(Principal(member=members["kam"]))
        assert first.due_on == months_after(TODAY, 3)

    def test_the_sentences(self, in_tenant, account, principal):
        due = reviews_due_visible(principal)
        day = datetime.date(2025, 5, 10)
        said = account_reviews_finding("Fjellvik", due, day, is_key=True)
        assert said == "The quarterly review of Fjellvik is 10\u00a0days overdue."
        assert due_finding(due, day) == "1\u00a0review overdue, the longest at Fjellvik."
        assert due_finding([], day).startswith("No review is planned")


class TestFreezing:
    def test_attendees_and_summary_are_carried_forward(self, in_tenant, account, principal):
        first = opened(principal, account)
        review_freeze(principal=principal, review=first, held_on=TODAY)
        second = review_create(principal=principal, values={"account": account.pk})
        assert (second.attendees, second.summary) == (["Noor", "Ragna"], "Closer than in May.")
        assert (second.previous_id, second.since) == (first.pk, Review.objects.get(pk=first.pk).frozen_at)
        with pytest.raises(ConflictError):
            review_create(principal=principal, values={"account": account.pk})

    @pytest.mark.parametrize(
        ("values", "held_on", "field"),
        [
            ({"attendees": []}, TODAY, "attendees"),
            ({"summary": "  "}, TODAY, "summary"),
            ({}, TODAY + datetime.timedelta(days=1), "held_on"),
        ],
    )
    def test_what_is_missing_is_named(self, in_tenant, account, principal, values, held_on, field):
        review = opened(principal, account, **values)
        with pytest.raises(InvalidInputError) as refused:
            review_freeze(principal=principal, review=review, held_on=held_on)
        assert refused.value.errors[0].field == field

    def test_where_nothing_changed_somebody_says_why(self, in_tenant, account, principal):
        review_freeze(principal=principal, review=opened(principal, account), held_on=TODAY)
        second = opened(principal, account)
        with pytest.raises(InvalidInputError) as refused:
            review_freeze(principal=principal, review=second, held_on=TODAY)
        assert refused.value.errors[0].code == "nothing_changed"
        assert "critical success factors" in refused.value.message
        review_update(principal=principal, review=second, values={"unchanged_reason": "They were on strike."})
        frozen = review_freeze(principal=principal, review=second, held_on=TODAY)
        assert {area["key"] for area in frozen.result["areas"] if area["suspicious"]} == {
            *("criteria", "factors", "ladder", "open_space")
        }

    def test_a_frozen_review_cannot_be_changed_by_anybody(self, in_tenant, account, principal):
        review = opened(principal, account)
        action = review_action_create(principal=principal, values={"review": review.pk, "text": "Visit Cork"})
        review_freeze(principal=principal, review=review, held_on=TODAY)
        for write in (
            lambda: review_update(principal=principal, review=review, values={"summary": "x"}),
            lambda: review_delete(principal=principal, review=review),
            lambda: review_action_delete(principal=principal, action=action),
            lambda: review_action_update(principal=principal, action=action, values={"text": "x"}),
            lambda: review_action_create(principal=principal, values={"review": review.pk, "text": "x"}),
            lambda: account_delete(principal=principal, account=account),
        ):
            with pytest.raises(ConflictError):
                write()
        # The database itself refuses, whoever asks.
        for write in (
            lambda: Review.objects.filter(pk=review.pk).update(summary="x"),
            lambda: Review.objects.filter(pk=review.pk).update(status="open", frozen_at=None),
            lambda: Review.objects.filter(pk=review.pk)._raw_delete("default"),
            lambda: ReviewAction.objects.filter(pk=action.pk).update(text="x"),
            lambda: ReviewAction.objects.filter(pk=action.pk)._raw_delete("default"),
            lambda: ReviewAction.objects.create(
                tenant_id=review.tenant_id, review=review, account=account, text="x"
            ),
        ):
            with pytest.raises(IntegrityError), transaction.atomic():
                write()
        review_action_update(principal=principal, action=action, values={"done_on": TODAY})
        assert Review.objects.get(pk=review.pk).result["actions"][0]["text"] == "Visit Cork"

    def test_the_state_is_kept_and_compared_in_words(self, in_tenant, account, principal):
        OpenSpaceCellFactory(account=account, potential=Decimal(120_000))
        ValueItemFactory(account=account, customer_gain=Decimal(50_000))
        review = opened(principal, account)
        kept = review_freeze(principal=principal, review=review, held_on=TODAY).result["state"]
        assert (kept["ladder_ours"], kept["cells"], kept["owner"]) == ("Basic", 1, "Kam Northwind")
        assert Decimal(kept["value"]["reported"]["customer_gain"]) == 50_000
        figure = {"key": "clv", "label": "Lifetime value", "unit": "money"}
        then = {**kept, "figures": [{**figure, "value": None}]}
        now = {**kept, "ladder_ours": "Cooperative", "figures": [{**figure, "value": "890000"}]}
        rows = {row.label: row for row in then_and_now(then, now)}
        assert (rows["Lifetime value"].then, rows["Lifetime value"].now) == (None, "$890k")
        assert rows["Relationship, our view"].changed
        assert not rows["Potential entered a year"].changed
        assert rows["Potential entered a year"].now == "$120k"


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
class TestWhatChanged:
    """The audit trail dates events by their transaction, so these tests commit."""

    def test_each_area_tells_its_changes_with_who_and_from_what_to_what(
        self, committed_db, tenant, members, principal, account
    ):
        with tenant_context(tenant.id, member_id=members["kam"].id, via="web"):
            cell = OpenSpaceCellFactory(account=account, potential=Decimal(1000))
            gone = ValueItemFactory(account=account, title="Printed manuals")
            steady = OpenSpaceCellFactory(account=account, potential=Decimal(7))
        with tenant_context(tenant.id):
            first = opened(principal, account)
            review_freeze(principal=principal, review=first, held_on=TODAY)
        with tenant_context(tenant.id, member_id=members["kam"].id, via="web"):
            account_update(principal=principal, account=account, values={"ladder_ours": "cooperative"})
            OpenSpaceCell.objects.filter(pk=cell.pk).update(potential=Decimal("1250.5000"), position="ours")
            value_item_create(
                principal=principal, values={"account": account.pk, "title": "Night runs", "value_class": 4}
            )
            gone.delete()
        # Changed and changed back: not a change. Another account's: not this one's.
        with tenant_context(tenant.id):
            OpenSpaceCell.objects.filter(pk=steady.pk).update(potential=Decimal(9))
            ValueItemFactory(title="ANOTHERACCOUNT")
        with tenant_context(tenant.id):
            OpenSpaceCell.objects.filter(pk=steady.pk).update(potential=Decimal(7))
            second = review_create(principal=principal, values={"account": account.pk})
            areas = areas_of(second)
        (ladder,) = areas["ladder"]["entries"]
        assert ladder["changes"] == [{"label": "Our view", "old": "Basic", "new": "Cooperative"}]
        assert ladder["who"] == "Kam Northwind"
        (grid,) = areas["open_space"]["entries"]
        assert grid["name"].startswith("Whole account × ")
        assert {(change["label"], change["old"], change["new"]) for change in grid["changes"]} == {
            ("Potential", "1000", "1250.5"),
            ("Position", "Unknown", "Ours"),
        }
        assert {(entry["name"], entry["kind"]) for entry in areas["value"]["entries"]} == {
            ("Night runs", "created"),
            ("Printed manuals", "deleted"),
        }
        assert [key for key, area in areas.items() if area["suspicious"]] == ["criteria", "factors"]
        assert "ANOTHERACCOUNT" not in str(areas)
        assert next(iter(areas)) == "criteria", "what stands still comes first"

    def test_another_tenants_trail_is_never_read(
        self, committed_db, tenant, other_tenant, members, principal, account
    ):
        with tenant_context(tenant.id):
            first = opened(principal, account)
            review_freeze(principal=principal, review=first, held_on=TODAY)
        with tenant_context(other_tenant.id):
            ValueItemFactory(title="FOREIGN")
        with tenant_context(tenant.id):
            second = review_create(principal=principal, values={"account": account.pk})
            with CaptureQueriesContext(connection) as asked:
                areas = areas_of(second)
        assert "FOREIGN" not in str(areas)
        assert len(asked) <= 3, "one query for all events, and names only where something changed"


class TestReminders:
    def test_a_date_is_told_when_it_comes_near_and_when_it_is_there_each_once(
        self, in_tenant, account, members, principal
    ):
        due = datetime.date(2025, 4, 30)
        for day, told in ((-8, 0), (-7, 1), (-7, 0), (-1, 0), (0, 1), (0, 0), (5, 0)):
            assert reviews_remind(today=due + datetime.timedelta(days=day)) == told
        texts = set(Notification.objects.filter(member=members["kam"]).values_list("text", flat=True))
        assert texts == {
            "Fjellvik: the quarterly review is due on 30 Apr 2025.",
            "Fjellvik: the quarterly review is due today.",
        }
        assert not Notification.objects.exclude(member=members["kam"]).exists()

    def test_the_task_mails_whoever_wants_it_once_however_often_it_runs(
        self, tenant, account, members, django_capture_on_commit_callbacks
    ):
        for _ in range(2):
            with django_capture_on_commit_callbacks(execute=True):
                reviews_remind_task.apply(kwargs={"tenant_id": str(tenant.id)}).get()
        (sent,) = mail.outbox
        assert sent.to == [members["kam"].user.email]
        assert "Fjellvik: the quarterly review was due on 30 Apr 2025." in sent.body
        assert "/accounts/" in sent.body

    def test_nobody_is_told_of_an_account_that_is_nobodys(self, in_tenant):
        KeyAccountFactory()
        assert reviews_remind(today=TODAY) == 0


class TestRest:
    def test_a_review_is_opened_kept_frozen_and_read(self, account, api):
        client = api("kam")
        made = client.post("/api/v1/reviews/", {"account": str(account.pk)}, format="json")
        assert made.status_code == 201, made.json()
        url = f"/api/v1/reviews/{made.json()['id']}/"
        assert (made.json()["kind"], made.json()["due_on"], made.json()["result"]) == (
            "quarterly",
            "2025-04-30",
            {},
        )
        saved = client.patch(url, {"attendees": ["Noor"], "summary": "Closer."}, format="json")
        assert saved.json()["attendees"] == ["Noor"]
        action = client.post(
            "/api/v1/review-actions/", {"review": made.json()["id"], "text": "Visit Cork"}, format="json"
        )
        assert action.status_code == 201
        assert client.get("/api/v1/reviews/due/").json()["results"][0]["review"] == made.json()["id"]
        assert client.get(f"{url}changes/").json()["since"] is None
        frozen = client.post(f"{url}freeze/", {"held_on": TODAY.isoformat()}, format="json")
        assert frozen.status_code == 200
        assert frozen.json()["result"]["actions"][0]["text"] == "Visit Cork"
        assert client.patch(url, {"summary": "x"}, format="json").status_code == 409
        assert client.delete(url).status_code == 409
        done = client.patch(
            f"/api/v1/review-actions/{action.json()['id']}/", {"done_on": TODAY.isoformat()}, format="json"
        )
        assert done.json()["done_on"] == TODAY.isoformat()
        assert client.get("/api/v1/review-actions/?open=true").json()["count"] == 0

    def test_readers_write_nothing(self, account, api, tenant, principal):
        with tenant_context(tenant.id):
            review = opened(principal, account)
        reader = api("executive")
        url = f"/api/v1/reviews/{review.pk}/"
        assert reader.get(url).status_code == 200
        assert reader.post(f"{url}freeze/", {"held_on": "2025-05-01"}, format="json").status_code == 403
        body = {"review": str(review.pk), "text": "x"}
        assert reader.post("/api/v1/review-actions/", body, format="json").status_code == 403


class TestPages:
    def test_from_the_proposal_to_the_frozen_page(self, account, tenant, browser_client):
        client = browser_client("kam")
        url = f"/accounts/{account.pk}/reviews/"
        assert "The quarterly review of Fjellvik is" in client.get(url).content.decode()
        page = client.post(url, {"kind": "quarterly"}).url
        form = {"due_on": "2025-04-30", "held_on": TODAY.isoformat(), "summary": "Closer."}
        missing = client.post(page, {**form, "do": "sure"})
        assert missing.status_code == 422
        assert "Who was there: Say who was there." in missing.content.decode()
        form["attendees"] = "Noor\nRagna\n\nNoor"
        asks = client.post(page, {**form, "do": "freeze"})
        assert "Freeze this review?" in client.get(asks.url).content.decode()
        client.post(f"{page}actions/", {"text": "Visit Cork", "owner": "", "due_on": "2025-01-01"})
        with tenant_context(tenant.id):
            review = Review.objects.get()
            action = ReviewAction.objects.get()
            assert review.attendees == ["Noor", "Ragna"]
        stale = client.post(page, {**form, "summary": "Mine", "version": "1"})
        assert (stale.status_code, "Somebody else saved this" in stale.content.decode()) == (409, True)
        assert client.post(page, {**form, "do": "sure"}).status_code == 302
        frozen = client.get(page).content.decode()
        assert "nobody can change it" in frozen
        assert "Visit Cork" in frozen
        assert client.post(page, {**form, "do": "save"}).status_code == 422
        client.post(f"{url}actions/{action.pk}/", {"back": "list"})
        assert "Nothing is left to be done" in client.get(url).content.decode()
        assert client.get(f"{page}state/").status_code == 200
        assert client.get(f"{page}compare/").url == page, "there is nothing to compare with yet"

    def test_two_frozen_reviews_side_by_side(self, account, tenant, principal, browser_client):
        with tenant_context(tenant.id):
            first = opened(principal, account)
            review_action_create(principal=principal, values={"review": first.pk, "text": "Visit Cork"})
            review_freeze(principal=principal, review=first, held_on=TODAY)
            second = opened(principal, account, attendees=["Noor", "Bo"], unchanged_reason="Strike.")
            review_freeze(principal=principal, review=second, held_on=TODAY)
        page = (
            browser_client("executive")
            .get(f"/accounts/{account.pk}/reviews/{second.pk}/compare/")
            .content.decode()
        )
        assert "0 of 1\u00a0action decided" in page
        assert "New: Bo." in page
        assert "Not there this time: Ragna." in page
        assert "word for word the same" in page

    def test_the_home_card_and_the_list_show_what_is_ones_own(self, account, tenant, members, browser_client):
        with tenant_context(tenant.id):
            KeyAccountFactory(name="Bergen")
        own = browser_client("kam").get("/reviews/card/").content.decode()
        assert "Fjellvik" in own
        assert "Bergen" not in own
        assert "Bergen" in browser_client("executive").get("/reviews/").content.decode()
        assert "Bergen" in browser_client("kam").get("/reviews/?only=all").content.decode()
        assert browser_client("contributor").get("/reviews/card/").content == b""

    def test_more_rows_cost_no_more_queries(self, account, tenant, members, principal, browser_client):
        client = browser_client("kam")
        with tenant_context(tenant.id):
            review = opened(principal, account)
        base = f"/accounts/{account.pk}/reviews/"
        paths = [base, f"{base}{review.pk}/", f"{base}{review.pk}/state/", "/reviews/", "/reviews/card/"]
        with CaptureQueriesContext(connection) as empty:
            client.get("/profile/")
        counts: dict[str, list[int]] = {path: [] for path in paths}
        for number in (2, 18):
            with tenant_context(tenant.id):
                for _ in range(number):
                    review_action_create(principal=principal, values={"review": review.pk, "text": "Do it"})
                    KeyAccountFactory(owner=members["kam"])
                    OpenSpaceCellFactory(account=account)
                    ValueItemFactory(account=account)
            for path in paths:
                with CaptureQueriesContext(connection) as asked:
                    assert client.get(path).status_code == 200
                counts[path].append(len(asked))
        for path, (few, many) in counts.items():
            assert few == many <= len(empty) + 12, path
