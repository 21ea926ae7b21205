"""Metrics, recomputations, portfolio and simulations over REST, as INTERFACE §2 promises them."""

import datetime
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import Account
from kam.tenancy.context import tenant_context
from kam.tenancy.models import Tenant, TenantSettings
from metrics.models import AccountMetricsHistory, Recomputation
from metrics.services.marks import mark_stale
from tests.metrics.ledgers import account, catalogue, compute, drive, pin, sell, spend

pytestmark = pytest.mark.django_db
Api = Callable[..., APIClient]


@pytest.fixture
def ledger(tenant: Tenant) -> list[Account]:
    """Ten accounts that sold 100, 200, … 1000 in 2025 and half of it in 2024; the largest is a key account."""
    with tenant_context(tenant.id):
        pin()
        product = catalogue({"Bikes": None})["Bikes"]
        accounts = [
            account(
                f"A{n:02}",
                is_key_account=n == 10,
                key_since=datetime.date(2024, 1, 1) if n == 10 else None,
                country="NO" if n % 2 else "SE",
            )
            for n in range(1, 11)
        ]
        for n, one in enumerate(accounts, start=1):
            sell(one, product, "2025-06-01", str(100 * n), str(60 * n))
            sell(one, product, "2024-06-01", str(50 * n), str(30 * n))
            spend(one, "2025-06-02", "10")
        compute()
    return accounts


def test_the_record_has_the_promised_names(ledger: list[Account], api: Api) -> None:
    body = api("admin").get(f"/api/v1/accounts/{ledger[9].pk}/metrics/").json()
    assert body["reference_date"] == "2025-12-31"
    assert body["stale"] is False
    assert body["net_sales_12m"] == "1000.0000"
    assert body["cogs_12m"] == "600.0000"
    assert body["gross_margin_12m"] == "400.0000"
    assert body["cost_to_serve_12m"] == "10.0000"
    assert body["contribution_12m"] == "390.0000"
    assert body["contribution_ratio"] == pytest.approx(0.39)
    assert body["clv"]["method"] == "retention"
    assert Decimal(body["clv"]["value"]) == Decimal("960.6789")
    assert body["clv"]["inputs"]["annual_margin"] == "390.0000"
    assert [row["year"] for row in body["clv"]["yearly"]] == [1, 2, 3, 4, 5]
    assert body["clv"]["yearly"][0] == {
        "year": 1, "margin": "390.0000", "retained": 0.85, "present_value": "301.3636",
    }  # fmt: skip
    assert set(body["upv"]) == {
        "annual", "value", "expected_annual", "up_sell", "cross_sell", "co_creation", "entered", "estimated",
        "exceeds_clv",
    }  # fmt: skip
    assert (body["fiocca_class"], body["contact_structure"], body["health"]) == (None, None, None)
    assert body["volume_class"] == "A"
    assert body["loyalty_class"] == "butterfly"
    assert body["share_of_wallet"] is None


def test_the_record_has_an_etag_and_says_when_it_is_stale(
    ledger: list[Account], api: Api, tenant: Tenant
) -> None:
    path = f"/api/v1/accounts/{ledger[0].pk}/metrics/"
    first = api("kam").get(path)
    assert api("kam").get(path, headers={"If-None-Match": first["ETag"]}).status_code == 304
    with tenant_context(tenant.id):
        mark_stale([ledger[0].pk])
    again = api("kam").get(path, headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 200
    assert again.json()["stale"] is True


def test_an_account_without_figures_answers_nulls(api: Api, tenant: Tenant) -> None:
    with tenant_context(tenant.id):
        one = account("new")
    body = api("admin").get(f"/api/v1/accounts/{one.pk}/metrics/").json()
    assert (body["net_sales_12m"], body["clv"]["value"], body["computed_at"]) == (None, None, None)
    assert body["stale"] is True
    history = api("admin").get(f"/api/v1/accounts/{one.pk}/metrics/history/").json()
    assert history["results"] == []


def test_history_has_one_record_per_date(ledger: list[Account], api: Api, tenant: Tenant) -> None:
    with tenant_context(tenant.id):
        compute(reference_date=datetime.date(2024, 12, 31), publish=False)
        compute()
    body = api("admin").get(f"/api/v1/accounts/{ledger[0].pk}/metrics/history/").json()
    assert [row["reference_date"] for row in body["results"]] == ["2025-12-31", "2024-12-31"]
    assert [row["net_sales_12m"] for row in body["results"]] == ["100.0000", "50.0000"]
    assert body["count"] == 2


@pytest.mark.parametrize("path", ["metrics/", "metrics/history/"])
def test_another_tenants_account_is_not_there(ledger: list[Account], other_api: Api, path: str) -> None:
    theirs = other_api("admin").get(f"/api/v1/accounts/{ledger[0].pk}/{path}")
    nobodys = other_api("admin").get(f"/api/v1/accounts/{uuid.uuid4()}/{path}")
    assert theirs.status_code == nobodys.status_code == 404
    assert theirs.json() == nobodys.json()


def _pinned(tenant: Tenant) -> datetime.date | None:
    with tenant_context(tenant.id):
        return TenantSettings.objects.get(tenant_id=tenant.id).pinned_reference_date


def _post(api: Api, body: dict[str, Any], role: str = "admin") -> Any:
    return api(role).post("/api/v1/recomputations/", body, format="json")


def _finish(tenant: Tenant, answer: Any) -> Recomputation:
    assert answer.status_code == 202, answer.content
    return drive(tenant.id, uuid.UUID(answer.json()["id"]))


def test_a_given_date_is_pinned_null_unpins_omitted_keeps(
    ledger: list[Account], api: Api, tenant: Tenant
) -> None:
    run = _finish(tenant, _post(api, {"reference_date": "2024-11-05"}))
    assert run.reference_date == datetime.date(2024, 11, 30)
    assert _pinned(tenant) == datetime.date(2024, 11, 30)
    body = api("admin").get(f"/api/v1/accounts/{ledger[0].pk}/metrics/").json()
    assert (body["reference_date"], body["net_sales_12m"], body["stale"]) == ("2024-11-30", "50.0000", False)
    assert api("admin").get("/api/v1/portfolio/summary/").json()["reference_date"] == "2024-11-30"

    assert _finish(tenant, _post(api, {})).reference_date == datetime.date(2024, 11, 30)
    assert _pinned(tenant) == datetime.date(2024, 11, 30)

    run = _finish(tenant, _post(api, {"reference_date": None}))
    assert _pinned(tenant) is None
    assert run.reference_date == datetime.date.today().replace(day=1) - datetime.timedelta(days=1)


def test_pin_false_only_adds_history(ledger: list[Account], api: Api, tenant: Tenant) -> None:
    run = _finish(tenant, _post(api, {"reference_date": "2024-06-30", "pin": False}))
    assert (run.publish, run.reference_date) == (False, datetime.date(2024, 6, 30))
    assert _pinned(tenant) == datetime.date(2025, 12, 31)
    body = api("admin").get(f"/api/v1/accounts/{ledger[0].pk}/metrics/").json()
    assert (body["reference_date"], body["net_sales_12m"]) == ("2025-12-31", "100.0000")
    with tenant_context(tenant.id):
        assert AccountMetricsHistory.objects.filter(reference_date="2024-06-30").count() == 10


def test_accounts_with_a_date_need_pin_false(ledger: list[Account], api: Api, tenant: Tenant) -> None:
    ids = [str(ledger[2].pk)]
    for date in ("2024-06-30", None):
        answer = _post(api, {"accounts": ids, "reference_date": date})
        assert answer.status_code == 422
        assert answer["Content-Type"].startswith("application/problem+json")
    assert _pinned(tenant) == datetime.date(2025, 12, 31)
    run = _finish(tenant, _post(api, {"accounts": ids, "reference_date": "2024-06-30", "pin": False}))
    assert run.accounts_total == run.accounts_done == 1
    with tenant_context(tenant.id):
        rows = AccountMetricsHistory.objects.filter(reference_date="2024-06-30")
        assert [row.account_id for row in rows] == [ledger[2].pk]
    run = _finish(tenant, _post(api, {"accounts": ids}))
    assert (run.kind, run.accounts_total) == ("accounts", 1)


def test_a_recomputation_shows_its_progress(ledger: list[Account], api: Api, tenant: Tenant) -> None:
    answer = _post(api, {})
    path = answer["Location"]
    queued = api("admin").get(path).json()
    assert (queued["status"], queued["progress"], queued["accounts_total"]) == ("queued", 0.0, 10)
    _finish(tenant, answer)
    done = api("executive").get(path).json()
    assert (done["status"], done["progress"], done["accounts_done"]) == ("succeeded", 1.0, 10)
    assert done["seconds"] > 0
    listed = api("admin").get("/api/v1/recomputations/").json()
    assert listed["results"][0]["id"] == done["id"]


def test_who_may_recompute(ledger: list[Account], api: Api, other_api: Api) -> None:
    for role in ("kam", "contributor"):
        assert _post(api, {}, role).status_code == 403
    answer = _post(api, {}, "executive")
    assert answer.status_code == 202
    assert other_api("admin").get(f"/api/v1/recomputations/{answer.json()['id']}/").status_code == 404
    assert api("contributor").get("/api/v1/portfolio/summary/").status_code == 403


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"reference_date": "31.12.2024"}, "reference_date"),
        ({"reference_date": "0001-01-01"}, "reference_date"),
        ({"accounts": []}, "accounts"),
        ({"accounts": [str(uuid.UUID(int=1))]}, "accounts"),
        ({"pin": "no"}, "pin"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_bad_requests_name_the_field(
    ledger: list[Account], api: Api, body: dict[str, Any], field: str
) -> None:
    answer = _post(api, body)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"].split(".")[0] == field


def test_the_summary_adds_up(ledger: list[Account], api: Api) -> None:
    body = api("executive").get("/api/v1/portfolio/summary/").json()
    assert (body["accounts"], body["key_accounts"]) == (10, 1)
    assert body["net_sales_12m"] == "5500.0000"
    assert body["contribution_12m"] == "2100.0000"
    assert Decimal(body["customer_equity"]) == pytest.approx(Decimal("5172.8865"), abs=Decimal("0.001"))
    assert body["growth"]["net_sales"] == {"key": 1.0, "rest": 1.0, "all": 1.0}
    assert body["concentration"]["accounts"] == 10
    assert body["concentration"]["total"] == "8250.0000"
    filtered = api("executive").get("/api/v1/portfolio/summary/?country=SE&key=false").json()
    assert (filtered["accounts"], filtered["net_sales_12m"]) == (4, "2000.0000")


def test_pareto_over_any_window(ledger: list[Account], api: Api) -> None:
    body = api("executive").get("/api/v1/portfolio/pareto/?measure=net_sales&months=12").json()
    assert body["accounts"] == 10
    assert body["total"] == "5500.0000"
    assert [point["value"] for point in body["curve"][:2]] == ["1000.0000", "900.0000"]
    assert body["curve"][0]["account"] == str(ledger[9].pk)
    assert body["curve"][-1]["share"] == pytest.approx(1.0)
    levels = {row["level"]: row for row in body["levels"]}
    # 1000 + 900 = 34.5 %; + 800 = 49.1 %; + 700 = 61.8 %; + 600 = 72.7 %; + 500 = 81.8 %.
    assert {level: row["rank"] for level, row in levels.items()} == {0.2: 2, 0.4: 3, 0.5: 4, 0.64: 5, 0.8: 6}
    assert levels[0.8]["account"] == str(ledger[4].pk)
    assert body["hhi"] == pytest.approx(sum((n / 55) ** 2 for n in range(1, 11)))
    assert api("executive").get("/api/v1/portfolio/pareto/?months=6").json()["accounts"] == 0
    clv = api("executive").get("/api/v1/portfolio/pareto/?measure=clv&months=1").json()
    assert clv["accounts"] == 10
    assert api("executive").get("/api/v1/portfolio/pareto/?months=0").status_code == 400
    assert api("executive").get("/api/v1/portfolio/pareto/?measure=love").status_code == 400


@pytest.mark.parametrize("kind", ["loyalty", "dubinsky_ingram"])
def test_matrices_have_points_on_the_side_of_their_class(ledger: list[Account], api: Api, kind: str) -> None:
    body = api("executive").get(f"/api/v1/portfolio/matrix/?kind={kind}").json()
    # Three accounts buy more than three quarters of their peers: nothing is estimated for them.
    assert len(body["points"]) == (10 if kind == "loyalty" else 7)
    assert body["unplaced"] == ({} if kind == "loyalty" else {"potential_not_entered": 3})
    high = {"butterfly": (False, True), "desirable": (True, True), "undesirable": (False, False),
            "undeveloped": (False, True), "developed": (True, False)}  # fmt: skip
    for point in body["points"]:
        assert set(point) >= {"account", "name", "x", "y", "size", "class", "advice"}
        x_high, y_high = high[point["class"]]
        assert (point["x"] >= body["cuts"]["x"]) is x_high
        assert (point["y"] >= body["cuts"]["y"]) is y_high


@pytest.mark.parametrize("kind", ["fiocca", "positioning"])
def test_matrices_without_inputs_have_no_points(ledger: list[Account], api: Api, kind: str) -> None:
    answer = api("executive").get(f"/api/v1/portfolio/matrix/?kind={kind}")
    assert answer.status_code == 200
    assert answer.json()["points"] == []
    assert api("executive").get("/api/v1/portfolio/matrix/?kind=love").status_code == 400


def test_control_group(ledger: list[Account], api: Api) -> None:
    body = api("executive").get("/api/v1/portfolio/control-group/?from=2024-12-31&to=2025-12-31").json()
    assert body["key"] == {"accounts": 1, "before": "500.0000", "after": "1000.0000", "growth": 1.0}
    assert body["rest"]["accounts"] == 9
    assert (body["ratio"], body["difference"], body["interval"]) == (1.0, 0.0, None)
    late = api("executive").get("/api/v1/portfolio/control-group/?from=2023-12-31&to=2025-12-31").json()
    assert (late["key"]["accounts"], late["late_joiners"]["accounts"]) == (0, 1)
    contribution = (
        api("executive")
        .get("/api/v1/portfolio/control-group/?from=2024-12-31&to=2025-12-31&measure=contribution")
        .json()
    )
    assert contribution["key"]["growth"] == pytest.approx(390 / 200 - 1)
    bad = api("executive").get("/api/v1/portfolio/control-group/?from=2025-12-31&to=2024-12-31")
    assert bad.status_code == 400


@pytest.mark.parametrize(
    ("timing", "value"),
    [("retained_end", "266.6667"), ("certain_end", "333.3333"), ("certain_now", "366.6667")],
)
def test_simulations_know_the_published_numbers(api: Api, timing: str, value: str) -> None:
    body = {"annual_margin": "100", "retention": 0.8, "discount_rate": 0.1, "growth": 0, "horizon_years": None,
            "acquisition_cost": "0", "timing": timing}  # fmt: skip
    answer = api("contributor").post("/api/v1/simulations/clv/", body, format="json").json()
    assert answer["clv"] == value
    assert len(answer["yearly"]) == 10


def test_simulations_refuse_what_diverges_and_what_is_out_of_range(api: Api) -> None:
    body = {
        "annual_margin": "100",
        "retention": 1,
        "discount_rate": 0.02,
        "growth": 0.05,
        "horizon_years": None,
    }
    answer = api("admin").post("/api/v1/simulations/clv/", body, format="json")
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:kam:problem:diverges")
    for wrong in ({"retention": 1.2}, {"discount_rate": -0.1}, {"horizon_years": 0}, {"growth": -2}):
        answer = api("admin").post("/api/v1/simulations/clv/", {**body, **wrong}, format="json")
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["field"] == next(iter(wrong))


def test_a_finite_simulation_adds_up(api: Api) -> None:
    body = {"annual_margin": "1000", "retention": 0.85, "discount_rate": 0.1, "growth": 0.03, "horizon_years": 4,
            "acquisition_cost": "250.5"}  # fmt: skip
    answer = api("admin").post("/api/v1/simulations/clv/", body, format="json").json()
    total = sum(Decimal(row["present_value"]) for row in answer["yearly"])
    assert Decimal(answer["clv"]) == pytest.approx(total - Decimal("250.5"), abs=Decimal("0.001"))
    assert [row["margin"] for row in answer["yearly"]] == ["1000.0000", "1030.0000", "1060.9000", "1092.7270"]
