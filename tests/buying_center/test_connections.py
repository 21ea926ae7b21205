"""Connections, engagement plans and the activity log over REST and through their services (K11)."""

import datetime
import uuid

import pytest
from django.utils import timezone

from buying_center.models import (
    Activity,
    ActivityPerson,
    Connection,
    Contact,
    Employee,
    Engagement,
    SellingCenterMember,
)
from buying_center.network import structure_of
from buying_center.selectors.centre import centre_rows
from buying_center.selectors.our_side import OurSide
from buying_center.selectors.selling_center import selling_center_list
from kam.tenancy.context import tenant_context
from tests.factories import (
    AccountFactory,
    ConnectionFactory,
    ContactFactory,
    SellingCenterMemberFactory,
)

CONNECTIONS, ACTIVITIES, ENGAGEMENTS = (
    f"/api/v1/{name}/" for name in ("connections", "activities", "engagements")
)
TODAY = timezone.localdate()


def days_ago(days):
    return TODAY - datetime.timedelta(days=days)


class World:
    """Fjellvik: Nora leads and is an executive besides; Bo is an employee without a login. Ragna decides."""

    def __init__(self, members):
        self.account = AccountFactory(name="Fjellvik", owner=members["kam"])
        self.bo = SellingCenterMemberFactory(
            account=self.account,
            employee=Employee.objects.create(tenant_id=self.account.tenant_id, name="Bo"),
        )
        self.second = SellingCenterMemberFactory(
            account=self.account, member=members["kam"], role="subject_matter_leader"
        )
        self.nora = SellingCenterMemberFactory(
            account=self.account, member=members["kam"], role="kam", is_lead=True
        )
        self.ragna = ContactFactory(account=self.account, name="Ragna", department="Finance", level="senior")
        self.matteo = ContactFactory(account=self.account, name="Matteo", department="Rental")


@pytest.fixture
def world(tenant, members):
    with tenant_context(tenant.id):
        return World(members)


def post(client, url, status=201, **values):
    body = {
        name: [str(one) for one in value]
        if isinstance(value, list)
        else str(value)
        if isinstance(value, uuid.UUID)
        else value
        for name, value in values.items()
    }
    response = client.post(url, body, format="json")
    assert response.status_code == status, response.json()
    return response.json()


class TestOurSide:
    def test_one_human_in_several_places_is_one_and_stands_on_the_leads(self, world, tenant):
        with tenant_context(tenant.id):
            side = OurSide.of(selling_center_list(account_id=world.account.pk), TODAY)
        assert [(human.name, human.id) for human in side.humans] == [
            ("Kam Northwind", world.nora.pk),
            ("Bo", world.bo.pk),
        ]
        assert side.human_of(world.second.pk).roles == ("kam", "subject_matter_leader")
        assert side.human_of(uuid.uuid4()) is None

    def test_places_that_have_ended_and_employees_who_left_are_nobody(self, world, tenant, members):
        with tenant_context(tenant.id):
            SellingCenterMember.objects.filter(pk=world.nora.pk).update(valid_to=days_ago(1))
            world.bo.employee.left_on = TODAY
            world.bo.employee.save()
            side = OurSide.of(selling_center_list(account_id=world.account.pk), TODAY)
        assert [human.id for human in side.humans] == [world.second.pk]

    @pytest.mark.parametrize(
        ("role", "level", "senior"),
        [
            ("sponsor", "", True),
            ("executive", "", True),
            ("kam", "", False),
            ("kam", "senior", True),
            ("executive", "middle", False),
        ],
    )
    def test_who_is_senior(self, world, tenant, role, level, senior):
        with tenant_context(tenant.id):
            SellingCenterMember.objects.filter(pk=world.bo.pk).update(role=role, level=level)
            side = OurSide.of(selling_center_list(account_id=world.account.pk), TODAY)
        assert side.human_of(world.bo.pk).is_senior is senior


class TestConnections:
    def test_it_is_made_read_changed_and_taken_away(self, world, api, members):
        client = api("kam")
        made = post(
            client,
            CONNECTIONS,
            place=world.second.pk,
            contact=world.ragna.pk,
            strength=2,
            desired=4,
            owner=members["executive"].user_id,
            next_action="Ask for lunch",
            next_action_on="2026-12-01",
        )
        # Nora's first place of today stands for all of hers.
        assert (made["place"], made["account"]) == (str(world.nora.pk), str(world.account.pk))
        assert (made["strength"], made["desired"], made["last_contact"]) == (2, 4, None)
        assert made["owner"] == str(members["executive"].user_id)
        url = f"{CONNECTIONS}{made['id']}/"
        tag = client.get(url)["ETag"]
        changed = client.patch(url, {"strength": 3}, format="json", headers={"If-Match": tag}).json()
        assert (changed["strength"], changed["desired"]) == (3, 4)
        stale = client.patch(url, {"strength": 5}, format="json", headers={"If-Match": tag})
        assert stale.status_code == 412
        assert client.get(f"{CONNECTIONS}?account={world.account.pk}").json()["count"] == 1
        assert client.delete(url).status_code == 204
        assert client.get(url).status_code == 404

    def test_two_people_are_connected_once_whatever_the_place(self, world, api):
        client = api("kam")
        post(client, CONNECTIONS, place=world.nora.pk, contact=world.ragna.pk, strength=2)
        again = post(client, CONNECTIONS, 409, place=world.second.pk, contact=world.ragna.pk, desired=2)
        assert again["errors"][0]["code"] == "unique"

    def test_what_does_not_fit_is_named(self, world, api, tenant):
        client = api("kam")
        with tenant_context(tenant.id):
            elsewhere = SellingCenterMemberFactory(employee=world.bo.employee)
            other = ContactFactory()
        base = {"place": world.nora.pk, "contact": world.ragna.pk, "strength": 3}
        for change, field in (
            ({"place": elsewhere.pk}, "place"),
            ({"contact": other.pk}, "place"),
            ({"strength": None}, "strength"),
            ({"strength": 6}, "strength"),
            ({"owner": uuid.uuid4()}, "owner"),
            ({"last_contact": "2026-01-01"}, None),
        ):
            status = 403 if "contact" in change else 400 if field else 201
            answer = post(client, CONNECTIONS, status, **{**base, **change})
            if status == 400:
                assert answer["errors"][0]["field"] == field
        admin = post(api("admin"), CONNECTIONS, 400, **{**base, "contact": other.pk})
        assert admin["errors"][0]["field"] == "place"

    def test_neither_end_can_be_moved(self, world, api):
        client = api("kam")
        made = post(client, CONNECTIONS, place=world.nora.pk, contact=world.ragna.pk, strength=2)
        url = f"{CONNECTIONS}{made['id']}/"
        for change in ({"contact": str(world.matteo.pk)}, {"place": str(world.bo.pk)}):
            response = client.patch(url, change, format="json")
            assert (response.status_code, response.json()["errors"][0]["code"]) == (400, "fixed")
        assert client.patch(url, {"place": str(world.second.pk)}, format="json").status_code == 200

    def test_the_buying_centre_counts_them_and_prefers_them_to_cover(self, world, tenant):
        with tenant_context(tenant.id):
            Contact.objects.filter(pk=world.ragna.pk).update(covered_by=world.second, strength=1)
            ConnectionFactory(contact=world.ragna, place=world.nora, strength=4)
            ConnectionFactory(contact=world.matteo, place=world.bo, strength=None, desired=5)
            centre = centre_rows(world.account.pk).centre
        assert [(tie.ours, tie.theirs, tie.strength, tie.is_cover) for tie in centre.ties] == [
            (str(world.nora.pk), str(world.ragna.pk), 4, False)
        ]
        assert structure_of(centre).kind == "bow_tie"


def log(client, world, day, contacts, places, **more):
    values = {"account": world.account.pk, "kind": "call", "subject": "Call", **more}
    return post(client, ACTIVITIES, happened_on=day.isoformat(), contacts=contacts, places=places, **values)


class TestActivities:
    def test_an_entry_is_made_read_searched_changed_and_removed(self, world, api, members):
        client = api("kam")
        made = log(client, world, days_ago(3), [world.ragna.pk], [world.nora.pk, world.bo.pk], text="Prices")
        assert made["author"] == str(members["kam"].user_id)
        assert (made["contacts"], made["places"]) == (
            [str(world.ragna.pk)],
            [str(world.nora.pk), str(world.bo.pk)],
        )
        log(client, world, days_ago(1), [world.matteo.pk], [], kind="note", subject="Heard a rumour")
        listed = client.get(f"{ACTIVITIES}?contact={world.ragna.pk}&search=price").json()
        assert [row["places"] for row in listed["results"]] == [made["places"]]
        assert client.get(f"{ACTIVITIES}?kind=note").json()["count"] == 1
        url = f"{ACTIVITIES}{made['id']}/"
        changed = client.patch(url, {"places": [str(world.bo.pk)], "kind": "meeting"}, format="json").json()
        assert (changed["places"], changed["contacts"]) == ([str(world.bo.pk)], [str(world.ragna.pk)])
        assert changed["version"] > made["version"]
        assert client.delete(url).status_code == 204

    def test_what_does_not_fit_is_named(self, world, api, tenant):
        with tenant_context(tenant.id):
            elsewhere = ContactFactory()
        base = {
            "account": world.account.pk,
            "kind": "call",
            "subject": "Call",
            "happened_on": TODAY.isoformat(),
        }
        for change, field in (
            ({"contacts": [elsewhere.pk]}, "contacts"),
            ({"places": [uuid.uuid4()]}, "places"),
            ({"happened_on": (TODAY + datetime.timedelta(days=1)).isoformat()}, "happened_on"),
            ({"subject": ""}, "subject"),
            ({"kind": "lunch"}, "kind"),
        ):
            answer = post(api("kam"), ACTIVITIES, 400, **{**base, **change})
            assert answer["errors"][0]["field"].partition(".")[0] == field

    def test_the_last_contact_follows_every_change_of_the_log(self, world, api, tenant):
        client = api("kam")
        post(client, CONNECTIONS, place=world.nora.pk, contact=world.ragna.pk, strength=2)
        post(client, CONNECTIONS, place=world.bo.pk, contact=world.ragna.pk, strength=2)

        def last():
            with tenant_context(tenant.id):
                days = {row.place_id: row.last_contact for row in Connection.objects.all()}
                contact = Contact.objects.get(pk=world.ragna.pk).last_contact
                return days[world.nora.pk], days[world.bo.pk], contact

        old = log(client, world, days_ago(40), [world.ragna.pk], [world.nora.pk, world.bo.pk])
        assert last() == (days_ago(40), days_ago(40), days_ago(40))
        # Nora's other place is the same Nora; a note is no contact; somebody of ours alone neither.
        new = log(client, world, days_ago(5), [world.ragna.pk, world.matteo.pk], [world.second.pk])
        log(client, world, days_ago(1), [world.ragna.pk], [world.nora.pk], kind="note")
        log(client, world, days_ago(1), [], [world.bo.pk])
        assert last() == (days_ago(5), days_ago(40), days_ago(5))
        client.patch(f"{ACTIVITIES}{new['id']}/", {"kind": "note"}, format="json")
        assert last() == (days_ago(40), days_ago(40), days_ago(40))
        client.patch(f"{ACTIVITIES}{old['id']}/", {"happened_on": days_ago(50).isoformat()}, format="json")
        assert last() == (days_ago(50), days_ago(50), days_ago(50))
        client.patch(f"{ACTIVITIES}{old['id']}/", {"places": [str(world.bo.pk)]}, format="json")
        assert last() == (None, days_ago(50), days_ago(50))
        client.delete(f"{ACTIVITIES}{old['id']}/")
        assert last() == (None, None, None)

    def test_a_typed_last_contact_loses_to_a_later_activity_and_comes_back_when_that_goes(
        self, world, api, tenant
    ):
        client = api("kam")
        url = f"/api/v1/contacts/{world.ragna.pk}/"

        def type_in(day):
            client.patch(url, {"last_contact": day and day.isoformat()}, format="json")

        def last():
            day = client.get(url).json()["last_contact"]
            return day and datetime.date.fromisoformat(day)

        type_in(days_ago(30))
        made = log(client, world, days_ago(10), [world.ragna.pk], [])
        assert last() == days_ago(10)
        client.patch(url, {"title": "Finance chief"}, format="json")
        client.delete(f"{ACTIVITIES}{made['id']}/")
        assert last() == days_ago(30)
        # Typed later than the log knows: it stands. Typed earlier: the log knows better.
        log(client, world, days_ago(10), [world.ragna.pk], [])
        type_in(days_ago(2))
        assert last() == days_ago(2)
        type_in(days_ago(60))
        assert last() == days_ago(10)

    def test_a_connection_made_later_knows_what_was_logged_before(self, world, api):
        client = api("kam")
        log(client, world, days_ago(7), [world.ragna.pk], [world.second.pk])
        made = post(client, CONNECTIONS, place=world.nora.pk, contact=world.ragna.pk, strength=2)
        assert made["last_contact"] == days_ago(7).isoformat()

    def test_it_costs_the_same_whatever_the_number_of_people(
        self, world, api, tenant, django_assert_max_num_queries
    ):
        client = api("kam")
        with tenant_context(tenant.id):
            many = [ContactFactory(account=world.account) for _ in range(20)]
            for contact in many:
                ConnectionFactory(contact=contact, place=world.nora)
        log(client, world, days_ago(8), [many[0].pk], [world.nora.pk])
        with django_assert_max_num_queries(60) as few:
            log(client, world, days_ago(7), [many[0].pk], [world.nora.pk])
        with django_assert_max_num_queries(60) as all_of_them:
            log(client, world, days_ago(6), [contact.pk for contact in many], [world.nora.pk])
        assert len(few) == len(all_of_them)
        with tenant_context(tenant.id):
            assert set(Connection.objects.values_list("last_contact", flat=True)) == {days_ago(6)}


class TestEngagements:
    def plan(self, client, world, day, **more):
        values = {"contact": world.ragna.pk, "place": world.nora.pk, "every_weeks": 6, **more}
        return post(client, ENGAGEMENTS, next_on=day.isoformat(), **values)

    def next_on(self, tenant, made):
        with tenant_context(tenant.id):
            return Engagement.objects.get(pk=made["id"]).next_on

    def test_it_is_made_read_changed_and_ended(self, world, api):
        client = api("kam")
        made = self.plan(client, world, days_ago(-5), purpose="Keep her warm")
        assert (made["kind"], made["account"]) == ("engagement", str(world.account.pk))
        twice = {"contact": world.ragna.pk, "place": world.second.pk, "every_weeks": 4}
        assert post(client, ENGAGEMENTS, 409, next_on="2026-01-01", **twice)["errors"][0]["field"] == "place"
        url = f"{ENGAGEMENTS}{made['id']}/"
        assert client.patch(url, {"every_weeks": 8}, format="json").json()["every_weeks"] == 8
        assert client.patch(url, {"every_weeks": 0}, format="json").status_code == 400
        assert client.delete(url).status_code == 204

    def test_the_date_moves_on_when_both_met_and_back_when_that_was_a_mistake(self, world, api, tenant):
        client = api("kam")
        made = self.plan(client, world, days_ago(3))
        log(client, world, days_ago(2), [world.ragna.pk], [world.bo.pk])
        log(client, world, days_ago(2), [world.ragna.pk], [world.nora.pk], kind="note")
        assert self.next_on(tenant, made) == days_ago(3)
        call = log(client, world, days_ago(1), [world.ragna.pk], [world.second.pk])
        assert self.next_on(tenant, made) == days_ago(1) + datetime.timedelta(weeks=6)
        # What happened long before moves nothing back.
        log(client, world, days_ago(90), [world.ragna.pk], [world.nora.pk])
        assert self.next_on(tenant, made) == days_ago(1) + datetime.timedelta(weeks=6)
        client.delete(f"{ACTIVITIES}{call['id']}/")
        assert self.next_on(tenant, made) == days_ago(3)

    def test_an_executive_review_is_kept_by_a_meeting_only(self, world, api, tenant):
        client = api("kam")
        made = self.plan(client, world, days_ago(3), kind="executive_review", every_weeks=26)
        log(client, world, days_ago(1), [world.ragna.pk], [world.nora.pk])
        assert self.next_on(tenant, made) == days_ago(3)
        log(client, world, days_ago(1), [world.ragna.pk], [world.nora.pk], kind="meeting")
        assert self.next_on(tenant, made) == days_ago(1) + datetime.timedelta(weeks=26)


class TestRights:
    @pytest.mark.parametrize("url", [CONNECTIONS, ACTIVITIES, ENGAGEMENTS])
    def test_executives_read_and_strangers_see_nothing(self, world, api, tenant, url):
        with tenant_context(tenant.id):
            ConnectionFactory(contact=world.ragna, place=world.nora)
        assert api("executive").get(url).status_code == 200
        assert api("executive").post(url, {}, format="json").status_code == 403
        assert api("contributor").get(url).json()["count"] == 0

    def test_deleting_a_contact_takes_all_of_it_along(self, world, api, tenant):
        client = api("kam")
        post(client, CONNECTIONS, place=world.nora.pk, contact=world.ragna.pk, strength=2)
        log(client, world, days_ago(7), [world.ragna.pk], [world.nora.pk])
        assert client.delete(f"/api/v1/contacts/{world.ragna.pk}/").status_code == 204
        with tenant_context(tenant.id):
            assert not Connection.objects.exists()
            assert (Activity.objects.count(), ActivityPerson.objects.count()) == (1, 1)
