"""The relationship matrix, who faces whom, the activity log and engagement plans as pages (K9, K11)."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from buying_center.models import Activity, Connection, Contact, Engagement
from kam.tenancy.context import tenant_context
from tests.buying_center.test_connections import World
from tests.factories import (
    AccountFactory,
    ActivityFactory,
    ConnectionFactory,
    ContactFactory,
    ContactRoleFactory,
    EngagementFactory,
)

TODAY = timezone.localdate()


def days_ago(days):
    return TODAY - datetime.timedelta(days=days)


@pytest.fixture
def world(tenant, members):
    with tenant_context(tenant.id):
        made = World(members)
        ContactRoleFactory(contact=made.ragna, role="decider")
        made.link = ConnectionFactory(contact=made.ragna, place=made.nora, strength=2, desired=4)
        ConnectionFactory(contact=made.matteo, place=made.nora, strength=4, next_action="Lunch")
        made.url = f"/accounts/{made.account.pk}/people/"
        made.cell = f"{made.url}{made.ragna.pk}/places/{made.nora.pk}/"
        made.log = f"/accounts/{made.account.pk}/activities/"
    return made


def cell_form(**values):
    names = ("strength", "desired", "next_action", "next_action_on", "owner", "note", "version")
    return {**dict.fromkeys(names, ""), **values}


class TestMatrix:
    def test_it_opens_with_what_falls_short_and_says_what_hangs_on_whom(self, world, browser_client):
        page = browser_client("kam").get(f"{world.url}matrix/").content.decode()
        assert (
            "connection is weaker than wanted, first of all Kam Northwind with Ragna: 2 instead of 4." in page
        )
        assert "One-to-many, and it hangs on Kam Northwind." in page
        assert "Lunch" in page and "no contact logged" in page
        assert page.count('<th scope="col"') == 4  # theirs, Nora, Bo, together

    def test_a_reader_sees_it_without_a_form(self, world, browser_client):
        client = browser_client("executive")
        page = client.get(f"{world.url}matrix/").content.decode()
        assert world.cell not in page and "of 4" in page
        assert client.get(world.cell).status_code == 403
        assert client.post(world.cell, cell_form(strength="5")).status_code == 403

    def test_it_is_filtered(self, world, browser_client):
        client = browser_client("kam")

        def names(query):
            page = client.get(f"{world.url}matrix/?{query}").context["page"]
            return [row.contact["name"] for row in page.object_list]

        assert names("state=short") == ["Ragna"]
        assert names("q=matteo") == ["Matteo"]
        assert names("department=Finance") == ["Ragna"]
        assert names("role=user") == []
        assert sorted(names(f"ours={world.bo.pk}")) == ["Matteo", "Ragna"]

    def test_a_cell_is_saved_by_a_plain_form_and_taken_back(self, world, browser_client, tenant, members):
        client = browser_client("kam")
        assert (
            "How well do Kam Northwind and Ragna know each other?" in client.get(world.cell).content.decode()
        )
        form = cell_form(
            strength="3",
            desired="5",
            next_action="Visit the plant",
            owner=str(members["kam"].user_id),
            version=str(world.link.version),
        )
        response = client.post(world.cell, form)
        assert response.status_code == 302 and response.url == f"{world.url}matrix/"
        with tenant_context(tenant.id):
            stored = Connection.objects.get(pk=world.link.pk)
        assert (stored.strength, stored.desired, stored.next_action) == (3, 5, "Visit the plant")
        page = client.get(response.url)
        undo = page.context["undo"]
        assert "Kam Northwind and Ragna: saved." in page.content.decode()
        client.post(undo["url"], undo["fields"])
        with tenant_context(tenant.id):
            stored = Connection.objects.get(pk=world.link.pk)
        assert (stored.strength, stored.desired, stored.next_action, stored.owner) == (2, 4, "", None)

    def test_somebody_elses_save_in_between_is_shown_and_not_overwritten(self, world, browser_client, tenant):
        client = browser_client("kam")
        with tenant_context(tenant.id):
            Connection.objects.filter(pk=world.link.pk).update(strength=5)
        answer = client.post(world.cell, cell_form(strength="1", version=str(world.link.version)))
        assert answer.status_code == 409
        page = answer.content.decode()
        assert "Somebody else saved this while you were typing" in page and "5 shares plans with us" in page

    def test_a_digit_is_saved_by_a_script_and_zero_takes_an_empty_connection_away(
        self, world, browser_client, tenant
    ):
        client = browser_client("kam")
        url = f"{world.url}{world.matteo.pk}/places/{world.bo.pk}/"
        json = {"headers": {"Accept": "application/json"}}
        made = client.post(url, {"strength": "4", "version": ""}, **json)
        assert made.status_code == 200 and "Bo and Matteo: 4" in made.json()["said"]
        with tenant_context(tenant.id):
            stored = Connection.objects.get(place=world.bo)
            assert (stored.strength, stored.desired) == (4, None)
        stale = client.post(url, {"strength": "2", "version": ""}, **json)
        assert stale.status_code == 409 and "It is 4 now. Yours was 2" in stale.json()["said"]
        gone = client.post(url, {"strength": "", "version": str(stored.version)}, **json)
        assert gone.status_code == 200
        with tenant_context(tenant.id):
            assert not Connection.objects.filter(place=world.bo).exists()
        undo = gone.json()["undo"]
        assert client.post(url, undo, **json).status_code == 200
        with tenant_context(tenant.id):
            assert Connection.objects.get(place=world.bo).strength == 4
        assert client.post(url, {"strength": "9", "version": "1"}, **json).status_code == 422

    def test_an_empty_one_teaches(self, tenant, members, browser_client):
        with tenant_context(tenant.id):
            account = AccountFactory(owner=members["kam"])
        url = f"/accounts/{account.pk}/people/matrix/"
        assert "Add the first person" in browser_client("kam").get(url).content.decode()
        with tenant_context(tenant.id):
            ContactFactory(account=account)
        assert "Nobody of ours is in the selling centre" in browser_client("kam").get(url).content.decode()


class TestStructure:
    def test_it_says_what_would_break_on_both_sides(self, world, browser_client):
        client = browser_client("executive")
        page = client.get(f"{world.url}structure/").content.decode()
        assert "One-to-many, and it hangs on Kam Northwind." in page
        assert page.count('id="face-') == 4
        ours = client.get(f"{world.url}structure/?without={world.nora.pk}")
        assert ours.context["gone_words"] == [
            "Matteo and Ragna know nobody else of ours.",
            "The structure falls from a one-to-many to nothing.",
            "No way would lead to Ragna any more.",
        ]
        theirs = client.get(f"{world.url}structure/?without={world.matteo.pk}")
        assert "The structure falls from a one-to-many to a bow tie." in theirs.context["gone_words"]
        assert client.get(f"{world.url}structure/?without=nonsense").context["gone"] is None

    def test_an_empty_one_teaches(self, tenant, members, browser_client):
        with tenant_context(tenant.id):
            account = AccountFactory(owner=members["kam"])
        page = browser_client("kam").get(f"/accounts/{account.pk}/people/structure/").content.decode()
        assert "Nobody of ours is connected with anybody there yet." in page and "Open the matrix" in page

    def test_the_metrics_answer_it(self, world, api, tenant):
        url = f"/api/v1/accounts/{world.account.pk}/metrics/"
        client = api("kam")
        first = client.get(url)
        assert first.json()["contact_structure"] == "one_to_many"
        with tenant_context(tenant.id):
            Contact.objects.filter(pk=world.matteo.pk).update(left_on=days_ago(1))
        second = client.get(url, headers={"If-None-Match": first["ETag"]})
        assert (second.status_code, second.json()["contact_structure"]) == (200, "bow_tie")


class TestActivities:
    def test_an_entry_is_logged_edited_and_taken_back(self, world, browser_client, tenant, members):
        client = browser_client("kam")
        assert "Nothing written down yet" in client.get(world.log).content.decode()
        form = {
            "kind": "call",
            "happened_on": days_ago(1).isoformat(),
            "subject": "Prices of spring",
            "contacts": [str(world.ragna.pk)],
            "places": [str(world.nora.pk)],
            "text": "She wants them fixed.",
            "version": "",
        }
        assert client.post(world.log, form).status_code == 302
        page = client.get(world.log).content.decode()
        assert "the latest yesterday: Prices of spring." in page and "written by Kam Northwind" in page
        with tenant_context(tenant.id):
            made = Activity.objects.get()
            assert Connection.objects.get(pk=world.link.pk).last_contact == days_ago(1)
        edit = f"{world.log}{made.pk}/"
        changed = {**form, "subject": "Prices", "contacts": [], "version": str(made.version)}
        assert client.post(edit, changed).status_code == 302
        undo = client.get(world.log).context["undo"]
        client.post(undo["url"], {**undo["fields"], **undo["lists"]})
        with tenant_context(tenant.id):
            made.refresh_from_db()
            assert (made.subject, made.people.count()) == ("Prices of spring", 2)
        stale = client.post(edit, changed)
        assert stale.status_code == 409 and "Somebody else saved this" in stale.content.decode()
        client.post(f"{edit}delete/")
        with tenant_context(tenant.id):
            assert not Activity.objects.exists()
            assert Connection.objects.get(pk=world.link.pk).last_contact is None
        undo = client.get(world.log).context["undo"]
        client.post(undo["url"], {**undo["fields"], **undo["lists"]})
        with tenant_context(tenant.id):
            assert Activity.objects.get().text == "She wants them fixed."
            assert Connection.objects.get(pk=world.link.pk).last_contact == days_ago(1)

    def test_a_fault_is_named_and_nothing_is_lost(self, world, browser_client):
        answer = browser_client("kam").post(
            world.log,
            {"kind": "call", "happened_on": days_ago(-3).isoformat(), "subject": "Soon", "version": ""},
        )
        page = answer.content.decode()
        assert answer.status_code == 422
        assert "That day is still to come" in page and 'value="Soon"' in page

    def test_it_is_filtered_by_kind_person_and_text(self, world, browser_client, tenant):
        with tenant_context(tenant.id):
            ActivityFactory(
                account=world.account, kind="call", subject="Alpha", people=(world.ragna, world.nora)
            )
            ActivityFactory(
                account=world.account, kind="note", subject="Beta", text="rumour", people=(world.bo,)
            )
        client = browser_client("executive")

        def found(query):
            page = client.get(f"{world.log}?{query}").context["page"]
            return [row.subject for row in page.object_list]

        assert found("") == ["Beta", "Alpha"]
        assert found("kind=call") == ["Alpha"]
        assert found(f"contact={world.ragna.pk}") == ["Alpha"]
        assert found(f"place={world.bo.pk}") == ["Beta"]
        assert found("q=rumour") == ["Beta"]
        assert found("kind=nonsense&contact=x") == ["Beta", "Alpha"]
        assert "Log an activity" not in client.get(world.log).content.decode()


class TestEngagements:
    def test_a_plan_is_made_changed_and_ended_from_the_page_of_the_person(
        self, world, browser_client, tenant
    ):
        client = browser_client("kam")
        base = f"{world.url}{world.ragna.pk}/"
        page = client.get(f"{base}links/").content.decode()
        assert "Only Kam Northwind knows Ragna" in page and "No engagement plan" in page
        form = {
            "place": str(world.nora.pk),
            "kind": "engagement",
            "every_weeks": "6",
            "next_on": days_ago(2).isoformat(),
            "purpose": "",
        }
        assert client.post(f"{base}engagements/", {**form, "every_weeks": "0"}).status_code == 422
        assert client.post(f"{base}engagements/", form).status_code == 302
        fragment = client.get(f"{base}links/", headers={"HX-Request": "true"}).content.decode()
        assert "Overdue since" in fragment and "<html" not in fragment
        assert "Ragna is overdue since" in client.get(f"{world.url}matrix/").content.decode()
        with tenant_context(tenant.id):
            plan = Engagement.objects.get()
        edit = f"{base}engagements/{plan.pk}/"
        assert "every how many weeks" in client.get(edit).content.decode().lower()
        changed = {**form, "every_weeks": "8", "version": str(plan.version)}
        assert client.post(edit, changed).status_code == 302
        assert client.post(edit, changed).status_code == 409
        assert client.post(f"{edit}delete/").status_code == 302
        with tenant_context(tenant.id):
            assert not Engagement.objects.exists()


class TestCost:
    def test_every_page_costs_the_same_at_two_and_at_twenty(self, world, browser_client, tenant):
        client = browser_client("kam")
        with tenant_context(tenant.id):
            ActivityFactory(account=world.account, people=(world.ragna, world.nora))
            EngagementFactory(contact=world.ragna, place=world.nora)

        def cost(url):
            client.get(url)
            with CaptureQueriesContext(connection) as asked:
                assert client.get(url).status_code == 200
            return len(asked)

        nothing = cost("/profile/")
        pages = [
            f"{world.url}matrix/",
            f"{world.url}structure/",
            f"{world.url}structure/?without={world.nora.pk}",
            f"{world.url}{world.ragna.pk}/links/",
            f"{world.url}{world.ragna.pk}/",
            world.log,
        ]
        few = [cost(url) for url in pages]
        with tenant_context(tenant.id):
            for _ in range(18):
                other = ContactFactory(account=world.account)
                ConnectionFactory(contact=other, place=world.bo)
                EngagementFactory(contact=other, place=world.bo)
                ActivityFactory(account=world.account, people=(other, world.ragna, world.nora, world.bo))
        assert [cost(url) for url in pages] == few
        assert max(few) <= nothing + 12


class TestStrangers:
    def test_another_tenant_finds_none_of_it(self, world, other_tenant, other_members, client):
        client.force_login(other_members["kam"].user, backend="kam.tenancy.backends.MemberBackend")
        for url in (f"{world.url}matrix/", f"{world.url}structure/", world.log, world.cell):
            assert client.get(url).status_code == 404
        assert client.post(world.cell, cell_form(strength="5")).status_code == 404
