"""What is stored about one person is handed out and erased, history included."""

import datetime
import json

import pytest
from django.apps import apps

from buying_center.models import Contact, GridEntry, InfluenceLink, Person
from buying_center.services.personal_data import ERASED_NAME, leavers_erase, person_erase
from buying_center.tasks import leavers_erase_everywhere
from kam.tenancy.access import Principal
from kam.tenancy.context import tenant_context
from kam.tenancy.models import TenantSettings
from tests.factories import (
    AccountFactory,
    ContactFactory,
    ContactRoleFactory,
    InfluenceLinkFactory,
    PersonFactory,
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
