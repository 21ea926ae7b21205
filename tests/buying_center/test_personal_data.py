"""What is stored about one person is handed out and erased, history included."""

import datetime
import json

import pytest
from django.apps import apps
from django.utils import timezone

from buying_center.models import Connection, Contact, GridEntry, InfluenceLink, Person, PulseSurvey
from buying_center.services.personal_data import ERASED_NAME, leavers_erase, person_erase, person_export
from buying_center.tasks import leavers_erase_everywhere
from kam.tenancy.access import Principal
from kam.tenancy.context import tenant_context
from kam.tenancy.models import TenantSettings
from tests.factories import (
    AccountFactory,
    ActivityFactory,
    ConnectionFactory,
    ContactFactory,
    ContactRoleFactory,
    EngagementFactory,
    InfluenceLinkFactory,
    PersonFactory,
    SellingCenterMemberFactory,
)
from tests.imports.conftest import Import, counts, load, media  # noqa: F401

SECRET = "Ragna Tveitdal"


@pytest.fixture
def ragna(tenant, members):
    """Somebody with everything: judged twice, renamed, noted about, analysed, on a line."""
    with tenant_context(tenant.id, member_id=members["kam"].pk):
        account = AccountFactory(external_id="A1", owner=members["kam"])
        person = PersonFactory(
            name="Ragna T.", external_id="C1", email="ragna@fjellvik.example", phone="+47 900"
        )
        contact = ContactFactory(
            account=account, person=person, title="Finance chief of Fjellvik", power=8, note="Plays golf",
            personal_goals="Board seat", zone_power=True, zone_power_reason="Golf with the owner",
        )  # fmt: skip
        person.name = SECRET
        person.save()
        contact.attitude, contact.note = -1, "Plays golf on Fridays"
        contact.save()
        ContactRoleFactory(contact=contact, role="decider")
        GridEntry.objects.create(
            tenant_id=tenant.id, contact=contact, column="expectation_current", text="A quiet Friday"
        )
        other = ContactFactory(account=account, name="Matteo", reports_to=contact)
        InfluenceLinkFactory(source=other, target=contact, note="Ragna owes Matteo")
    return contact


def everything(tenant):
    """Every text of every table of this app, history included."""
    with tenant_context(tenant.id):
        return json.dumps(
            [
                list(model.objects.values())
                for model in apps.get_app_config("buying_center").get_models()
                if hasattr(model, "tenant")
            ],
            default=str,
        )


TRACES = ("Ragna", "ragna@", "+47 900", "golf", "Board seat", "Finance chief", "quiet Friday", '"C1"')


def test_a_person_is_erased_with_history_and_keeps_a_place_without_a_name(ragna, tenant, members):
    before = everything(tenant)
    assert all(trace.lower() in before.lower() for trace in TRACES)
    with tenant_context(tenant.id):
        person_erase(principal=Principal(members["admin"]), person_id=ragna.person_id)
    after = everything(tenant)
    assert [trace for trace in TRACES if trace.lower() in after.lower()] == []
    with tenant_context(tenant.id):
        contact = Contact.objects.select_related("person").get(pk=ragna.pk)
        assert (contact.person.name, contact.power, contact.attitude) == (ERASED_NAME, 8, -1)
        assert contact.reports.count() == 1 and InfluenceLink.objects.count() == 1
        assert contact.left_on is not None
        names = Person.history.rel.related_model.objects.filter(pgh_obj_id=ragna.person_id)
        assert {event.name for event in names} == {ERASED_NAME}


def test_no_import_brings_an_erased_person_back(ragna, tenant, members, load: Import):  # noqa: F811
    person_erase(principal=Principal(members["admin"]), person_id=ragna.person_id)
    text = "external_id,account_external_id,name\nC1,A1,Ragna Tveitdal\nC2,A1,Anna\n"
    job = load("contacts", text)
    assert counts(job) == (1, 0, 0, 0)
    assert set(Person.objects.values_list("name", flat=True)) == {ERASED_NAME, "Matteo", "Anna"}


def test_everything_stored_is_handed_out(ragna, api):
    body = api("admin").get(f"/api/v1/people/{ragna.person_id}/personal-data/").json()
    text = json.dumps(body, ensure_ascii=False)
    assert all(
        trace in text
        for trace in ("Plays golf on Fridays", "A quiet Friday", "Ragna owes Matteo", "Ragna T.")
    )
    assert "tenant_id" not in text


def test_only_administrators_hand_out_and_erase(ragna, api, other_api, browser_client):
    url = f"/api/v1/people/{ragna.person_id}/personal-data/"
    for role in ("executive", "kam", "contributor"):
        assert api(role).get(url).status_code == 403
        assert api(role).delete(url).status_code == 403
        assert browser_client(role).get(f"/people/{ragna.person_id}/data/").status_code == 403
    assert other_api("admin").delete(url).status_code == 404
    client = api("admin")
    assert client.delete(url).status_code == 204
    assert client.delete(url).status_code == 409
    assert client.patch(f"/api/v1/contacts/{ragna.pk}/", {"name": "Ragna"}, format="json").status_code == 409


def test_the_pages_hand_out_a_file_and_erase(ragna, browser_client):
    client = browser_client("admin")
    assert SECRET in client.get(f"/people/{ragna.person_id}/data/").content.decode()
    file = client.get(f"/people/{ragna.person_id}/data.json")
    assert "attachment" in file["Content-Disposition"] and SECRET in file.content.decode()
    client.post(f"/people/{ragna.person_id}/erase/")
    assert "This person was erased on" in client.get(f"/people/{ragna.person_id}/data/").content.decode()
    page = client.get(f"/accounts/{ragna.account_id}/people/{ragna.pk}/").content.decode()
    assert "asked to be forgotten" in page


def test_leavers_are_erased_when_their_time_is_up_and_not_before(tenant, in_tenant):
    today = datetime.date(2026, 7, 1)
    old = ContactFactory(name="Old leaver", left_on="2025-06-30")
    ContactFactory(name="New leaver", left_on="2025-07-02")
    both = PersonFactory(name="Moved on")
    ContactFactory(person=both, left_on="2020-01-01")
    ContactFactory(person=both)
    assert leavers_erase(today=today) == 0  # no limit is set
    TenantSettings.objects.update(person_retention_months=12)
    assert leavers_erase(today=today) == 1
    assert leavers_erase(today=today) == 0
    old.person.refresh_from_db()
    assert old.person.name == ERASED_NAME
    assert {"New leaver", "Moved on"} < set(Person.objects.values_list("name", flat=True))


def test_the_daily_task_asks_every_tenant(tenant, other_tenant, settings):
    settings.CELERY_TASK_ALWAYS_EAGER = True
    with tenant_context(other_tenant.id):
        TenantSettings.objects.update(person_retention_months=1)
        ContactFactory(name="Old leaver", left_on="2020-01-01")
    leavers_erase_everywhere()
    with tenant_context(other_tenant.id):
        assert Person.objects.get().name == ERASED_NAME


class TestLinkedData:
    """Connections, plans, the log and surveys (K11) forget a person too."""

    @pytest.fixture
    def linked(self, ragna, tenant, members):
        with tenant_context(tenant.id, member_id=members["kam"].pk):
            place = SellingCenterMemberFactory(account=ragna.account, member=members["kam"], role="kam")
            ConnectionFactory(contact=ragna, place=place, next_action="Call Ragna", note="Golf with Tveitdal")
            EngagementFactory(contact=ragna, place=place, purpose="Win Ragna over")
            met = ActivityFactory(
                account=ragna.account,
                subject="Golf with Ragna",
                text="Tveitdal won. Write to ragna@fjellvik.example.",
                people=(ragna, place),
            )
            heard = ActivityFactory(
                account=ragna.account,
                kind="note",
                subject="A rumour",
                text="Ragna Tveitdal may leave. Ragna or not.",
            )
            survey = PulseSurvey.objects.create(
                tenant_id=tenant.id,
                account=ragna.account,
                contact=ragna,
                key_digest="x",
                contact_name=SECRET,
                contact_email="ragna@fjellvik.example",
                asked_by=members["kam"],
                expires_at=timezone.now(),
            )
        return met, heard, survey

    def test_all_of_it_is_handed_out(self, ragna, linked, tenant, members):
        with tenant_context(tenant.id):
            given = person_export(principal=Principal(member=members["admin"]), person_id=ragna.person_id)
        assert [row["next_action"] for row in given["connections"]] == ["Call Ragna"]
        assert [row["purpose"] for row in given["engagements"]] == ["Win Ragna over"]
        assert [row["subject"] for row in given["activities"]] == ["Golf with Ragna"]
        assert given["surveys"][0]["contact_name"] == SECRET and "key_digest" not in given["surveys"][0]

    def test_erased_they_took_part_without_a_name(self, ragna, linked, tenant, members):
        met, heard, survey = linked
        with tenant_context(tenant.id, member_id=members["admin"].pk):
            person_erase(principal=Principal(member=members["admin"]), person_id=ragna.person_id)
            met.refresh_from_db()
            heard.refresh_from_db()
            survey.refresh_from_db()
            assert (met.subject, met.text) == (
                "Golf with Erased person",
                "Erased person won. Write to Erased person.",
            )
            assert next(str(one) for one in met.people.order_by("id")) == ERASED_NAME
            # Where they were not, only the whole name is surely theirs.
            assert heard.text == "Erased person may leave. Ragna or not."
            assert (survey.contact_name, survey.contact_email) == (ERASED_NAME, "")
            assert Connection.objects.get().strength == 3
            rumour = heard.pk
            heard.delete()
            apps.get_model("buying_center", "ActivityEvent").objects.filter(pgh_obj_id=rumour).delete()
        left = everything(tenant)
        for word in ("Ragna", "Tveitdal", "Golf with T", "ragna@"):
            assert word not in left, word
