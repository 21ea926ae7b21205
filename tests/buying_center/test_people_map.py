"""`accounts/{id}/people-map/`: what the map draws, today and on earlier days, and moving people on it (K13, K14)."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from buying_center.models import Contact, ContactRole, InfluenceLink
from kam.tenancy.context import tenant_context
from tests.buying_center.history import happened
from tests.buying_center.test_centre_api import _fill
from tests.factories import (
    AccountFactory,
    ContactFactory,
    ContactRoleFactory,
    InfluenceLinkFactory,
    SellingCenterMemberFactory,
)


@pytest.fixture
def world(tenant, members):
    """Nora covers Matteo, who influences Ragna, who decides; all of them known since January."""
    with tenant_context(tenant.id):
        account = AccountFactory(name="Fjellvik", owner=members["kam"])
        nora = SellingCenterMemberFactory(account=account, member=members["kam"], role="kam", is_lead=True)
        ragna = ContactFactory(account=account, name="Ragna", power=8, attitude=-1, receptiveness=7)
        matteo = ContactFactory(account=account, name="Matteo", power=5, strength=5, covered_by=nora)
        role = ContactRoleFactory(contact=ragna, role="decider")
        link = InfluenceLinkFactory(source=matteo, target=ragna, topic="service record", strength=4)
        for contact in (ragna, matteo):
            happened("Contact", "2026-01-10", pgh_obj_id=contact.pk)
            happened("Person", "2026-01-10", pgh_obj_id=contact.person_id)
        happened("ContactRole", "2026-01-10", pgh_obj_id=role.pk)
        happened("InfluenceLink", "2026-02-01", pgh_obj_id=link.pk)
        return {
            "account": account,
            "ragna": ragna,
            "matteo": matteo,
            "nora": nora,
            "link": link,
            "role": role,
            "url": f"/api/v1/accounts/{account.pk}/people-map/",
        }


def read(client, world, **query):
    """What is drawn, and what is computed of it."""
    replies = [client.get(url, query) for url in (world["url"], f"{world['url']}findings/")]
    assert [reply.status_code for reply in replies] == [200, 200], replies[0].content
    drawn, computed = (reply.json() for reply in replies)
    assert drawn["as_of"] == computed["as_of"]
    return {**drawn, **computed}


def people(body):
    return {node["name"]: node for node in body["nodes"]}


def place(world, name, version=None, **values):
    contact = world[name]
    return {
        "contact": str(contact.pk),
        "version": version or contact.version + contact.person.version,
        **values,
    }


class TestToday:
    def test_it_holds_what_the_map_draws(self, world, api):
        body = read(api("executive"), world)
        ragna = people(body)["Ragna"]
        assert (ragna["roles"], ragna["zones"]) == (["decider"], ["power", "threat", "receptive"])
        assert (ragna["x"], ragna["y"], ragna["is_parked"]) == (None, None, False)
        assert body["as_of"] is None
        assert [step["strength"] for step in body["paths"][0]["steps"]] == [5, 4]
        assert body["paths"][0]["reason"] == "Weakest step: Matteo to Ragna, 4 of 5."
        assert body["gaps"][0]["act"] == "edit"
        assert body["ties"] == [
            {"ours": str(world["nora"].pk), "contact": str(world["matteo"].pk), "strength": 5}
        ]

    def test_a_thousand_people_cost_as_many_queries_as_two(self, world, tenant, members, api):
        with tenant_context(tenant.id):
            account = AccountFactory(owner=members["kam"])
            _fill(account, people=1000, lines=3000)
        client = api("kam")
        client.get("/api/v1/me/")
        just_now = timezone.now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        paths = {
            "nothing": "/api/v1/me/",
            "two": world["url"],
            "thousand": f"/api/v1/accounts/{account.pk}/people-map/",
            "past two": f"{world['url']}?as_of={just_now}",
            "past thousand": f"/api/v1/accounts/{account.pk}/people-map/?as_of={just_now}",
            "history two": f"{world['url']}history/",
            "history thousand": f"/api/v1/accounts/{account.pk}/people-map/history/",
        }
        counts = {}
        for name, path in paths.items():
            with CaptureQueriesContext(connection) as asked:
                reply = client.get(path)
            assert reply.status_code == 200
            counts[name] = len(asked)
            if name.endswith("thousand") and "nodes" in reply.json():
                assert (len(reply.json()["nodes"]), len(reply.json()["links"])) == (1000, 3000)
        # Settings, account, our side, roles, people, connections, lines.
        assert counts["thousand"] == counts["two"] <= counts["nothing"] + 9
        assert counts["past thousand"] == counts["past two"] <= counts["nothing"] + 12
        assert counts["history thousand"] <= counts["history two"] <= counts["nothing"] + 12


class TestThePast:
    def test_a_day_shows_the_roles_judgements_and_lines_that_stood_then(self, world, tenant, api):
        client = api("kam")
        with tenant_context(tenant.id):
            Contact.objects.filter(pk=world["ragna"].pk).update(attitude=1, reports_to=None)
            happened("Contact", "2026-03-05", pgh_obj_id=world["ragna"].pk)
            InfluenceLink.objects.filter(pk=world["link"].pk).update(strength=2)
            happened("InfluenceLink", "2026-03-06", pgh_obj_id=world["link"].pk)
            ContactRole.objects.filter(pk=world["role"].pk).delete()
            happened("ContactRole", "2026-03-07", pgh_obj_id=world["role"].pk)
        before = read(client, world, as_of="2026-03-01T00:00:00Z")
        assert people(before)["Ragna"]["attitude"] == -1
        assert people(before)["Ragna"]["roles"] == ["decider"]
        assert [link["strength"] for link in before["links"]] == [4]
        assert before["today"] == "2026-03-01"
        assert [path["strength"] for path in before["paths"]] == [4]
        after = read(client, world, as_of="2026-03-08T00:00:00Z")
        assert people(after)["Ragna"]["attitude"] == 1
        assert people(after)["Ragna"]["roles"] == []
        assert [link["strength"] for link in after["links"]] == [2]
        assert after["paths"] == []

    def test_the_latest_past_is_the_present(self, world, tenant, api):
        """Tables and audit trail give the same map, to the last key."""
        with tenant_context(tenant.id):
            ContactFactory(
                account=world["account"], name="Gone", left_on="2026-03-01", title="Chief", map_x=1, map_y=2
            )
        client = api("kam")
        just_now = timezone.now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        now, past = read(client, world), read(client, world, as_of=just_now)
        assert past.pop("as_of") is not None and now.pop("as_of") is None
        assert len(now["nodes"]) == 3
        assert people(now)["Gone"]["version"] == people(past)["Gone"]["version"] == 2
        # The database counted that `happened` moved the events of the others.
        for body in (now, past):
            for row in (*body["nodes"], *body["links"]):
                del row["version"]
        assert now == past

    def test_before_anybody_was_known_it_is_empty_and_says_so(self, world, api):
        body = read(api("kam"), world, as_of="2025-12-31T00:00:00Z")
        assert (body["nodes"], body["links"]) == ([], [])
        assert body["finding"] == "Nobody at this customer is known yet."

    def test_a_line_begins_and_ends_and_a_leaver_stays_until_the_day(self, world, tenant, api):
        client = api("kam")
        with tenant_context(tenant.id):
            InfluenceLink.objects.filter(pk=world["link"].pk).delete()
            happened("InfluenceLink", "2026-04-01", pgh_obj_id=world["link"].pk)
            Contact.objects.filter(pk=world["matteo"].pk).update(left_on="2026-04-02")
            happened("Contact", "2026-04-02", pgh_obj_id=world["matteo"].pk)
        lines = [
            len(read(client, world, as_of=f"{day}T23:00:00Z")["links"])
            for day in ("2026-01-31", "2026-02-01", "2026-04-01")
        ]
        assert lines == [0, 1, 0]
        assert people(read(client, world, as_of="2026-04-01T23:00:00Z"))["Matteo"]["left_on"] is None
        assert people(read(client, world, as_of="2026-04-02T23:00:00Z"))["Matteo"]["left_on"] == "2026-04-02"

    @pytest.mark.parametrize("given", ["yesterday", "2026-13-01T00:00:00Z", ""])
    def test_a_moment_that_is_none_is_refused_by_name(self, world, api, given):
        reply = api("kam").get(world["url"], {"as_of": given})
        assert reply.status_code == 400
        assert reply.json()["errors"][0]["field"] == "as_of"

    def test_a_day_to_come_is_today(self, world, api):
        assert read(api("kam"), world, as_of="2999-01-01T00:00:00Z")["as_of"] is None


class TestWhatChanged:
    def marks(self, client, world):
        return client.get(f"{world['url']}history/").json()["marks"]

    def test_days_with_changes_are_marks_and_say_them_in_words(self, world, tenant, members, api):
        with tenant_context(tenant.id):
            other = ContactFactory(account=world["account"], name="Oddmar", reports_to=world["ragna"])
            happened("Contact", "2026-03-01", pgh_obj_id=other.pk)
            happened("Person", "2026-03-01", pgh_obj_id=other.person_id)
            other.reports_to, other.power, other.covered_by = world["matteo"], 6, world["nora"]
            other.save()
            happened("Contact", "2026-03-02", pgh_obj_id=other.pk)
            ContactRoleFactory(contact=other, role="user")
            happened("ContactRole", "2026-03-02", contact_id=other.pk)
            other.attitude = -2
            other.save()
            happened("Contact", "2026-03-03", pgh_obj_id=other.pk)
        marks = self.marks(api("kam"), world)
        said = {mark["at"][:10]: [change["words"] for change in mark["changes"]] for mark in marks}
        assert said == {
            "2026-01-10": ["Ragna joined", "Matteo joined"],
            "2026-02-01": ["Matteo influences Ragna on service record, 4 of 5"],
            "2026-03-01": ["Oddmar joined"],
            "2026-03-02": [
                "Oddmar reports to Matteo",
                f"{members['kam'].user.display_name} covers Oddmar",
                "Oddmar: power judged 6",
                "Oddmar is user",
            ],
            "2026-03-03": ["Oddmar: attitude judged \u22122"],
        }

    def test_where_a_card_lies_is_no_change(self, world, api):
        client = api("kam")
        before = self.marks(client, world)
        client.patch(world["url"], {"places": [place(world, "ragna", x=10, y=20)]}, format="json")
        assert self.marks(client, world) == before

    def test_a_change_says_who_made_it(self, world, members, api):
        client = api("kam")
        client.patch(f"/api/v1/contacts/{world['ragna'].pk}/", {"power": 9}, format="json")
        last = self.marks(client, world)[-1]["changes"]
        assert [(change["words"], change["by"]) for change in last] == [
            ("Ragna: power 8 → 9", members["kam"].user.display_name)
        ]


class TestMoving:
    def test_places_and_the_parking_lot_are_kept_and_versions_come_back(self, world, api):
        client = api("kam")
        reply = client.patch(
            world["url"],
            {"places": [place(world, "ragna", x=100.5, y=40), place(world, "matteo", is_parked=True)]},
            format="json",
        )
        assert reply.status_code == 200, reply.content
        shown = people(read(client, world))
        assert (shown["Ragna"]["x"], shown["Ragna"]["y"]) == (100.5, 40)
        assert shown["Matteo"]["is_parked"] is True
        assert {row["contact"]: row["version"] for row in reply.json()["places"]} == {
            node["id"]: node["version"] for node in shown.values()
        }

    def test_one_who_was_changed_since_stops_all_and_nobody_moves(self, world, api):
        client = api("kam")
        client.patch(f"/api/v1/contacts/{world['matteo'].pk}/", {"power": 6}, format="json")
        reply = client.patch(
            world["url"],
            {"places": [place(world, "ragna", x=1, y=2), place(world, "matteo", x=3, y=4)]},
            format="json",
        )
        assert reply.status_code == 412
        assert {node["x"] for node in read(client, world)["nodes"]} == {None}

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"x": 5}, "places"),
            ({"x": "left", "y": 1}, "places.0.x"),
            ({"x": 1e9, "y": 1}, "places.0.x"),
            ({"colour": "red"}, "places.0.colour"),
        ],
    )
    def test_half_a_place_and_nonsense_are_refused_by_name(self, world, api, values, field):
        reply = api("kam").patch(world["url"], {"places": [place(world, "ragna", **values)]}, format="json")
        assert reply.status_code in (400, 422)
        assert reply.json()["errors"][0]["field"] == field

    def test_people_of_another_account_cannot_be_moved(self, world, tenant, members, api):
        with tenant_context(tenant.id):
            stranger = ContactFactory(account=AccountFactory(owner=members["kam"]))
        reply = api("kam").patch(
            world["url"],
            {"places": [{"contact": str(stranger.pk), "version": 2, "x": 1, "y": 1}]},
            format="json",
        )
        assert reply.status_code in (400, 422)
        assert reply.json()["errors"][0]["field"] == "places.0.contact"

    def test_readers_see_and_cannot_move_and_other_tenants_find_nothing(self, world, api, other_api):
        body = {"places": [place(world, "ragna", x=1, y=1)]}
        assert api("executive").get(world["url"]).status_code == 200
        assert api("executive").patch(world["url"], body, format="json").status_code == 403
        assert other_api("admin").get(world["url"]).status_code == 404
        assert other_api("admin").get(f"{world['url']}history/").status_code == 404
        assert other_api("admin").patch(world["url"], body, format="json").status_code == 404


class TestThePage:
    def test_the_tab_opens_what_was_used_last_and_a_phone_the_table(self, world, browser_client):
        client, table = browser_client("kam"), f"/accounts/{world['account'].pk}/people/"
        assert client.get(table).status_code == 200
        assert client.get(f"{table}map/").status_code == 200
        assert client.get(table).headers["Location"] == f"{table}map/?from=tab"
        assert client.get(table, HTTP_SEC_CH_UA_MOBILE="?1").status_code == 200
        assert client.get(f"{table}?view=table").status_code == 200
        assert client.get(table).status_code == 200

    def test_whoever_may_not_change_is_told_so_and_gets_no_buttons(self, world, browser_client):
        text = (
            browser_client("executive").get(f"/accounts/{world['account'].pk}/people/map/").content.decode()
        )
        assert "You can read this map." in text
        assert 'id="pm-add"' not in text and '"canChange": false' in text

    def test_the_panel_over_the_map_tells_the_map_and_loads_no_page(self, world, browser_client):
        client = browser_client("kam")
        url = f"/accounts/{world['account'].pk}/people/{world['ragna'].pk}/edit/"
        form = client.get(f"{url}?from=map", HTTP_HX_REQUEST="true")
        assert 'name="from" value="map"' in form.content.decode()
        version = world["ragna"].version + world["ragna"].person.version
        reply = client.post(
            url, {"name": "Ragna T", "version": version, "from": "map", "power": "3"}, HTTP_HX_REQUEST="true"
        )
        assert (reply.status_code, reply.headers.get("HX-Trigger")) == (204, "people:saved")
        assert "people_undo" not in client.session
