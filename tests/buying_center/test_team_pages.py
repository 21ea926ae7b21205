"""The selling centre and the load of managers as pages (K10)."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from buying_center.models import Employee, PlaceScope, SellingCenterMember
from kam.tenancy.context import tenant_context
from kam.tenancy.models import TenantSettings
from tests.factories import (
    AccountFactory,
    ConnectionFactory,
    ContactFactory,
    EmployeeFactory,
    KeyAccountFactory,
    ProductLineFactory,
    SegmentFactory,
    SellingCenterMemberFactory,
)


@pytest.fixture
def world(tenant, members):
    with tenant_context(tenant.id):
        account = KeyAccountFactory(name="Fjellvik", owner=members["kam"], industry="Bicycles")
        nora = SellingCenterMemberFactory(account=account, member=members["kam"], role="kam", is_lead=True)
        tor = SellingCenterMemberFactory(
            account=account,
            employee=EmployeeFactory(name="Tor Egil Brekke"),
            role="subject_matter_leader",
            title="Head of drives",
        )
        anna = ContactFactory(account=account, name="Anna Lie", covered_by=tor)
        ConnectionFactory(place=tor, contact=anna)
    return {
        "account": account, "nora": nora, "tor": tor, "anna": anna, "url": f"/accounts/{account.pk}/team/",
    }  # fmt: skip


def entry(**values):
    """A filled form of a place, as a browser sends it."""
    blank = dict.fromkeys(
        ("q", "new_name", "new_email", "title", "function", "level", "regions", "reason", "valid_from", "valid_to"),
        "",
    )  # fmt: skip
    return {**blank, **values}


def cost(client, url):
    client.get(url)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(url).status_code == 200
    return len(asked)


class TestPage:
    def test_it_opens_with_the_worst_open_check_and_gives_each_one_button(self, world, browser_client):
        response = browser_client("kam").get(world["url"])
        page = response.content.decode()
        assert "Nobody is sponsor. 2\xa0more checks are open." in page
        opened = [check for check, _ in response.context["checks"] if check.passed is False]
        assert [check.key for check in opened] == ["sponsor", "executive", "scope"]
        assert f"{world['url']}add/?role=sponsor" in page
        assert f"{world['url']}{world['tor'].pk}/edit/" in page
        assert "1\xa0contact and 1\xa0connection" in page and "No login" in page

    def test_people_stand_in_the_three_tiers(self, world, browser_client):
        tiers = browser_client("executive").get(world["url"]).context["tiers"]
        shape = [
            [(column.words.role, [card.place.name for card in column.cards]) for column in each["columns"]]
            for each in tiers
        ]
        assert shape[0][2] == ("kam", ["Kam Northwind"])
        assert shape[1][0] == ("subject_matter_leader", ["Tor Egil Brekke"])
        assert [len(columns) for columns in shape] == [3, 4, 1]
        assert [column.is_gap for column in tiers[0]["columns"]] == [True, True, False]

    def test_a_reader_sees_it_without_buttons(self, world, browser_client, members, tenant):
        page = browser_client("executive").get(world["url"]).content.decode()
        assert "Nobody is sponsor" in page
        assert "/team/add/" not in page and "/edit/" not in page and "Name somebody" not in page
        assert "/portfolio/load/" in page
        with tenant_context(tenant.id):
            SellingCenterMemberFactory(account=world["account"], member=members["contributor"])
        contributor = browser_client("contributor").get(world["url"]).content.decode()
        assert "/team/add/" not in contributor and "/portfolio/load/" not in contributor

    def test_who_may_not_see_or_change_the_account_is_refused(self, world, browser_client, other_members):
        assert browser_client("contributor").get(world["url"]).status_code == 404
        for path in ("add/", "people/", f"{world['tor'].pk}/edit/", f"{world['tor'].pk}/leave/"):
            assert browser_client("executive").get(world["url"] + path).status_code == 403

    def test_a_kam_of_another_account_reads_and_does_not_write(self, tenant, members, browser_client):
        with tenant_context(tenant.id):
            far = KeyAccountFactory()
        url = f"/accounts/{far.pk}/team/"
        assert browser_client("kam").get(url).status_code == 200
        assert browser_client("kam").get(f"{url}add/").status_code == 403

    def test_an_empty_centre_teaches_how_to_begin(self, tenant, members, browser_client):
        with tenant_context(tenant.id):
            account = AccountFactory(owner=members["kam"])
        page = browser_client("kam").get(f"/accounts/{account.pk}/team/").content.decode()
        assert "Name the lead KAM" in page and "Who should join?" in page
        reader = browser_client("executive").get(f"/accounts/{account.pk}/team/").content.decode()
        assert "Nobody is named yet" in reader and "Name the lead KAM" not in reader

    def test_it_costs_the_same_at_two_and_at_twenty_people(self, world, tenant, members, browser_client):
        client = browser_client("kam")
        with tenant_context(tenant.id):
            line = ProductLineFactory()
            PlaceScope.objects.create(tenant_id=tenant.id, place=world["tor"], product_line=line)
            other = KeyAccountFactory(industry="Bicycles")
            SellingCenterMemberFactory(account=other, member=members["kam"], role="kam", is_lead=True)
        nothing, two = cost(client, "/profile/"), cost(client, world["url"])
        form = cost(client, f"{world['url']}add/")
        with tenant_context(tenant.id):
            for number in range(18):
                place = SellingCenterMemberFactory(
                    account=world["account"],
                    employee=EmployeeFactory(),
                    role="contributor",
                    valid_to=None if number % 3 else datetime.date(2025, 1, 31),
                )
                PlaceScope.objects.create(tenant_id=tenant.id, place=place, region=f"R{number}")
                ConnectionFactory(place=place, contact=world["anna"])
                far = KeyAccountFactory(industry="Bicycles")
                SellingCenterMemberFactory(account=far, member=members["kam"], role="kam", is_lead=True)
        assert cost(client, world["url"]) == two <= nothing + 12
        assert cost(client, f"{world['url']}add/") == form <= nothing + 12

    def test_the_history_tells_who_named_changed_and_took_out_whom(self, world, browser_client, members):
        client = browser_client("kam")
        client.post(
            f"{world['url']}add/", entry(person=f"user:{members['executive'].user_id}", role="executive")
        )
        with tenant_context(world["account"].tenant_id):
            place = SellingCenterMember.objects.get(role="executive")
        client.post(f"{world['url']}{place.pk}/edit/", entry(role="sponsor", version="1"))
        client.post(f"{world['url']}{place.pk}/leave/", {"act": "remove"})
        told = [(one.who, one.text) for one in client.get(world["url"]).context["happenings"]]
        me, them = "Kam Northwind", "Executive Northwind"
        assert told[:3] == [
            (me, f"took {them} out, key account sponsor"),
            (me, f"made {them} key account sponsor"),
            (me, f"named {them} key account executive"),
        ]


class TestNaming:
    def test_a_member_is_found_by_name_and_named(self, world, browser_client, members, tenant):
        client = browser_client("kam")
        found = client.get(f"{world['url']}people/?q=contrib").content.decode()
        assert f"user:{members['contributor'].user_id}" in found
        assert f"user:{members['executive'].user_id}" not in found
        assert (
            f"user:{members['integration'].user_id}"
            not in client.get(f"{world['url']}people/").content.decode()
        )
        here = client.get(f"{world['url']}people/?q=brekke").content.decode()
        assert "here already: subject matter leader" in here
        with tenant_context(tenant.id):
            segment = SegmentFactory(account=world["account"], name="Bergen")
        response = client.post(
            f"{world['url']}add/",
            entry(
                person=f"user:{members['contributor'].user_id}",
                role="geographic_leader",
                scopes=[f"segment:{segment.pk}"],
                regions="Nordics; Iberia ;",
                level="middle",
            ),
        )
        assert (response.status_code, response["Location"]) == (302, world["url"])
        with tenant_context(tenant.id):
            place = SellingCenterMember.objects.get(member=members["contributor"])
            assert {str(scope) for scope in place.scopes.all()} == {"Bergen", "Nordics", "Iberia"}

    def test_somebody_without_a_login_is_entered_in_place(self, world, browser_client, tenant):
        client = browser_client("kam")
        url = f"{world['url']}add/"
        missing = client.post(url, entry(person="new", role="contributor"))
        assert missing.status_code == 422 and "Name: say who it is." in missing.content.decode()
        soon = timezone.localdate() + datetime.timedelta(days=40)
        new = entry(
            person="new", new_name="Jonas Pfeiffer", role="contributor", is_temporary="on", valid_to=soon,
            title="Washdown specialist",
        )  # fmt: skip
        assert "What brings them in" in client.post(url, new).content.decode()
        with tenant_context(tenant.id):
            # What was refused leaves no half of it behind.
            assert Employee.objects.count() == 1
        assert client.post(url, {**new, "reason": "Concern: cleaning"}).status_code == 302
        with tenant_context(tenant.id):
            place = SellingCenterMember.objects.get(role="contributor")
            assert (place.name, place.employee.title) == ("Jonas Pfeiffer", "Washdown specialist")

    @pytest.mark.parametrize(
        "person", ["", "user:nonsense", "boss:1", "employee:0198c0de-0000-7000-8000-000000000000"]
    )
    def test_nobody_chosen_is_said_at_the_choice(self, world, browser_client, person):
        response = browser_client("kam").post(f"{world['url']}add/", entry(person=person, role="sponsor"))
        assert response.status_code == 422
        assert "person" in response.context["form"].errors

    def test_without_a_script_the_search_keeps_what_was_typed(self, world, browser_client):
        page = browser_client("kam").get(f"{world['url']}add/?q=brekke&role=sponsor&reason=Cork&person=new")
        form = page.context["form"]
        assert (form["role"].value(), form["reason"].value(), form["level"].value()) == (
            "sponsor",
            "Cork",
            "executive",
        )
        assert [one.name for one in page.context["offered"]] == ["Tor Egil Brekke"]

    def test_a_second_lead_takes_over(self, world, browser_client, members, tenant):
        client = browser_client("admin")
        assert "leads now and would stay" in client.get(f"{world['url']}add/").content.decode()
        client.post(
            f"{world['url']}add/",
            entry(person=f"user:{members['admin'].user_id}", role="kam", is_lead="on"),
        )
        with tenant_context(tenant.id):
            assert SellingCenterMember.objects.get(is_lead=True).member_id == members["admin"].pk


class TestChanging:
    def test_a_change_is_taken_back_unless_somebody_changed_it_since(self, world, browser_client, tenant):
        client, tor = browser_client("kam"), world["tor"]
        url = f"{world['url']}{tor.pk}/edit/"
        values = entry(
            role="geographic_leader", regions="Nordics", employee_name="Tor E. Brekke", version="2",
            employee_email="", left_on="",
        )  # fmt: skip
        assert client.post(url, values).status_code == 302
        with tenant_context(tenant.id):
            tor.refresh_from_db()
            assert (tor.role, tor.employee.name) == ("geographic_leader", "Tor E. Brekke")
        undo = client.get(world["url"]).context["undo"]
        assert undo["text"] == "Tor E. Brekke, geographic leader, is saved."
        client.post(undo["url"], {"version": undo["version"]})
        with tenant_context(tenant.id):
            tor = SellingCenterMember.objects.get(pk=tor.pk)
            assert (tor.role, tor.employee.name, tor.title) == (
                "subject_matter_leader",
                "Tor Egil Brekke",
                "Head of drives",
            )
            assert not tor.scopes.exists()
        again = client.post(undo["url"], {"version": undo["version"]}, follow=True).content.decode()
        assert "can no longer be taken back" in again

    def test_two_people_never_overwrite_each_other_silently(self, world, browser_client, tenant):
        tor = world["tor"]
        values = entry(role="contributor", employee_name="Tor", employee_email="", left_on="", version="1")
        response = browser_client("kam").post(f"{world['url']}{tor.pk}/edit/", values)
        assert response.status_code == 409
        labels = [label for label, _, _ in response.context["conflict"]]
        assert labels == ["Name", "Role", "Title"]

    def test_leaving_names_what_hangs_and_hands_it_over(self, world, browser_client, tenant):
        client, tor = browser_client("kam"), world["tor"]
        url = f"{world['url']}{tor.pk}/leave/"
        page = client.get(url).content.decode()
        assert "1\xa0contact and 1\xa0connection" in page and "Say who takes over" in page
        assert client.get(url).context["form"]["heir"].value() == str(world["nora"].pk)
        assert client.post(url, {"act": "end", "heir": str(tor.pk)}).status_code == 422
        client.post(url, {"act": "end", "heir": str(world["nora"].pk), "last_day": ""})
        with tenant_context(tenant.id):
            tor.refresh_from_db()
            world["anna"].refresh_from_db()
            assert tor.valid_to == timezone.localdate()
            assert world["anna"].covered_by_id == world["nora"].pk
            assert world["nora"].connections.count() == 1

    def test_whoever_was_taken_out_by_mistake_is_put_back_whole(self, world, browser_client, members, tenant):
        client = browser_client("kam")
        with tenant_context(tenant.id):
            place = SellingCenterMemberFactory(
                account=world["account"], member=members["contributor"], function="Finance"
            )
            PlaceScope.objects.create(tenant_id=tenant.id, place=place, region="Nordics")
        client.post(f"{world['url']}{place.pk}/leave/", {"act": "remove"})
        undo = client.get(world["url"]).context["undo"]
        client.post(undo["url"], {"version": ""})
        with tenant_context(tenant.id):
            back = SellingCenterMember.objects.get(member=members["contributor"])
            assert (back.function, [str(scope) for scope in back.scopes.all()]) == ("Finance", ["Nordics"])
        again = client.post(undo["url"], {"version": ""}, follow=True).content.decode()
        assert "Nobody is left to be put back" in again

    def test_in_the_panel_a_fault_stays_and_a_success_loads_the_page(self, world, browser_client, members):
        client = browser_client("kam")
        htmx = {"HX-Request": "true"}
        url = f"{world['url']}add/"
        assert "k-dialog-head" in client.get(url, headers=htmx).content.decode()
        assert client.post(url, entry(person="", role="sponsor"), headers=htmx).status_code == 422
        named = entry(person=f"user:{members['admin'].user_id}", role="sponsor")
        done = client.post(url, named, headers=htmx)
        assert (done.status_code, done["HX-Redirect"]) == (204, world["url"])
        stale = client.post(
            f"{world['url']}{world['nora'].pk}/edit/", entry(role="kam", version="9"), headers=htmx
        )
        assert stale.status_code == 422 and "Somebody else saved this" in stale.content.decode()


class TestLoad:
    def test_it_shows_who_leads_how_many_against_the_limit(self, world, tenant, members, browser_client):
        with tenant_context(tenant.id):
            TenantSettings.objects.update(kam_account_limit=1)
            second = KeyAccountFactory(name="Gear House", industry="Bicycles")
            SellingCenterMemberFactory(account=second, member=members["kam"], role="kam", is_lead=True)
            KeyAccountFactory(name="Nobody’s")
            AccountFactory(name="Not a key account")
        response = browser_client("executive").get("/portfolio/load/")
        page = response.content.decode()
        assert "Kam Northwind leads 2\xa0key accounts, 1 more than the limit." in page
        assert [row["load"].count for row in response.context["rows"]] == [2]
        assert [block["over"] for block in response.context["rows"][0]["blocks"]] == [False, True]
        assert "2\xa0managers" not in page and "Not a key account" not in page
        missing = {row.account.name: list(row.missing) for row in response.context["work"].vacancies}
        assert missing["Nobody’s"] == ["lead KAM", "sponsor", "executive"]
        assert "both bicycles" in page

    def test_a_kam_who_sees_only_own_accounts_is_told_so(self, world, tenant, members, browser_client):
        with tenant_context(tenant.id):
            TenantSettings.objects.update(kam_reads_all_accounts=False)
            KeyAccountFactory(name="Not mine")
        page = browser_client("kam").get("/portfolio/load/").content.decode()
        assert "Only accounts that you may see are counted." in page and "Not mine" not in page
        assert browser_client("contributor").get("/portfolio/load/").status_code == 403

    def test_a_rival_one_may_not_see_is_not_named(self, world, tenant, members, browser_client):
        with tenant_context(tenant.id):
            SellingCenterMemberFactory(account=world["account"], member=members["contributor"])
            secret = KeyAccountFactory(name="Secret Cycles", industry="Bicycles")
            SellingCenterMemberFactory(account=secret, member=members["kam"], role="kam", is_lead=True)
        assert "also leads Secret Cycles" in browser_client("executive").get(world["url"]).content.decode()
        page = browser_client("contributor").get(world["url"]).content.decode()
        assert "also leads a rival that you do not see" in page and "Secret" not in page

    def test_nothing_yet_teaches(self, tenant, members, browser_client):
        assert "No key accounts yet" in browser_client("executive").get("/portfolio/load/").content.decode()

    def test_it_costs_the_same_at_two_and_at_twenty(self, world, tenant, members, browser_client):
        client = browser_client("executive")
        with tenant_context(tenant.id):
            KeyAccountFactory()
        nothing, two = cost(client, "/profile/"), cost(client, "/portfolio/load/")
        with tenant_context(tenant.id):
            for number in range(18):
                account = KeyAccountFactory(industry="Bicycles")
                lead = {"member": members["kam"]} if number % 2 else {"employee": EmployeeFactory()}
                SellingCenterMemberFactory(account=account, role="kam", is_lead=True, **lead)
                SellingCenterMemberFactory(account=account, role="sponsor", employee=EmployeeFactory())
        assert cost(client, "/portfolio/load/") == two <= nothing + 12
