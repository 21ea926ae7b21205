"""Success factors (K12) and objectives (K5, K17, K26): what they take, what they warn of, who reviewed them."""

import datetime
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Account, SuccessFactor
from accounts.selectors.success_factors import (
    review_due,
    success_factor_list,
    success_factor_warning,
)
from accounts.services.success_factors import success_factor_reorder, success_factor_review
from kam.common.errors import InvalidInputError
from kam.tenancy.access import Principal
from kam.tenancy.models import Membership, Tenant
from planning.models import Objective
from planning.selectors.objectives import objectives_missing
from tests.factories import AccountFactory, ObjectiveFactory, SuccessFactorFactory

Api = Callable[..., APIClient]


@pytest.fixture
def account(tenant: Tenant, as_tenant: Any, members: dict[str, Membership]) -> Account:
    with as_tenant(tenant):
        return AccountFactory(owner=members["kam"], is_key_account=True, key_since=datetime.date(2024, 1, 1))


class TestSuccessFactors:
    @pytest.mark.parametrize(("count", "words"), [(0, "No success factor"), (1, "too few"), (6, "too many")])
    def test_fewer_than_two_and_more_than_five_are_warned_of(self, count: int, words: str) -> None:
        assert words in success_factor_warning(count)

    def test_two_to_five_are_right(self) -> None:
        assert [success_factor_warning(count) for count in (2, 3, 4, 5)] == ["", "", "", ""]

    def test_one_is_written_changed_and_its_stale_copy_refused(self, account: Account, api: Api) -> None:
        client = api("kam")
        made = client.post(
            "/api/v1/success-factors/",
            {"account": str(account.pk), "title": "Halve line stops", "owner_name": "Ida Berg"},
            format="json",
        )
        assert made.status_code == 201, made.content
        url, tag = f"/api/v1/success-factors/{made.json()['id']}/", made["ETag"]
        changed = client.patch(url, {"horizon": "long"}, format="json", headers={"If-Match": tag})
        assert (changed.status_code, changed.json()["horizon"]) == (200, "long")
        stale = client.patch(url, {"horizon": "short"}, format="json", headers={"If-Match": tag})
        assert stale.status_code == 412
        assert client.get(url).json()["horizon"] == "long"
        history = client.get(f"{url}history/").json()["results"]
        assert [entry["action"] for entry in history] == ["changed", "created"]

    def test_it_stays_with_its_account_and_needs_a_title(
        self, account: Account, tenant: Tenant, as_tenant: Any, api: Api
    ) -> None:
        with as_tenant(tenant):
            factor, other = SuccessFactorFactory(account=account), AccountFactory()
        url = f"/api/v1/success-factors/{factor.pk}/"
        for body, field in (({"account": str(other.pk)}, "account"), ({"title": " "}, "title")):
            answer = api("admin").patch(url, body, format="json")
            assert answer.status_code == 400
            assert answer.json()["errors"][0]["field"] == field

    def test_a_review_is_due_after_a_quarter_and_keeps_who_made_it(
        self, account: Account, tenant: Tenant, as_tenant: Any, members: dict[str, Membership]
    ) -> None:
        with as_tenant(tenant):
            factor = SuccessFactorFactory(account=account)
            assert not review_due(factor)
            with time_machine.travel(timezone.now() + datetime.timedelta(days=93)):
                assert review_due(factor)
                reviewed = success_factor_review(principal=Principal(members["kam"]), factor=factor)
                assert not review_due(reviewed)
            assert reviewed.reviewed_by == members["kam"]
            assert reviewed.version is not None

    def test_a_new_one_comes_last_and_the_order_can_be_changed(
        self, account: Account, tenant: Tenant, as_tenant: Any, members: dict[str, Membership]
    ) -> None:
        principal = Principal(members["kam"])
        with as_tenant(tenant):
            first, second, third = (SuccessFactorFactory(account=account) for _ in range(3))
            gone = SuccessFactorFactory(account=account, state=SuccessFactor.State.RETIRED)
            success_factor_reorder(principal=principal, account=account, ordered=[third.pk, first.pk])
            assert list(success_factor_list(account=account)) == [third, first, second]
            with pytest.raises(InvalidInputError):
                success_factor_reorder(principal=principal, account=account, ordered=[gone.pk])
            assert list(success_factor_list(account=account, retired=True)) == [gone]


class TestObjectives:
    def body(self, account: Account, **more: Any) -> dict[str, Any]:
        return {"account": str(account.pk), "title": "Win Oslo", "horizon": "short", "type": "grow", **more}

    def test_one_serves_success_factors_and_its_tag_covers_the_links(
        self, account: Account, tenant: Tenant, as_tenant: Any, api: Api
    ) -> None:
        with as_tenant(tenant):
            one, two = SuccessFactorFactory(account=account), SuccessFactorFactory(account=account)
            foreign = SuccessFactorFactory()
        client = api("kam")
        made = client.post(
            "/api/v1/objectives/",
            self.body(account, success_factors=[str(two.pk), str(one.pk)], growth_move="expand"),
            format="json",
        )
        assert made.status_code == 201, made.content
        assert made.json()["success_factors"] == [str(one.pk), str(two.pk)]
        url = f"/api/v1/objectives/{made.json()['id']}/"
        fewer = client.patch(url, {"success_factors": [str(two.pk)]}, format="json")
        assert fewer.json()["success_factors"] == [str(two.pk)]
        assert fewer["ETag"] != made["ETag"]
        wrong = client.patch(url, {"success_factors": [str(foreign.pk)]}, format="json")
        assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (400, "success_factors")
        found = client.get("/api/v1/objectives/", {"success_factor": str(two.pk)}).json()
        assert [row["id"] for row in found["results"]] == [made.json()["id"]]

    def test_only_growth_has_a_source_and_a_move(self, account: Account, api: Api) -> None:
        client = api("kam")
        wrong = client.post(
            "/api/v1/objectives/", self.body(account, type="retain", growth_source="organic"), format="json"
        )
        assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (400, "growth_source")
        made = client.post(
            "/api/v1/objectives/", self.body(account, growth_source="cross_sell"), format="json"
        ).json()
        kept = client.patch(f"/api/v1/objectives/{made['id']}/", {"type": "retain"}, format="json").json()
        assert (kept["type"], kept["growth_source"]) == ("retain", None)

    def test_a_key_account_without_retain_or_grow_is_named(
        self, account: Account, tenant: Tenant, as_tenant: Any
    ) -> None:
        with as_tenant(tenant):
            retain = ObjectiveFactory(account=account, type="retain")
            dropped = ObjectiveFactory(account=account, type="grow", status="dropped")
            assert objectives_missing(account=account, objectives=[]) == ["retain", "grow"]
            assert objectives_missing(account=account, objectives=[retain, dropped]) == ["grow"]
            assert objectives_missing(account=AccountFactory(), objectives=[]) == []

    def test_a_contributor_outside_the_team_sees_and_changes_nothing(
        self, account: Account, tenant: Tenant, as_tenant: Any, api: Api
    ) -> None:
        with as_tenant(tenant):
            objective = ObjectiveFactory(account=account)
        client = api("contributor")
        assert client.get("/api/v1/objectives/").json()["count"] == 0
        assert client.patch(f"/api/v1/objectives/{objective.pk}/", {}, format="json").status_code == 404
        with as_tenant(tenant):
            assert Objective.objects.count() == 1
