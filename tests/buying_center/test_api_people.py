"""`contacts/`, `contact-roles/`, `influence-links/` over REST (K13)."""

import uuid

import pytest
from django.utils import timezone

from buying_center.models import Contact, ContactRole, InfluenceLink, Person
from kam.common.dates import months_after
from kam.tenancy.context import tenant_context
from tests.factories import (
    AccountFactory,
    ContactFactory,
    ContactRoleFactory,
    InfluenceLinkFactory,
    SellingCenterMemberFactory,
)

CONTACTS = "/api/v1/contacts/"


@pytest.fixture
def account(tenant, members):
    with tenant_context(tenant.id):
        return AccountFactory(name="Fjellvik", owner=members["kam"])


def add(client, account, **values):
    response = client.post(CONTACTS, {"account": str(account.pk), **values}, format="json")
    assert response.status_code == 201, response.json()
    return response.json()


class TestContacts:
    def test_a_contact_is_added_read_changed_and_removed(self, account, api, tenant):
        client = api("kam")
        boss = add(client, account, name="Sindre Aaslund", title="Chief executive", level="executive")
        found = add(
            client,
            account,
            external_id="C-1",
            name="Ragna Tveitdal",
            roles=["decider", "influencer"],
            reports_to=boss["id"],
            power=8,
            attitude=-1,
        )
        assert (found["roles"], found["reports_to"], found["power"]) == (
            ["decider", "influencer"],
            boss["id"],
            8,
        )
        assert found["email"] is None and found["strength"] is None
        url = f"{CONTACTS}{found['id']}/"
        changed = client.patch(url, {"email": "ragna@fjellvik.example", "attitude": 1}, format="json").json()
        assert (changed["email"], changed["attitude"], changed["roles"]) == (
            "ragna@fjellvik.example",
            1,
            ["decider", "influencer"],
        )
        assert client.delete(url).status_code == 204
        with tenant_context(tenant.id):
            assert list(Person.objects.values_list("name", flat=True)) == ["Sindre Aaslund"]
            assert not ContactRole.objects.exists()

    def test_a_judgement_names_its_author_and_the_next_one_is_due_in_six_months(self, account, api, members):
        client = api("kam")
        plain = add(client, account, name="Anna")
        assert plain["assessed_on"] is None
        judged = client.patch(f"{CONTACTS}{plain['id']}/", {"attitude": 2}, format="json").json()
        today = timezone.localdate()
        assert judged["assessed_by"] == str(members["kam"].user_id)
        assert judged["assessed_on"] == today.isoformat()
        assert judged["next_assessment"] == months_after(today, 6).isoformat()

    def test_the_same_person_works_for_two_accounts(self, account, api, tenant):
        client = api("admin")
        with tenant_context(tenant.id):
            second = AccountFactory()
        here = add(client, account, name="Eva", external_id="E-1", power=3)
        there = add(client, second, person=here["person"], power=9)
        assert (there["name"], there["external_id"], here["id"] != there["id"]) == ("Eva", "E-1", True)
        again = client.post(CONTACTS, {"account": str(second.pk), "person": here["person"]}, format="json")
        assert again.status_code == 409
        client.patch(f"{CONTACTS}{there['id']}/", {"name": "Eva Berg"}, format="json")
        rows = client.get(f"{CONTACTS}?person={here['person']}&ordering=-power").json()["results"]
        assert [(row["name"], row["power"]) for row in rows] == [("Eva Berg", 9), ("Eva Berg", 3)]
        client.delete(f"{CONTACTS}{there['id']}/")
        assert client.get(f"{CONTACTS}{here['id']}/").json()["name"] == "Eva Berg"

    def test_a_stale_write_is_refused_whether_the_person_the_place_or_a_role_changed(self, account, api):
        client = api("kam")
        found = add(client, account, name="Anna", roles=["user"])
        url = f"{CONTACTS}{found['id']}/"
        for change in ({"name": "Anna B"}, {"title": "Buyer"}, {"roles": ["buyer"]}):
            tag = client.get(url)["ETag"]
            assert client.patch(url, change, format="json", HTTP_IF_MATCH=tag).status_code == 200
            stale = client.patch(url, {"note": "mine"}, format="json", HTTP_IF_MATCH=tag)
            assert stale.status_code == 412
        assert client.get(url).json()["note"] is None

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"power": 11}, "power"),
            ({"attitude": -3}, "attitude"),
            ({"strength": 6}, "strength"),
            ({"roles": ["boss"]}, "roles.0"),
            ({"zone_power": True}, "zone_power_reason"),
            ({"reports_to": str(uuid.uuid4())}, "reports_to"),
            ({"covered_by": str(uuid.uuid4())}, "covered_by"),
            ({"name": ""}, "name"),
            ({"map_x": 1.5}, "map_y"),
        ],
    )
    def test_what_makes_no_sense_is_refused_at_its_field(self, account, api, values, field):
        response = api("kam").post(
            CONTACTS, {"account": str(account.pk), "name": "Anna", **values}, format="json"
        )
        assert response.status_code == 400, response.json()
        assert field in {fault["field"] for fault in response.json()["errors"]}

    def test_nobody_stands_above_themselves(self, account, api):
        client = api("kam")
        top = add(client, account, name="Top")
        middle = add(client, account, name="Middle", reports_to=top["id"])
        low = add(client, account, name="Low", reports_to=middle["id"])
        response = client.patch(f"{CONTACTS}{top['id']}/", {"reports_to": low["id"]}, format="json")
        assert response.status_code == 400
        assert response.json()["errors"][0]["code"] == "cycle"

    def test_cover_and_managers_are_of_the_same_account(self, account, api, tenant, members):
        with tenant_context(tenant.id):
            mine = SellingCenterMemberFactory(account=account, member=members["kam"], role="kam")
            other = SellingCenterMemberFactory(member=members["kam"], role="kam")
            stranger = ContactFactory()
        client = api("kam")
        covered = add(client, account, name="Anna", covered_by=str(mine.pk))
        assert covered["covered_by"] == str(mine.pk)
        url = f"{CONTACTS}{covered['id']}/"
        for values in ({"covered_by": str(other.pk)}, {"reports_to": str(stranger.pk)}):
            assert client.patch(url, values, format="json").status_code == 400

    def test_lists_are_filtered_searched_and_ordered(self, account, api, tenant):
        with tenant_context(tenant.id):
            anna = ContactFactory(account=account, name="Anna Berg", title="Head of purchasing", power=5)
            ContactRoleFactory(contact=anna, role="buyer")
            ContactFactory(account=account, name="Bo", power=9, left_on="2025-01-31")
            ContactFactory(name="Elsewhere")
        client = api("executive")

        def names(query):
            response = client.get(f"{CONTACTS}?{query}")
            assert response.status_code == 200, response.json()
            return [row["name"] for row in response.json()["results"]]

        assert names("ordering=name") == ["Anna Berg", "Bo", "Elsewhere"]
        assert names(f"account={account.pk}&ordering=-power") == ["Bo", "Anna Berg"]
        assert names("role=buyer") == ["Anna Berg"]
        assert names("search=purchas") == ["Anna Berg"]
        assert names("left=false") == ["Bo"]
        assert names("uncovered=true&search=anna") == ["Anna Berg"]
        assert client.get(f"{CONTACTS}?ordering=email").status_code == 400

    def test_a_list_costs_the_same_however_long_it_is(
        self, account, api, tenant, django_assert_max_num_queries
    ):
        client = api("executive")
        with tenant_context(tenant.id):
            for _ in range(20):
                ContactRoleFactory(contact=ContactFactory(account=account))
        with django_assert_max_num_queries(12):
            assert client.get(CONTACTS).json()["count"] == 20


class TestWhoMay:
    def test_managers_write_only_their_own_accounts(self, account, api, tenant):
        with tenant_context(tenant.id):
            foreign = ContactFactory(name="Not mine")
        client = api("kam")
        url = f"{CONTACTS}{foreign.pk}/"
        assert client.get(url).status_code == 200
        assert client.patch(url, {"title": "x"}, format="json").status_code == 403
        assert client.delete(url).status_code == 403
        response = client.post(CONTACTS, {"account": str(foreign.account_id), "name": "X"}, format="json")
        assert response.status_code == 403

    def test_a_contributor_reads_no_judgement_of_an_account_outside_their_team(self, account, api, tenant):
        with tenant_context(tenant.id):
            here = ContactFactory(account=account, name="Anna", power=9)
        client = api("contributor")
        assert client.get(f"{CONTACTS}{here.pk}/").status_code == 404
        assert client.get(CONTACTS).json()["count"] == 0
        assert client.get("/api/v1/contact-roles/").json()["count"] == 0

    def test_another_tenants_people_do_not_exist(self, account, other_api, tenant):
        with tenant_context(tenant.id):
            link = InfluenceLinkFactory(source__account=account)
            role = ContactRoleFactory(contact=link.source)
        client = other_api("admin")
        for path in (
            f"contacts/{link.source_id}",
            f"influence-links/{link.pk}",
            f"contact-roles/{role.pk}",
        ):
            for method in (client.get, client.delete):
                assert method(f"/api/v1/{path}/").status_code == 404


class TestRolesAndLines:
    def test_a_role_has_its_committee_and_stands_once(self, account, api, tenant):
        client = api("kam")
        contact = add(client, account, name="Anna")
        body = {"contact": contact["id"], "role": "decider", "committee": "Investment board"}
        role = client.post("/api/v1/contact-roles/", body, format="json").json()
        assert role["committee"] == "Investment board"
        assert client.post("/api/v1/contact-roles/", body, format="json").status_code == 409
        # Replacing the list keeps what a role that stays says of itself.
        client.patch(f"{CONTACTS}{contact['id']}/", {"roles": ["decider", "user"]}, format="json")
        with tenant_context(tenant.id):
            assert ContactRole.objects.get(role="decider").committee == "Investment board"

    def test_a_line_joins_two_people_of_one_account(self, account, api, tenant):
        client = api("kam")
        anna, bo = (add(client, account, name=name)["id"] for name in ("Anna", "Bo"))
        with tenant_context(tenant.id):
            stranger = ContactFactory()
        lines = "/api/v1/influence-links/"
        body = {"from": anna, "to": bo, "topic": "price", "strength": 4}
        line = client.post(lines, body, format="json")
        assert line.status_code == 201, line.json()
        assert {name: line.json()[name] for name in body} == body
        assert line.json()["account"] == str(account.pk)
        assert client.post(lines, body, format="json").status_code == 409
        assert client.post(lines, {**body, "kind": "conflict"}, format="json").status_code == 201
        for wrong in ({"to": anna}, {"to": str(stranger.pk)}, {"strength": 6}, {"to": None}):
            assert client.post(lines, {**body, **wrong}, format="json").status_code == 400
        url = f"{lines}{line.json()['id']}/"
        turned = client.patch(url, {"from": bo, "to": anna, "strength": 2}, format="json")
        assert (turned.json()["from"], turned.json()["strength"]) == (bo, 2)
        assert client.patch(url, {"to": bo}, format="json").status_code == 400

    def test_who_changed_a_judgement_stays_in_the_history(self, account, api, tenant, members):
        client = api("kam")
        contact = add(client, account, name="Anna", attitude=-1)
        client.patch(f"{CONTACTS}{contact['id']}/", {"attitude": 1, "strength": 3}, format="json")
        with tenant_context(tenant.id):
            events = Contact.objects.get().history.order_by("pgh_id")
            assert [event.attitude for event in events] == [-1, 1]
            assert events.last().pgh_context["member"] == str(members["kam"].pk)

    def test_removing_somebody_takes_their_lines_and_lets_their_people_go(self, account, api, tenant):
        with tenant_context(tenant.id):
            boss = ContactFactory(account=account)
            report = ContactFactory(account=account, reports_to=boss)
            InfluenceLinkFactory(source=boss, target=report)
        assert api("kam").delete(f"{CONTACTS}{boss.pk}/").status_code == 204
        with tenant_context(tenant.id):
            report.refresh_from_db()
            assert report.reports_to_id is None
            assert not InfluenceLink.objects.exists()
