"""The pulse survey: a signed link, once, no login; and what it makes of the customer's view (K9)."""

import datetime
import re
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core import mail
from django.core.cache import cache
from django.db import DatabaseError, connections, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import Account
from buying_center.models import PulseSurvey
from buying_center.selectors.surveys import mean_scores, perceptions, survey_list
from buying_center.services.personal_data import person_erase, person_export
from buying_center.services.surveys import (
    customers_views_refresh,
    survey_answer,
    survey_ask,
    survey_revoke,
)
from buying_center.tasks import customers_views_refresh_task
from kam.common.errors import ConflictError, InvalidInputError
from kam.tenancy.access import Principal
from kam.tenancy.context import tenant_context
from kam.tenancy.links import token_sign
from kam.tenancy.models import Notification
from planning.services.confirmations import PURPOSE as VALUE_PURPOSE
from tests.factories import AccountFactory, ContactFactory

ANSWER = {"ladder": "cooperative", "recommends": "8", "satisfied": "4", "comment": "Since March."}


@pytest.fixture(autouse=True)
def fresh_rates():
    cache.clear()


@pytest.fixture
def account(tenant, members):
    with tenant_context(tenant.id):
        return AccountFactory(name="SECRETACCOUNT", owner=members["kam"], ladder_ours="integrated")


@pytest.fixture
def people(tenant, account):
    with tenant_context(tenant.id):
        made = {name: ContactFactory(account=account, name=name.title()) for name in ("ann", "bob", "cleo")}
        made["ann"].person.email = "ann@fjellvik.example"
        made["ann"].person.save(update_fields=["email"])
        return made


def ask(members, contact, **options):
    """(survey, path of the link); handed over by hand unless told otherwise."""
    survey, link = survey_ask(
        principal=Principal(member=members["kam"]), contact_id=contact.pk, **{"send": False, **options}
    )
    return survey, "/" + link.split("/", 3)[3]


def answered(members, contact, ladder, days_ago=0, recommends=None, satisfied=None):
    """An answer of some days ago."""
    survey, _path = ask(members, contact)
    if not days_ago:
        return survey_answer(survey=survey, ladder=ladder, recommends=recommends, satisfied=satisfied)
    day = timezone.now() - datetime.timedelta(days=days_ago)
    PulseSurvey.objects.filter(pk=survey.pk).update(
        asked_at=day, answered_at=day, ladder=ladder, recommends=recommends, satisfied=satisfied
    )
    return survey


@pytest.fixture
def path(tenant, members, people):
    with tenant_context(tenant.id):
        return ask(members, people["ann"])[1]


class TestLink:
    def test_it_is_answered_once_and_the_customers_view_follows(self, tenant, members, account, path):
        visitor = Client()
        shown = visitor.get(path)
        page = shown.content.decode()
        assert shown.status_code == 200
        assert "How do you see Northwind Tools?" in page
        assert shown["X-Robots-Tag"].startswith("noindex")
        assert "no-store" in shown["Cache-Control"]
        done = visitor.post(path, ANSWER)
        assert (done.status_code, "Thank you" in done.content.decode()) == (200, True)
        for again in (visitor.get(path), visitor.post(path, {**ANSWER, "ladder": "basic"})):
            assert again.status_code == 410
            assert "This link was used already" in again.content.decode()
        with tenant_context(tenant.id):
            account.refresh_from_db()
            survey = PulseSurvey.objects.get()
            assert account.ladder_customer == survey.ladder == "cooperative"
            assert (survey.recommends, survey.satisfied, survey.comment) == (8, 4, "Since March.")
            assert survey.ladder_ours == "integrated"
            told = Notification.objects.get(member=members["kam"])
            assert told.text == "Ann of SECRETACCOUNT answered the pulse survey."

    def test_the_page_shows_the_suppliers_name_and_nothing_else(self, account, members, path):
        page = Client().get(path).content.decode()
        names = (account.name, str(account.pk), "/accounts/", "Ann", members["kam"].user.display_name)
        for word in (*names, "checked", members["kam"].user.email):
            assert word not in page

    def test_only_the_first_question_must_be_answered_and_its_lack_is_named(self, tenant, path):
        visitor = Client()
        refused = visitor.post(path, {"recommends": "3"})
        assert refused.status_code == 422
        assert "Choose the sentence that fits best." in refused.content.decode()
        # What was answered is still there.
        assert re.search(r'name="recommends" value="3"[^>]*checked', refused.content.decode())
        assert visitor.post(path, {"ladder": "basic", "recommends": "11"}).status_code == 422
        assert visitor.post(path, {"ladder": "ending"}).status_code == 422
        assert visitor.post(path, {"ladder": "basic"}).status_code == 200
        with tenant_context(tenant.id):
            survey = PulseSurvey.objects.get()
            assert (survey.recommends, survey.satisfied) == (None, None)

    @pytest.mark.parametrize("state", ["expired", "revoked", "replaced"])
    def test_a_link_that_is_void_says_why_and_takes_nothing(
        self, tenant, members, account, people, path, state
    ):
        with tenant_context(tenant.id):
            survey = PulseSurvey.objects.get()
            if state == "expired":
                PulseSurvey.objects.update(expires_at=timezone.now())
            elif state == "revoked":
                survey_revoke(principal=Principal(member=members["kam"]), survey=survey)
            else:
                ask(members, people["ann"])
        for answer in (Client().get(path), Client().post(path, ANSWER)):
            assert answer.status_code == 410
            assert account.name not in answer.content.decode()
        with tenant_context(tenant.id):
            survey.refresh_from_db()
            account.refresh_from_db()
            assert (survey.answered_at, account.ladder_customer) == (None, "")

    def test_a_link_that_was_never_given_out_opens_nothing(self, tenant, other_tenant, path):
        token = path.split("/")[2]
        key = "x" * 43
        strangers = [
            token[:-1] + ("A" if token[-1] != "A" else "B"),
            "nonsense",
            token_sign(purpose="pulse-survey", tenant_id=tenant.id, key=key),
            token_sign(purpose="pulse-survey", tenant_id=other_tenant.id, key=key),
            token_sign(purpose="pulse-survey", tenant_id=uuid.uuid4(), key=key),
            token_sign(purpose=VALUE_PURPOSE, tenant_id=tenant.id, key=key),
        ]
        for stranger in strangers:
            answer = Client().get(f"/pulse/{stranger}/")
            assert answer.status_code == 410
            assert "Northwind" not in answer.content.decode()

    def test_a_value_links_key_does_not_open_a_survey(self, path):
        assert Client().get(path.replace("/pulse/", "/value/")).status_code in (404, 410)

    def test_a_colleague_sees_it_and_cannot_answer(self, tenant, members, path, browser_client):
        client = browser_client("kam")
        page = client.get(path)
        assert "Only they can answer" in page.content.decode()
        assert client.post(path, ANSWER).status_code == 403
        with tenant_context(tenant.id):
            survey = PulseSurvey.objects.get()
            assert (survey.opened_at, survey.answered_at) == (None, None)

    def test_too_many_of_one_address_wait(self, settings, path):
        settings.VALUE_LINK_RATE = 2
        visitor = Client()
        assert [visitor.get(path).status_code for _ in range(3)] == [200, 200, 429]
        assert int(visitor.get(path)["Retry-After"]) >= 1

    def test_a_post_without_the_token_of_its_page_is_refused(self, tenant, path):
        careful = Client(enforce_csrf_checks=True)
        assert careful.post(path, ANSWER).status_code == 403
        page = careful.get(path).content.decode()
        token = page.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
        assert careful.post(path, {**ANSWER, "csrfmiddlewaretoken": token}).status_code == 200

    def test_the_key_is_stored_as_a_digest_only(self, tenant, members, people):
        with tenant_context(tenant.id):
            survey, path = ask(members, people["bob"])
            row = PulseSurvey.objects.values().get(pk=survey.pk)
        token = path.split("/")[2]
        assert len(row["key_digest"]) == 64
        assert row["key_digest"] not in token
        assert not any(str(value) and str(value) in token for name, value in row.items() if "key" in name)

    def test_an_answer_never_changes_again(self, tenant, members, people):
        with tenant_context(tenant.id):
            survey = answered(members, people["ann"], "basic")
            with pytest.raises(DatabaseError), transaction.atomic():
                PulseSurvey.objects.filter(pk=survey.pk).update(ladder="integrated")


def test_of_two_at_once_one_is_taken(committed_db, django_db_blocker):
    from kam.tenancy.models import Role
    from kam.tenancy.services import member_add, tenant_create

    tenant = tenant_create(name="Northwind Tools", slug="northwind", base_currency="USD")
    kam = member_add(tenant=tenant, email="kam@northwind.example", role=Role.KAM, name="Noor")
    with tenant_context(tenant.id):
        contact = ContactFactory(account=AccountFactory(owner=kam), name="Ann")
        _survey, path = ask({"kam": kam}, contact)

    def send(ladder):
        try:
            return Client().post(path, {"ladder": ladder}).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(send, ["basic", "integrated"])) == [200, 410]
    with tenant_context(tenant.id):
        survey = PulseSurvey.objects.get()
        assert Account.objects.get(pk=contact.account_id).ladder_customer == survey.ladder


class TestAsking:
    def test_an_e_mail_brings_the_link_to_the_address_that_is_known(
        self, tenant, members, people, django_capture_on_commit_callbacks
    ):
        with tenant_context(tenant.id), django_capture_on_commit_callbacks(execute=True):
            survey, path = ask(members, people["ann"], send=True)
        [sent] = mail.outbox
        assert sent.to == ["ann@fjellvik.example"]
        assert path in sent.body
        assert survey.sent

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"days": 0}, "days"),
            ({"send": True}, "contact_email"),
            ({"contact_email": "kam@northwind.example"}, "contact_email"),
        ],
    )
    def test_what_cannot_be_asked_is_named(self, tenant, members, people, change, field):
        members["kam"].user.email = "kam@northwind.example"
        members["kam"].user.save(update_fields=["email"])
        with tenant_context(tenant.id), pytest.raises(InvalidInputError) as refused:
            ask(members, people["bob"], **change)
        assert refused.value.errors[0].field == field

    def test_placeholders_and_leavers_are_not_asked(self, tenant, members, account):
        with tenant_context(tenant.id):
            gone = ContactFactory(account=account, name="Gone", left_on="2025-01-31")
            nobody = ContactFactory(account=account, name="Finance controller")
            nobody.person.is_placeholder = True
            nobody.person.save(update_fields=["is_placeholder"])
            for contact, code in ((gone, "left"), (nobody, "placeholder")):
                with pytest.raises(InvalidInputError) as refused:
                    ask(members, contact)
                assert refused.value.errors[0].code == code

    def test_nobodys_mailbox_is_flooded(self, tenant, members, people):
        with tenant_context(tenant.id):
            for _ in range(3):
                ask(members, people["ann"])
            with pytest.raises(ConflictError, match="Try tomorrow"):
                ask(members, people["ann"])
            ask(members, people["bob"])

    def test_the_page_asks_and_shows_the_link_once(self, tenant, account, people, browser_client):
        client = browser_client("kam")
        url = f"/accounts/{account.pk}/alignment/surveys/ask/"
        data = {"contact": str(people["bob"].pk), "contact_email": "", "days": "14", "way": "copy"}
        page = client.post(url, data)
        assert page.status_code == 200
        assert "/pulse/" in page.content.decode()
        assert page["Cache-Control"] == "no-store"
        with tenant_context(tenant.id):
            survey = PulseSurvey.objects.get()
        assert client.post(url, {**data, "way": "mail"}).status_code == 422
        client.post(f"/accounts/{account.pk}/alignment/surveys/{survey.pk}/revoke/")
        with tenant_context(tenant.id):
            survey.refresh_from_db()
            assert survey.revoked_at is not None


class TestCustomersView:
    def test_it_is_the_lower_median_of_each_persons_latest_answer_of_a_year(
        self, tenant, members, account, people
    ):
        with tenant_context(tenant.id):
            answered(members, people["ann"], "integrated", days_ago=400)
            answered(members, people["bob"], "integrated", days_ago=200)
            answered(members, people["bob"], "interdependent", days_ago=100)
            answered(members, people["cleo"], "basic")
            account.refresh_from_db()
            # Ann's is too old; Bob's latest and Cleo's: the lower of the two middle ones.
            assert account.ladder_customer == "basic"

    def test_it_ages_and_the_nightly_run_brings_it_up_to_date(self, tenant, members, account, people):
        with tenant_context(tenant.id):
            answered(members, people["ann"], "cooperative")
            today = timezone.localdate()
            assert customers_views_refresh(today=today) == 0
            assert customers_views_refresh(today=today + datetime.timedelta(days=366)) == 1
            account.refresh_from_db()
            assert account.ladder_customer == ""
            assert customers_views_refresh(today=today + datetime.timedelta(days=366)) == 0
        customers_views_refresh_task(tenant_id=str(tenant.id))

    def test_the_gap_over_time_stands_on_what_was_thought_on_each_day(self, tenant, members, account, people):
        with tenant_context(tenant.id):
            old = answered(members, people["ann"], "basic", days_ago=90)
            assert old.pk
            answered(members, people["bob"], "interdependent")
            Account.objects.filter(pk=account.pk).update(ladder_ours="cooperative")
            found = perceptions(list(survey_list()))
        # The first answer was dated back without our view of that day: its gap is not known.
        assert [(one.ours, one.theirs, one.gap, one.respondents) for one in found] == [
            ("", "basic", None, 1),
            ("integrated", "basic", 3, 2),
        ]

    def test_recommendation_and_satisfaction_take_each_persons_latest_answer(
        self, tenant, members, account, people
    ):
        with tenant_context(tenant.id):
            answered(members, people["ann"], "basic", days_ago=20, recommends=2, satisfied=1)
            answered(members, people["ann"], "basic", days_ago=5, recommends=9, satisfied=4)
            answered(members, people["bob"], "basic", days_ago=5, recommends=7, satisfied=5)
            answered(members, people["cleo"], "basic", recommends=6)
            found = mean_scores(list(survey_list()))
        # One promoter, one detractor of three; (4 + 5) / 2.
        assert found == {"nps": 0.0, "satisfied": 4.5}
        assert mean_scores([]) == {"nps": None, "satisfied": None}

    def test_whoever_is_forgotten_leaves_the_answer_without_the_name(self, tenant, members, people):
        admin = Principal(member=members["admin"])
        with tenant_context(tenant.id):
            survey = answered(members, people["ann"], "basic")
            _open, path = ask(members, people["ann"])
            told = person_export(principal=admin, person_id=people["ann"].person_id)
            assert [row["ladder"] for row in told["surveys"]] == ["basic", ""]
            assert "key_digest" not in told["surveys"][0]
            person_erase(principal=admin, person_id=people["ann"].person_id)
            survey.refresh_from_db()
            assert (survey.contact_name, survey.contact_email, survey.ladder) == (
                "Erased person", "", "basic",
            )  # fmt: skip
        assert Client().get(path).status_code == 410


class TestRest:
    def test_surveys_are_asked_listed_read_and_revoked(self, account, people, api, tenant):
        client = api("kam")
        made = client.post(
            "/api/v1/surveys/", {"contact": str(people["ann"].pk), "send": False}, format="json"
        )
        assert made.status_code == 201, made.content
        body = made.json()
        assert (body["state"], body["contact_name"], body["account"]) == ("waiting", "Ann", str(account.pk))
        assert "/pulse/" in body["link"]
        assert made["Cache-Control"] == "no-store"
        assert "link" not in client.get(made["Location"]).json()
        listed = client.get(f"/api/v1/surveys/?account={account.pk}&state=waiting").json()
        assert [row["id"] for row in listed["results"]] == [body["id"]]
        revoked = client.post(f"{made['Location']}revoke/")
        assert (revoked.status_code, revoked.json()["state"]) == (200, "revoked")
        assert client.post(f"{made['Location']}revoke/").status_code == 409
        assert client.get("/api/v1/surveys/?state=waiting").json()["count"] == 0

    def test_a_link_that_is_mailed_is_not_answered_here(self, people, api):
        body = api("kam").post("/api/v1/surveys/", {"contact": str(people["ann"].pk)}, format="json").json()
        assert (body["sent"], body["link"]) == (True, None)

    def test_another_tenants_surveys_are_not_there(self, tenant, members, people, other_api):
        with tenant_context(tenant.id):
            survey, _path = ask(members, people["ann"])
        stranger = other_api("admin")
        assert stranger.get("/api/v1/surveys/").json()["count"] == 0
        for answer in (
            stranger.get(f"/api/v1/surveys/{survey.pk}/"),
            stranger.post(f"/api/v1/surveys/{survey.pk}/revoke/"),
        ):
            assert answer.status_code == 404
        asked = stranger.post("/api/v1/surveys/", {"contact": str(people["bob"].pk)}, format="json")
        assert asked.status_code == 400
