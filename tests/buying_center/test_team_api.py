"""`selling-centre/` and `employees/` over REST: users and employees, scopes, versions, who may (K10)."""

import pytest

from buying_center.models import Connection, Contact, PlaceScope, SellingCenterMember
from buying_center.services.selling_center import (
    selling_center_add,
    selling_center_end,
    selling_center_remove,
)
from kam.common.errors import ConflictError, InvalidInputError
from kam.tenancy.access import Principal
from kam.tenancy.context import tenant_context
from tests.factories import (
    AccountFactory,
    ConnectionFactory,
    ContactFactory,
    EmployeeFactory,
    ProductLineFactory,
    SegmentFactory,
    SellingCenterMemberFactory,
)

PLACES, EMPLOYEES = "/api/v1/selling-centre/", "/api/v1/employees/"


@pytest.fixture
def account(tenant, members):
    with tenant_context(tenant.id):
        return AccountFactory(name="Fjellvik", owner=members["kam"])


def posted(client, path, **body):
    answer = client.post(path, body, format="json")
    assert answer.status_code == 201, answer.json()
    return answer.json()


def refusal(answer):
    return answer.status_code, answer.json()["errors"][0]["field"]


class TestPlaces:
    def test_an_employee_has_a_place_with_scope_and_no_user(self, account, api, tenant):
        client = api("kam")
        with tenant_context(tenant.id):
            line, segment = ProductLineFactory(name="Drives"), SegmentFactory(account=account)
        tor = posted(
            client, EMPLOYEES, name="Tor Egil Brekke", email="Tor@Example.com", title="Head of drives"
        )
        place = posted(
            client,
            PLACES,
            account=str(account.pk),
            employee=tor["id"],
            role="subject_matter_leader",
            function="Product management",
            level="senior",
            scopes=[{"product_line": str(line.pk)}, {"segment": str(segment.pk)}, {"region": " Nordics "}],
        )
        assert (tor["email"], place["user"], place["user_email"], place["name"]) == (
            "tor@example.com",
            None,
            None,
            "Tor Egil Brekke",
        )
        nothing = {"product_line": None, "segment": None, "region": None}
        assert sorted(place["scopes"], key=str) == sorted(
            [
                {**nothing, "product_line": str(line.pk)},
                {**nothing, "segment": str(segment.pk)},
                {**nothing, "region": "Nordics"},
            ],
            key=str,
        )
        found = client.get(PLACES, {"without_login": "true", "employee": tor["id"]}).json()
        assert [row["id"] for row in found["results"]] == [place["id"]]

    def test_what_was_read_can_be_sent_back(self, account, api):
        client = api("kam")
        tor = posted(client, EMPLOYEES, name="Tor")
        place = posted(client, PLACES, account=str(account.pk), employee=tor["id"], role="contributor")
        answer = client.patch(f"{PLACES}{place['id']}/", place, format="json")
        assert (answer.status_code, answer.json()["version"]) == (200, place["version"])

    def test_each_change_counts_of_the_place_its_scopes_and_the_employee(self, account, api):
        client = api("kam")
        tor = posted(client, EMPLOYEES, name="Tor")
        place = posted(client, PLACES, account=str(account.pk), employee=tor["id"], role="geographic_leader")
        url = f"{PLACES}{place['id']}/"
        tags = [client.get(url)["ETag"]]
        client.patch(url, {"scopes": [{"region": "Nordics"}]}, format="json")
        tags.append(client.get(url)["ETag"])
        client.patch(f"{EMPLOYEES}{tor['id']}/", {"name": "Tor Egil"}, format="json")
        tags.append(client.get(url)["ETag"])
        assert len(set(tags)) == 3
        stale = client.patch(url, {"title": "x"}, format="json", HTTP_IF_MATCH=tags[0])
        assert stale.status_code == 412
        assert client.patch(url, {"title": "x"}, format="json", HTTP_IF_MATCH=tags[2]).status_code == 200
        # The same scopes again are no change.
        before = client.get(url)["ETag"]
        client.patch(url, {"scopes": [{"region": "Nordics"}]}, format="json")
        assert client.get(url)["ETag"] == before

    def test_one_person_or_none_is_refused_by_name(self, account, api, members, tenant):
        client = api("kam")
        with tenant_context(tenant.id):
            tor = EmployeeFactory()
        here = {"account": str(account.pk), "role": "contributor"}
        both = {**here, "user": str(members["admin"].user_id), "employee": str(tor.pk)}
        assert refusal(client.post(PLACES, here, format="json")) == (400, "user")
        assert refusal(client.post(PLACES, both, format="json")) == (400, "user")
        posted(client, PLACES, **here, employee=str(tor.pk))
        assert client.post(PLACES, {**here, "employee": str(tor.pk)}, format="json").status_code == 409

    def test_a_temporary_place_ends_for_a_reason(self, account, api, members):
        client = api("kam")
        here = {
            "account": str(account.pk), "user": str(members["admin"].user_id), "role": "contributor",
            "is_temporary": True,
        }  # fmt: skip
        assert refusal(client.post(PLACES, here, format="json")) == (400, "valid_to")
        ended = {**here, "valid_to": "2027-01-31"}
        assert refusal(client.post(PLACES, ended, format="json")) == (400, "reason")
        place = posted(client, PLACES, **ended, reason="Opportunity: Cork")
        answer = client.patch(f"{PLACES}{place['id']}/", {"valid_to": None}, format="json")
        assert refusal(answer) == (400, "valid_to")

    @pytest.mark.parametrize(
        "scope",
        [
            {},
            {"region": ""},
            {"region": "A", "segment": "own"},
            {"segment": "foreign"},
            {"product_line": "idea"},
        ],
    )
    def test_a_scope_is_one_thing_of_this_account(self, account, api, members, tenant, scope):
        with tenant_context(tenant.id):
            known = {
                "own": SegmentFactory(account=account),
                "foreign": SegmentFactory(),
                "idea": ProductLineFactory(account=AccountFactory(), kind="idea"),
            }
        sent = {name: str(known[value].pk) if value in known else value for name, value in scope.items()}
        body = {
            "account": str(account.pk), "user": str(members["admin"].user_id), "role": "contributor",
            "scopes": [sent],
        }  # fmt: skip
        assert refusal(api("kam").post(PLACES, body, format="json")) == (400, "scopes")
        with tenant_context(tenant.id):
            assert not SellingCenterMember.objects.exists()

    def test_a_list_costs_the_same_at_two_and_at_twenty(
        self, account, api, tenant, django_assert_num_queries
    ):
        client = api("kam")
        with tenant_context(tenant.id):
            line = ProductLineFactory()
            for _ in range(2):
                self._scoped(account, line)
        client.get(PLACES)
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as two:
            assert client.get(PLACES).json()["count"] == 2
        with tenant_context(tenant.id):
            for _ in range(18):
                self._scoped(account, line)
        with django_assert_num_queries(len(two)):
            assert client.get(PLACES).json()["count"] == 20

    def _scoped(self, account, line):
        place = SellingCenterMemberFactory(account=account, employee=EmployeeFactory(), role="contributor")
        PlaceScope.objects.create(tenant_id=place.tenant_id, place=place, product_line=line)


class TestEmployees:
    def test_whoever_changes_a_team_keeps_employees_and_readers_only_read(self, api, tenant):
        tor = posted(api("kam"), EMPLOYEES, name="Tor")
        url = f"{EMPLOYEES}{tor['id']}/"
        for role in ("executive", "contributor"):
            client = api(role)
            assert client.get(url).status_code == 200
            assert client.post(EMPLOYEES, {"name": "X"}, format="json").status_code == 403
            assert client.patch(url, {"name": "X"}, format="json").status_code == 403
            assert client.delete(url).status_code == 403
        assert (
            api("kam").patch(url, {"left_on": "2026-10-31"}, format="json").json()["left_on"] == "2026-10-31"
        )
        assert api("admin").get(EMPLOYEES, {"left": "false"}).json()["count"] == 1

    def test_an_address_names_one_employee(self, api):
        client = api("kam")
        posted(client, EMPLOYEES, name="Tor", email="tor@example.com")
        twice = client.post(EMPLOYEES, {"name": "Tore", "email": "TOR@example.com"}, format="json")
        assert refusal(twice) == (409, "email")
        posted(client, EMPLOYEES, name="Nobody’s address")
        posted(client, EMPLOYEES, name="Nobody’s either")
        assert refusal(client.post(EMPLOYEES, {"name": ""}, format="json")) == (400, "name")

    def test_nobody_with_a_place_is_deleted(self, account, api, tenant):
        client = api("kam")
        tor = posted(client, EMPLOYEES, name="Tor")
        place = posted(client, PLACES, account=str(account.pk), employee=tor["id"], role="contributor")
        refused = client.delete(f"{EMPLOYEES}{tor['id']}/")
        assert refused.status_code == 409 and "1\u00a0place in a selling centre" in refused.json()["detail"]
        client.delete(f"{PLACES}{place['id']}/")
        assert client.delete(f"{EMPLOYEES}{tor['id']}/").status_code == 204


class TestServices:
    @pytest.fixture
    def principal(self, members):
        return Principal(member=members["kam"])

    def test_a_new_lead_takes_over_only_when_asked(self, account, tenant, members, principal):
        with tenant_context(tenant.id):
            old = SellingCenterMemberFactory(account=account, member=members["kam"], role="kam", is_lead=True)
            values = {
                "account": account.pk, "user": members["admin"].user_id, "role": "kam", "is_lead": True,
            }  # fmt: skip
            with pytest.raises(ConflictError, match="An account has one lead"):
                selling_center_add(principal=principal, values=values)
            new = selling_center_add(principal=principal, values=values, replace_lead=True)
            old.refresh_from_db()
            assert (new.is_lead, old.is_lead, old.role) == (True, False, "kam")

    def test_what_hangs_on_a_place_is_handed_over(self, account, tenant, members, principal):
        with tenant_context(tenant.id):
            bo = SellingCenterMemberFactory(account=account, member=members["contributor"])
            nora = SellingCenterMemberFactory(account=account, member=members["kam"], role="kam")
            anna, eva = (ContactFactory(account=account, covered_by=bo) for _ in range(2))
            for contact in (anna, eva):
                ConnectionFactory(place=bo, contact=contact, strength=4)
            # Nora knows Anna herself: her own connection stays as it is.
            ConnectionFactory(place=nora, contact=anna, strength=2)
            selling_center_remove(principal=principal, person=bo, heir_id=nora.pk)
            assert set(Contact.objects.values_list("covered_by", flat=True)) == {nora.pk}
            rows = Connection.objects.filter(place=nora).values_list("contact_id", "strength")
            assert dict(rows) == {anna.pk: 2, eva.pk: 4}
            assert not SellingCenterMember.objects.filter(pk=bo.pk).exists()

    def test_an_heir_is_of_the_same_centre_and_a_last_day_after_the_first(
        self, account, tenant, members, principal
    ):
        with tenant_context(tenant.id):
            bo = SellingCenterMemberFactory(
                account=account, member=members["contributor"], valid_from="2026-05-01"
            )
            bo.refresh_from_db()
            far = SellingCenterMemberFactory(member=members["kam"])
            for heir in (far.pk, bo.pk):
                with pytest.raises(InvalidInputError, match="no such place"):
                    selling_center_end(principal=principal, person=bo, heir_id=heir)
            with pytest.raises(InvalidInputError, match="before the start"):
                selling_center_end(principal=principal, person=bo, last_day=bo.valid_from.replace(month=4))
            ended = selling_center_end(principal=principal, person=bo)
            assert ended.valid_to is not None
