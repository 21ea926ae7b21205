"""The buying centre as pages: table, side panel, contact, grids, roll-up (K13–K15)."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from buying_center.models import (
    Contact,
    ContactAction,
    ContactRole,
    GridEntry,
    InfluenceLink,
    NeedChain,
    PerceivedRisk,
)
from buying_center.views.analysis import roll_up_finding
from kam.tenancy.context import tenant_context
from tests.factories import (
    AccountFactory,
    ContactFactory,
    ContactRoleFactory,
    InfluenceLinkFactory,
    PersonFactory,
    SellingCenterMemberFactory,
)


@pytest.fixture
def world(tenant, members):
    with tenant_context(tenant.id):
        account = AccountFactory(name="Fjellvik", owner=members["kam"])
        nora = SellingCenterMemberFactory(account=account, member=members["kam"], role="kam", is_lead=True)
        ragna = ContactFactory(
            account=account, name="Ragna Tveitdal", title="Finance chief", power=8, attitude=-1
        )
        matteo = ContactFactory(
            account=account,
            name="Matteo Lanzer",
            department="Rental",
            power=5,
            attitude=2,
            strength=5,
            covered_by=nora,
        )
        ContactFactory(account=account, name="Gone Person", left_on="2025-01-31")
        ContactRoleFactory(contact=ragna, role="decider")
        ContactRoleFactory(contact=matteo, role="facilitator")
        InfluenceLinkFactory(source=matteo, target=ragna, topic="service record", strength=4)
    return {
        "account": account,
        "ragna": ragna,
        "matteo": matteo,
        "nora": nora,
        "url": f"/accounts/{account.pk}/people/",
    }


def entry(**values):
    """A filled form of a contact, as a browser sends it."""
    blank = dict.fromkeys(
        ("title", "department", "level", "reports_to", "email", "phone", "promoter_type", "competitor", "attitude",
         "power", "receptiveness", "strength", "facilitator_trust", "facilitator_reputation", "facilitator_interest",
         "covered_by", "last_contact", "next_assessment", "personal_goals", "note", "zone_power", "zone_power_reason",
         "zone_threat", "zone_threat_reason", "zone_receptive", "zone_receptive_reason"),
        "",
    )  # fmt: skip
    return {**blank, **values}


def names(response):
    return [row.data["name"] for row in response.context["page"].object_list]


class TestTable:
    def test_it_opens_with_the_worst_gap_and_says_each_with_a_button(self, world, browser_client):
        response = browser_client("kam").get(world["url"])
        page = response.content.decode()
        assert "2\xa0people known. Nobody covers Ragna Tveitdal, who decides." in page
        assert [gap["words"].code for gap in response.context["gaps"]] == [
            "decider_uncovered",
            "single_thread_theirs",
        ]
        assert f"{world['url']}{world['ragna'].pk}/edit/" in page
        assert "Weakest step: Matteo Lanzer to Ragna Tveitdal, 4 of 5." in page

    def test_leavers_are_shown_where_they_are_asked_for(self, world, browser_client):
        client = browser_client("executive")
        assert names(client.get(world["url"])) == ["Matteo Lanzer", "Ragna Tveitdal"]
        assert names(client.get(f"{world['url']}?state=left")) == ["Gone Person"]

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("q=finance", ["Ragna Tveitdal"]),
            ("q=matteo+rental", ["Matteo Lanzer"]),
            ("role=decider", ["Ragna Tveitdal"]),
            ("role=none", []),
            ("attitude=for", ["Matteo Lanzer"]),
            ("attitude=unknown", []),
            ("cover=nobody", ["Ragna Tveitdal"]),
            ("ordering=-power", ["Ragna Tveitdal", "Matteo Lanzer"]),
            ("ordering=last_contact", ["Matteo Lanzer", "Ragna Tveitdal"]),
            ("ordering=nonsense&page=99", ["Matteo Lanzer", "Ragna Tveitdal"]),
        ],
    )
    def test_it_is_searched_filtered_and_sorted(self, world, browser_client, query, found):
        assert names(browser_client("executive").get(f"{world['url']}?{query}")) == found

    def test_it_costs_the_same_at_two_and_at_twenty_people(self, world, tenant, browser_client):
        client = browser_client("kam")

        def cost(url):
            client.get(url)
            with CaptureQueriesContext(connection) as asked:
                assert client.get(url).status_code == 200
            return len(asked)

        nothing, two = cost("/profile/"), cost(world["url"])
        contact = f"{world['url']}{world['matteo'].pk}/"
        one = cost(contact)
        with tenant_context(tenant.id):
            for number in range(18):
                other = ContactFactory(
                    account=world["account"], covered_by=world["nora"], strength=number % 6
                )
                ContactRoleFactory(contact=other)
                InfluenceLinkFactory(source=other, target=world["matteo"])
                for model in (GridEntry, PerceivedRisk, NeedChain):
                    values = {"text": "x", "column": "expectation_current"}
                    if model is PerceivedRisk:
                        values = {"text": "x", "kind": "product", "probability": 2, "consequence": 3}
                    if model is NeedChain:
                        values = {"problem": "x"}
                    model.objects.create(tenant_id=tenant.id, contact=world["matteo"], **values)
        assert cost(world["url"]) == two <= nothing + 12
        assert cost(contact) == one <= nothing + 12
        assert cost(f"{world['url']}roll-up/") <= nothing + 12

    def test_an_empty_centre_teaches_how_to_begin(self, tenant, members, browser_client):
        with tenant_context(tenant.id):
            account = AccountFactory(owner=members["kam"])
        url = f"/accounts/{account.pk}/people/"
        assert "Add the first person" in browser_client("kam").get(url).content.decode()
        reader = browser_client("executive").get(url).content.decode()
        assert "Nobody is known yet" in reader and "Add the first person" not in reader

    def test_who_may_not_see_the_account_sees_nobody_of_it(self, world, browser_client):
        assert browser_client("contributor").get(world["url"]).status_code == 404
        reader = browser_client("executive")
        assert "Add person" not in reader.get(world["url"]).content.decode()
        assert reader.post(f"{world['url']}add/", entry(name="X")).status_code == 403


class TestEditing:
    def test_somebody_is_added_with_roles_and_judgements(self, world, tenant, browser_client):
        client = browser_client("kam")
        response = client.post(
            f"{world['url']}add/",
            entry(
                name="Oddmar Kvisle",
                roles=["influencer", "user"],
                attitude="1",
                power="7",
                reports_to=str(world["ragna"].pk),
                covered_by=str(world["nora"].pk),
                level="senior",
            ),
        )
        assert response.status_code == 302, response.context["form"].errors
        with tenant_context(tenant.id):
            oddmar = Contact.objects.get(person__name="Oddmar Kvisle")
            assert (oddmar.attitude, oddmar.power, oddmar.reports_to_id) == (1, 7, world["ragna"].pk)
            assert oddmar.assessed_on == timezone.localdate()
            assert set(oddmar.roles.values_list("role", flat=True)) == {"influencer", "user"}

    def test_in_the_side_panel_a_fault_comes_back_and_a_save_loads_the_page(self, world, browser_client):
        client = browser_client("kam")
        faulty = client.post(
            f"{world['url']}add/", entry(name="", email="nonsense"), headers={"HX-Request": "true"}
        )
        assert faulty.status_code == 422
        assert "E-mail: expected an address" in faulty.content.decode()
        saved = client.post(f"{world['url']}add/", entry(name="Anna"), headers={"HX-Request": "true"})
        assert (saved.status_code, saved["HX-Redirect"]) == (204, world["url"])

    def test_the_same_name_elsewhere_is_offered_before_a_second_person_is_made(
        self, world, tenant, browser_client
    ):
        with tenant_context(tenant.id):
            there = ContactFactory(
                person=PersonFactory(name="Eva Berg", email="eva@x.example"), title="Board"
            )
        client = browser_client("kam")
        asked = client.post(f"{world['url']}add/", entry(name="eva berg"))
        assert "Is this the same person?" in asked.content.decode()
        client.post(
            f"{world['url']}add/", entry(name="eva berg", title="Adviser", same_person=str(there.person_id))
        )
        client.post(f"{world['url']}add/", entry(name="Eva Berg", same_person="new"))
        with tenant_context(tenant.id):
            mine = Contact.objects.filter(account=world["account"], person__name__iexact="eva berg")
            assert sorted((row.person_id == there.person_id, row.title) for row in mine) == [
                (False, ""),
                (True, "Adviser"),
            ]

    def test_a_change_is_taken_back_with_undo_unless_somebody_changed_it_again(
        self, world, tenant, browser_client
    ):
        client, matteo = browser_client("kam"), world["matteo"]
        url = f"{world['url']}{matteo.pk}/"
        form = client.get(f"{url}edit/").context["form"].initial
        typed = {name: "" if value is None else value for name, value in form.items() if value is not False}
        client.post(f"{url}edit/", {**typed, "name": "M. Lanzer", "attitude": "-2", "roles": ["user"]})
        offered = client.get(world["url"]).context["undo"]
        assert offered["text"] == "M. Lanzer is saved."
        assert client.get(world["url"]).context["undo"] is None
        client.post(offered["url"], {"version": offered["version"]})
        with tenant_context(tenant.id):
            stored = Contact.objects.select_related("person").get(pk=matteo.pk)
            assert (stored.person.name, stored.attitude) == ("Matteo Lanzer", 2)
            assert list(stored.roles.values_list("role", flat=True)) == ["facilitator"]
        # The same token again, and one that somebody overtook, take nothing back.
        client.post(offered["url"], {"version": offered["version"]})
        client.post(f"{url}left/", {"left_on": "2026-01-05"})
        offered = client.get(world["url"]).context["undo"]
        with tenant_context(tenant.id):
            Contact.objects.filter(pk=matteo.pk).update(title="Changed")
        client.post(offered["url"], {"version": offered["version"]})
        with tenant_context(tenant.id):
            assert Contact.objects.get(pk=matteo.pk).left_on == datetime.date(2026, 1, 5)

    def test_two_editors_never_overwrite_each_other(self, world, tenant, browser_client):
        client, matteo = browser_client("kam"), world["matteo"]
        url = f"{world['url']}{matteo.pk}/edit/"
        form = client.get(url).context["form"].initial
        typed = {name: "" if value is None else value for name, value in form.items() if value is not False}
        with tenant_context(tenant.id):
            Contact.objects.filter(pk=matteo.pk).update(title="Head of rental")
        response = client.post(url, {**typed, "title": "Boss"})
        assert response.status_code == 409
        assert ("Title", "Boss", "Head of rental") in response.context["conflict"]
        with tenant_context(tenant.id):
            assert Contact.objects.get(pk=matteo.pk).title == "Head of rental"

    def test_a_leaver_is_kept_warned_about_and_can_come_back(self, world, tenant, browser_client):
        client, ragna = browser_client("kam"), world["ragna"]
        with tenant_context(tenant.id):
            Contact.objects.filter(pk=world["matteo"].pk).update(reports_to=ragna)
        tomorrow = timezone.localdate() + datetime.timedelta(days=1)
        client.post(f"{world['url']}{ragna.pk}/left/", {"left_on": tomorrow.isoformat()})
        with tenant_context(tenant.id):
            assert Contact.objects.get(pk=ragna.pk).left_on is None
        client.post(f"{world['url']}{ragna.pk}/left/", {"left_on": "2026-01-05"})
        page = client.get(world["url"]).content.decode()
        assert (
            "Ragna Tveitdal left on 5\xa0Jan\xa02026" in page or "Ragna Tveitdal left on 5 Jan 2026" in page
        )
        assert "no other decider is known" in page.lower()
        assert client.get(f"{world['url']}{ragna.pk}/").status_code == 200
        client.post(f"{world['url']}{ragna.pk}/back/")
        with tenant_context(tenant.id):
            assert Contact.objects.get(pk=ragna.pk).left_on is None

    def test_nobody_reaches_a_contact_through_another_account(self, world, tenant, members, browser_client):
        with tenant_context(tenant.id):
            elsewhere = AccountFactory(owner=members["kam"])
        client = browser_client("kam")
        for part in ("", "edit/"):
            assert (
                client.get(f"/accounts/{elsewhere.pk}/people/{world['matteo'].pk}/{part}").status_code == 404
            )
        for part in ("left/", "back/", "delete/", "undo/", "lines/", "analysis/grid/", "assessment/"):
            url = f"/accounts/{elsewhere.pk}/people/{world['matteo'].pk}/{part}"
            assert client.post(url).status_code == 404, part


class TestContactPage:
    def test_it_says_what_breaks_and_how_influential_somebody_is(self, world, browser_client):
        page = browser_client("executive").get(f"{world['url']}{world['matteo'].pk}/").content.decode()
        assert "No way would lead to Ragna Tveitdal any more." in page
        assert "influences 1\xa0person, most of all Ragna Tveitdal on service record (4 of 5)" in page
        assert "All of it hangs on Matteo Lanzer." in page

    def test_grids_needs_risks_and_actions_are_entered_and_taken_out(self, world, tenant, browser_client):
        client, url = browser_client("kam"), f"{world['url']}{world['matteo'].pk}/"
        posts = {
            "grid": {
                "column": "expectation_current",
                "text": "Bikes ready by May",
                "competitor": "Kestra",
                "competitive_risk": "4",
            },
            "needs": {
                "problem": "Rental bikes stand still",
                "implied_need": "Faster repair",
                "explicit_need": "",
            },
            "risks": {"kind": "product", "text": "Batteries fail", "probability": "4", "consequence": "5"},
            "actions": {"text": "Show the Bergen pilot", "owner": "", "due": "2026-12-01"},
        }
        for kind, values in posts.items():
            assert client.post(f"{url}analysis/{kind}/", values).status_code == 302, kind
        response = client.get(url)
        page = response.content.decode()
        assert "Greatest fear: Batteries fail" in page and "Kestra, 4 of 5 strong there" in page
        assert "no explicit need yet" in page
        hot = [cell for row in response.context["heat"] for cell in row if cell["risks"]]
        assert [(cell["probability"], cell["consequence"], cell["severity"]) for cell in hot] == [
            (4, 5, "high")
        ]
        with tenant_context(tenant.id):
            action, risk = ContactAction.objects.get(), PerceivedRisk.objects.get()
        client.post(f"{url}analysis/actions/{action.pk}/", {"act": "done"})
        client.post(f"{url}analysis/risks/{risk.pk}/", {"act": "delete"})
        with tenant_context(tenant.id):
            assert ContactAction.objects.get().done_on == timezone.localdate()
            assert not PerceivedRisk.objects.exists()

    @pytest.mark.parametrize(
        ("kind", "values", "message"),
        [
            ("grid", {"column": "expectation_current", "text": ""}, "required"),
            (
                "needs",
                {"problem": "x", "implied_need": "", "explicit_need": "y"},
                "grows out of an implied one",
            ),
            (
                "risks",
                {"kind": "product", "text": "x", "probability": "9", "consequence": "1"},
                "valid choice",
            ),
            ("actions", {"text": "x", "due": "soon"}, "is no date"),
        ],
    )
    def test_a_refused_row_is_shown_with_what_was_typed(self, world, browser_client, kind, values, message):
        response = browser_client("kam").post(f"{world['url']}{world['matteo'].pk}/analysis/{kind}/", values)
        assert response.status_code == 422
        assert message in response.content.decode()

    def test_the_assessment_sets_the_next_one_and_the_way_to_relational_is_counted(
        self, world, tenant, browser_client
    ):
        client, url = browser_client("kam"), f"{world['url']}{world['matteo'].pk}/"
        assert client.get(url).context["state"] == "Situational, not yet judged"
        client.post(f"{url}assessment/", {"assessment": "Ready to speak for us"})
        with tenant_context(tenant.id):
            Contact.objects.filter(pk=world["matteo"].pk).update(receptiveness=8)
            assert Contact.objects.get(pk=world["matteo"].pk).next_assessment > timezone.localdate()
        assert client.get(url).context["state"] == "On the way to relational, 3 of 6"

    def test_lines_are_drawn_both_ways_and_taken_away(self, world, tenant, browser_client):
        client, url = browser_client("kam"), f"{world['url']}{world['ragna'].pk}/"
        client.post(
            f"{url}lines/",
            {
                "direction": "in",
                "other": str(world["matteo"].pk),
                "kind": "conflict",
                "strength": "2",
                "topic": "budget",
            },
        )
        with tenant_context(tenant.id):
            line = InfluenceLink.objects.get(kind="conflict")
            assert (line.source_id, line.target_id) == (world["matteo"].pk, world["ragna"].pk)
        assert "in conflict with" in client.get(url).content.decode()
        client.post(f"{url}lines/", {"other": "nonsense"})
        client.post(f"{url}lines/{line.pk}/delete/")
        with tenant_context(tenant.id):
            assert InfluenceLink.objects.count() == 1

    def test_the_roll_up_gathers_by_role_group(self, world, tenant, browser_client):
        with tenant_context(tenant.id):
            GridEntry.objects.create(
                tenant_id=tenant.id,
                contact=world["ragna"],
                column="preoccupation_tangible",
                text="Cash tied up",
            )
            ContactRole.objects.create(tenant_id=tenant.id, contact=world["ragna"], role="buyer")
        response = browser_client("executive").get(f"{world['url']}roll-up/")
        groups = {group["key"]: group for group in response.context["groups"]}
        assert [row["name"] for row in groups["deciders"]["members"]] == ["Ragna Tveitdal"]
        assert not groups["buyers"]["is_empty"] and groups["promoters"]["is_empty"]
        assert response.context["finding"] == "1 of 2\xa0people is analysed."
        assert roll_up_finding(0, 0) == "Nobody at this customer is known yet."
