"""The alignment of an account: interfaces, the stated layer, positioning; services, REST, pages (K9, K11, K16)."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Account
from buying_center.alignment_words import page_finding
from buying_center.alignments import alignments
from buying_center.bank.alignment import FUNCTION_PAIRS
from buying_center.checks import Check
from buying_center.models import InterfacePair, RelationshipStanding, SupplierPositioning
from buying_center.selectors.alignment import connections_reader
from buying_center.selectors.interfaces import interface_rows, interface_score, savings_of
from buying_center.services.interfaces import interface_add
from buying_center.services.standing import standing_update
from kam.common.api.etag import IfMatch
from kam.common.errors import ConflictError, StaleWriteError
from kam.tenancy.access import Principal
from kam.tenancy.context import tenant_context
from tests.factories import (
    AccountFactory,
    ContactFactory,
    ContactRoleFactory,
    InterfacePairFactory,
    SellingCenterMemberFactory,
)

SALES = {"our_function": "Sales", "their_function": "Procurement"}


@pytest.fixture
def world(tenant, members):
    """Matteo facilitates and is known at 4, Ragna decides and is not known; of three pairs one is broken."""
    with tenant_context(tenant.id):
        account = AccountFactory(name="Fjellvik", owner=members["kam"], ladder_ours="integrated")
        nora = SellingCenterMemberFactory(account=account, member=members["kam"], role="kam", is_lead=True)
        matteo = ContactFactory(account=account, name="Matteo Lanzer", strength=4, covered_by=nora)
        ragna = ContactFactory(account=account, name="Ragna Tveitdal")
        ContactRoleFactory(contact=matteo, role="facilitator")
        ContactRoleFactory(contact=ragna, role="decider")
        InterfacePairFactory(
            account=account,
            status="broken",
            issue="Invoices come back",
            boundary="finance",
            opportunity="No paper",
            saving_ours=Decimal(1000),
            saving_theirs=Decimal(3000),
            **SALES,
        )
        InterfacePairFactory(account=account, our_function="Shipping", status="aligned")
        InterfacePairFactory(
            account=account,
            our_function="Quality",
            status="friction",
            boundary="finance",
            opportunity="One test",
            saving_theirs=Decimal(500),
        )
    return {
        "account": account,
        "url": f"/accounts/{account.pk}/alignment/",
        "kam": Principal(member=members["kam"]),
        "ragna": ragna,
    }


def fields(**values):
    """A pair's sheet as a browser sends it."""
    blank = dict.fromkeys(
        ("owner", "issue", "boundary", "opportunity", "saving_ours", "saving_theirs", "tag"), ""
    )
    return {**blank, "status": "unknown", **values}


class TestInterfaces:
    def test_the_score_leaves_out_and_names_what_is_not_known(self, world, tenant):
        with tenant_context(tenant.id):
            rows = interface_rows(world["account"].pk)
        found = interface_score(rows)
        # broken 0, friction ½, aligned 1; the bank's nine less Sales and Shipping are not known yet.
        assert found.score == pytest.approx(0.5)
        assert (found.known, len(found.unknown)) == (3, 7)
        assert [row.status for row in rows] == ["broken", "friction", *["unknown"] * 7, "aligned"]
        assert {row.code for row in rows if row.pair is None} == {f"IFP-{n}" for n in (2, 3, 4, 5, 6, 8, 9)}

    def test_nothing_known_has_no_score_and_lists_the_bank(self, tenant, members):
        with tenant_context(tenant.id):
            account = AccountFactory()
            rows = interface_rows(account.pk)
        assert interface_score(rows).score is None
        assert [row.code for row in rows] == [pair.code for pair in FUNCTION_PAIRS]

    def test_savings_add_up_by_side_and_by_boundary_without_guessing(self, world, tenant):
        with tenant_context(tenant.id):
            total, parts = savings_of(interface_rows(world["account"].pk))
        assert (total.ours, total.theirs, total.total) == (1000, 3500, 4500)
        assert [(part.label, part.total, part.opportunities) for part in parts] == [("Finance", 4500, 2)]

    def test_the_same_two_functions_face_each_other_once(self, world, tenant):
        with tenant_context(tenant.id), pytest.raises(ConflictError):
            interface_add(principal=world["kam"], values={"account": world["account"].pk, **SALES})


class TestSheets:
    def test_a_pair_of_the_bank_is_written_down_with_its_first_judgement(self, world, tenant, browser_client):
        client = browser_client("kam")
        named = {"our_function": "Pre-sales", "their_function": "Request for proposal"}
        done = client.post(f"{world['url']}interfaces/", fields(**named, status="friction", issue="Slow"),
                           headers={"HX-Request": "true"})  # fmt: skip
        page = done.content.decode()
        assert done.status_code == 200
        assert "Saved" in page
        with tenant_context(tenant.id):
            pair = InterfacePair.objects.get(account=world["account"], our_function="Pre-sales")
            assert (pair.status, pair.issue) == ("friction", "Slow")
        # The next save of the same form goes on from here: the answer brought the new version along.
        assert f'id="tag-IFP-8" value="&quot;{pair.pk.hex}-1&quot;"' in page
        again = client.post(
            f"{world['url']}interfaces/",
            fields(**named, status="aligned", tag=f'"{pair.pk.hex}-1"'),
            headers={"HX-Request": "true"},
        )
        assert again.status_code == 200
        with tenant_context(tenant.id):
            pair.refresh_from_db()
            assert (pair.status, pair.version) == ("aligned", 2)

    def test_a_stale_save_shows_both_and_changes_nothing_until_one_is_kept(
        self, world, tenant, browser_client
    ):
        client, url = browser_client("kam"), f"{world['url']}interfaces/"
        with tenant_context(tenant.id):
            pair = InterfacePair.objects.get(account=world["account"], our_function="Sales")
            old = f'"{pair.pk.hex}-{pair.version}"'
            pair.issue = "Theirs"
            pair.save(update_fields=["issue"])
            pair.refresh_from_db()
        mine = fields(**SALES, status="friction", issue="Mine", tag=old)
        refused = client.post(url, mine, headers={"HX-Request": "true"})
        assert refused.status_code == 409
        for word in ("Keep mine", "Mine", "Theirs"):
            assert word in refused.content.decode()
        with tenant_context(tenant.id):
            pair.refresh_from_db()
            assert pair.issue == "Theirs"
        kept = client.post(f"{url}?over=%22{pair.pk.hex}-{pair.version}%22", mine)
        assert (kept.status_code, kept["Location"]) == (302, f"{world['url']}#sheet-IFP-7")
        with tenant_context(tenant.id):
            pair.refresh_from_db()
            assert pair.issue == "Mine"

    def test_without_scripts_a_conflict_is_a_page_that_keeps_what_was_typed(self, world, browser_client):
        page = browser_client("kam").post(
            f"{world['url']}interfaces/", fields(**SALES, issue="My words", tag='"stale-1"')
        )
        assert page.status_code == 409
        assert '<input type="hidden" name="issue" value="My words">' in page.content.decode()

    def test_a_wrong_amount_is_refused_by_name(self, world, browser_client):
        refused = browser_client("kam").post(
            f"{world['url']}interfaces/", fields(**SALES, saving_ours="-5"), headers={"HX-Request": "true"}
        )
        assert refused.status_code == 422
        assert "We would save a year" in refused.content.decode()

    def test_a_pair_that_nobody_added_is_refused(self, world, tenant, browser_client):
        unknown = {"our_function": "Astrology", "their_function": "Procurement"}
        assert browser_client("kam").post(f"{world['url']}interfaces/", fields(**unknown)).status_code == 400
        with tenant_context(tenant.id):
            assert not InterfacePair.objects.filter(our_function="Astrology").exists()

    def test_a_pair_of_ones_own_is_added_and_forgotten(self, world, tenant, browser_client):
        client = browser_client("kam")
        added = client.post(
            f"{world['url']}interfaces/own/", {"our_function": "Legal", "their_function": "Legal"}
        )
        with tenant_context(tenant.id):
            pair = InterfacePair.objects.get(our_function="Legal")
        assert added["Location"].endswith(f"#pair-{pair.pk}")
        twice = client.post(
            f"{world['url']}interfaces/own/", {"our_function": "Legal", "their_function": "Legal"}
        )
        assert twice.status_code == 422
        client.post(f"{world['url']}interfaces/{pair.pk}/forget/")
        with tenant_context(tenant.id):
            assert not InterfacePair.objects.filter(our_function="Legal").exists()

    def test_the_layer_is_stated_and_compared(self, world, tenant, browser_client):
        tag = f'"{world["account"].pk.hex}-0"'
        saved = browser_client("kam").post(
            f"{world['url']}standing/",
            {"stated_layer": "transformative", "vendor_tier": "1", "cross_sell_scope": "", "lead_mix": "", "tag": tag},
            headers={"HX-Request": "true"},
        )  # fmt: skip
        page = saved.content.decode()
        assert "You state transformative; the connection is a layer lower: consultative" in page
        assert "Come closer to Ragna Tveitdal (decider): 0 of 5 now, 4 needed." in page
        with tenant_context(tenant.id):
            row = RelationshipStanding.objects.get()
            assert (row.stated_by, row.version) == (world["kam"].member, 1)

    def test_the_ladder_and_the_tier_are_saved_on_the_account(self, world, tenant, browser_client):
        account = world["account"]
        tag = f'"{account.pk.hex}-{account.version}"'
        data = {"ladder_ours": "basic", "tier": "partner", "tag": tag}
        client = browser_client("kam")
        assert client.post(f"{world['url']}relationship/", data).status_code == 302
        with tenant_context(tenant.id):
            account.refresh_from_db()
            assert (account.ladder_ours, account.tier) == ("basic", "partner")
        stale = client.post(f"{world['url']}relationship/", {**data, "ladder_ours": "integrated"})
        assert stale.status_code == 409

    def test_positioning_keeps_who_judged(self, world, tenant, browser_client):
        tag = f'"{world["account"].pk.hex}-0"'
        data = {"technology": "8", "brands": "6", "savings": "1", "few_competitors": "", "switching_time": "",
                "our_investment": "", "relative_spend": "7", "evidence": "Supplier day", "tag": tag}  # fmt: skip
        page = browser_client("kam").post(f"{world['url']}positioning/", data, headers={"HX-Request": "true"})
        assert "We weigh 5.0 of 10 in their eyes" in page.content.decode()
        with tenant_context(tenant.id):
            row = SupplierPositioning.objects.get()
            assert (row.technology, row.few_competitors, row.judged_by) == (8, None, world["kam"].member)

    def test_two_first_savers_do_not_overwrite_each_other(self, world, tenant):
        unsaved = IfMatch(frozenset({f'"{world["account"].pk.hex}-0"'}))
        with tenant_context(tenant.id):
            for layer, expected in (("consultative", None), ("transformative", StaleWriteError)):
                call = {
                    "principal": world["kam"],
                    "account": world["account"],
                    "values": {"stated_layer": layer},
                    "if_match": unsaved,
                }
                if expected is None:
                    standing_update(**call)
                else:
                    with pytest.raises(expected):
                        standing_update(**call)
            assert RelationshipStanding.objects.get().stated_layer == "consultative"


class TestPage:
    def test_it_opens_with_the_weakest_alignment_and_the_home_names_it_too(
        self, world, tenant, browser_client
    ):
        client = browser_client("executive")
        page = client.get(world["url"]).content.decode()
        with tenant_context(tenant.id):
            found = alignments(world["kam"], world["account"])
        assert found[0].is_weakest
        assert page_finding("Fjellvik", found) in page
        assert "Sales ↔ Procurement is broken, 1\xa0other pair needs mending; 7 are not known." in page
        panel = client.get(f"{world['url']}panel/").content.decode()
        assert "Weakest link" in panel
        assert "Sales ↔ Procurement is broken" in panel
        assert f"{world['url']}panel/" in client.get(f"/accounts/{world['account'].pk}/").content.decode()

    def test_connections_are_scored_by_their_checks_and_not_known_without_people(self, world, tenant):
        read = connections_reader(
            lambda account, rows: [
                Check("a", True, "Fine."),
                Check("b", len(rows.people) > 5, "Few are known.", act="Add somebody", url="/there/"),
            ]
        )
        with tenant_context(tenant.id):
            found = read(world["kam"], world["account"])
            nobody = read(world["kam"], AccountFactory())
        assert (found.score, found.reason) == (0.5, "Few are known; 1 of 2 checks passed.")
        assert (nobody.score, nobody.reason) == (None, "Nobody at this customer is known yet.")

    def test_an_alignment_that_nobody_registered_is_not_known(self, world, tenant):
        with tenant_context(tenant.id):
            found = {one.key: one.score for one in alignments(world["kam"], world["account"])}
        assert found["interfaces"] == pytest.approx(0.5)
        assert found["sales_process"] is None

    @pytest.mark.parametrize("role", ["admin", "executive", "kam", "contributor"])
    def test_only_who_may_change_it_gets_forms(self, world, browser_client, role):
        page = browser_client(role).get(world["url"])
        if role == "contributor":
            assert page.status_code == 404
            return
        assert page.status_code == 200
        assert ("data-autosave" in page.content.decode()) == (role in ("admin", "kam"))

    def test_it_costs_the_same_whatever_the_size(self, world, tenant, members, browser_client):
        client = browser_client("kam")

        def cost():
            client.get(world["url"])
            with CaptureQueriesContext(connection) as asked:
                assert client.get(world["url"]).status_code == 200
            return len(asked)

        few = cost()
        with tenant_context(tenant.id):
            for number in range(20):
                InterfacePairFactory(account=world["account"], owner=members["kam"])
                contact = ContactFactory(account=world["account"], name=f"Person {number}", strength=3)
                ContactRoleFactory(contact=contact, role="user")
        assert cost() == few
        with CaptureQueriesContext(connection) as empty:
            client.get("/accounts/new/")
        assert few - len(empty) <= 12

    def test_another_tenants_page_is_not_there(self, world, other_members):
        from django.test import Client

        stranger = Client()
        stranger.force_login(other_members["admin"].user, backend="kam.tenancy.backends.MemberBackend")
        for path in ("", "panel/", "data/", "surveys/ask/"):
            assert stranger.get(world["url"] + path).status_code == 404
        assert stranger.post(f"{world['url']}interfaces/", fields(**SALES)).status_code == 404


class TestRest:
    def test_interfaces_are_kept_with_their_versions(self, world, api, members):
        client = api("kam")
        made = client.post(
            "/api/v1/interfaces/",
            {
                "account": str(world["account"].pk),
                "our_function": "Field service",
                "their_function": "Maintenance",
                "status": "friction",
                "owner": str(members["kam"].user_id),
                "boundary": "field_service",
                "saving_ours": "1200.50",
            },
            format="json",
        )
        assert made.status_code == 201, made.content
        body = made.json()
        assert (body["status"], body["saving_ours"], body["saving_theirs"]) == ("friction", "1200.5000", None)
        path = f"/api/v1/interfaces/{body['id']}/"
        stale = client.patch(path, {"status": "aligned"}, format="json", headers={"If-Match": '"nothing-1"'})
        assert stale.status_code == 412
        changed = client.patch(path, {"status": "aligned"}, format="json", headers={"If-Match": made["ETag"]})
        assert (changed.status_code, changed.json()["status"]) == (200, "aligned")
        wrong = client.patch(path, {"saving_ours": "-1"}, format="json")
        assert wrong.status_code == 400
        found = client.get(f"/api/v1/interfaces/?account={world['account'].pk}&status=aligned").json()
        assert found["count"] == 2
        assert client.delete(path).status_code == 204

    def test_standing_tells_both_facets_and_takes_what_is_stated(self, world, api):
        client, path = api("kam"), f"/api/v1/accounts/{world['account'].pk}/standing/"
        first = client.get(path)
        body = first.json()
        assert (body["relationship_layer"], body["economic_layer"], body["computed_layer"]) == (
            "consultative", None, None,
        )  # fmt: skip
        assert [(role["role"], role["strength"], role["reached"]) for role in body["roles"]] == [
            ("decider", 0, False),
            ("facilitator", 4, True),
        ]
        saved = client.patch(
            path,
            {"vendor_tier": 3, "stated_layer": "consultative"},
            format="json",
            headers={"If-Match": first["ETag"]},
        )
        assert (saved.json()["computed_layer"], saved.json()["steps_above"]) == ("transactional", 1)
        again = client.patch(path, {"vendor_tier": 1}, format="json", headers={"If-Match": first["ETag"]})
        assert again.status_code == 412
        assert client.patch(path, {"vendor_tier": 4}, format="json").status_code == 400

    def test_positioning_and_the_weakest_alignment_are_read(self, world, api):
        client, path = api("kam"), f"/api/v1/accounts/{world['account'].pk}/positioning/"
        assert client.get(path).json()["weight"] is None
        saved = client.patch(path, {"technology": 9, "brands": 3, "savings": 6}, format="json")
        assert saved.json()["weight"] == 6.0
        body = client.get(f"/api/v1/accounts/{world['account'].pk}/alignment/").json()
        scores = {one["key"]: one["score"] for one in body["alignments"]}
        assert scores["interfaces"] == pytest.approx(0.5)
        assert scores["sales_process"] is None
        known = [score for score in scores.values() if score is not None]
        assert body["weakest"] == body["alignments"][0]["key"]
        assert body["alignments"][0]["score"] == min(known)

    @pytest.mark.parametrize("role", ["executive", "contributor"])
    def test_who_may_not_change_an_account_writes_nothing(self, world, api, tenant, role):
        path = f"/api/v1/accounts/{world['account'].pk}/standing/"
        answer = api(role).patch(path, {"vendor_tier": 1}, format="json")
        assert answer.status_code == (403 if role == "executive" else 404)
        with tenant_context(tenant.id):
            assert not RelationshipStanding.objects.exists()
            assert Account.objects.get(pk=world["account"].pk).version == world["account"].version
