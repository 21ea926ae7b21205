"""What each buying stage needs of ours: the bank's table, or the tenant's own (K11, BANK D7)."""

import pytest

from kam.tenancy.context import tenant_context
from opportunities.bank import DEFAULT_RESOURCES
from opportunities.models import Stage, StepResource
from opportunities.selectors import step_resources

PATH, PAGE = "/api/v1/step-resources/", "/settings/step-resources/"


def names(stage):
    return [one.name for one in step_resources()[stage]]


def test_the_bank_has_one_line_for_each_of_the_eight_stages():
    assert list(DEFAULT_RESOURCES) == Stage.values
    assert [name for name, _ in DEFAULT_RESOURCES["proposal_requests"]] == ["KAM", "Marketing", "Finance"]


def test_a_tenant_without_rows_works_with_the_banks(tenant, api):
    with tenant_context(tenant.id):
        assert names("supplier_selection") == ["KAM", "Executive support"]
    table = api("kam").get(f"{PATH}table/").json()
    assert table["is_own"] is False
    assert [stage["stage"] for stage in table["stages"]] == Stage.values
    assert table["stages"][0]["resources"][1] == {
        "id": None, "resource": "Pre-sales analyst", "is_person": True,
    }  # fmt: skip


def test_the_first_change_keeps_the_rest_of_the_table(tenant, api):
    admin = api("admin")
    body = {"stage": "need_recognition", "resource": " Trial products ", "is_person": False}
    row = admin.post(PATH, body, format="json")
    assert (row.status_code, row.json()["resource"]) == (201, "Trial products")
    with tenant_context(tenant.id):
        assert names("need_recognition") == ["KAM", "Pre-sales analyst", "Trial products"]
        assert names("proposal_evaluation") == ["KAM", "Legal"]
    assert admin.get(PATH).json()["count"] == 18
    url = f"{PATH}{row.json()['id']}/"
    assert admin.patch(url, {"resource": "Samples"}, format="json").json()["version"] == 2
    assert admin.patch(url, {"resource": "X"}, format="json", HTTP_IF_MATCH='"old"').status_code == 412
    assert admin.delete(url).status_code == 204
    assert admin.delete(f"{PATH}table/").status_code == 204
    with tenant_context(tenant.id):
        assert not StepResource.objects.exists() and names("need_recognition") == ["KAM", "Pre-sales analyst"]


def test_a_stage_needs_a_thing_once_however_it_is_written(api):
    admin = api("admin")
    twice = admin.post(PATH, {"stage": "proposal_evaluation", "resource": "legal"}, format="json")
    assert (twice.status_code, twice.json()["errors"][0]["field"]) == (409, "resource")
    for bad in (
        {"resource": "x"},
        {"stage": "signing", "resource": "x"},
        {"stage": "proposal_evaluation", "resource": " "},
    ):
        assert admin.post(PATH, bad, format="json").status_code == 400, bad


def test_the_last_row_stays(tenant, api):
    admin = api("admin")
    with tenant_context(tenant.id):
        row = StepResource.objects.create(tenant_id=tenant.id, stage="need_recognition", resource="KAM")
    assert admin.delete(f"{PATH}{row.pk}/").status_code == 409


@pytest.mark.parametrize(("role", "reads"), [("executive", True), ("kam", False), ("contributor", False)])
def test_only_administrators_change_it(api, browser_client, role, reads):
    assert api(role).get(f"{PATH}table/").status_code == 200
    body = {"stage": "need_recognition", "resource": "X"}
    assert api(role).post(PATH, body, format="json").status_code == 403
    assert api(role).delete(f"{PATH}table/").status_code == 403
    page = browser_client(role).get(PAGE)
    assert page.status_code == (200 if reads else 403)
    assert not reads or "Who or what else?" not in page.content.decode()


def test_the_page_adds_takes_out_and_goes_back(tenant, members, browser_client):
    client = browser_client("admin")
    assert "resources that the product suggests" in client.get(PAGE).content.decode()
    add = {
        "act": "add",
        "stage": "supplier_selection",
        "resource": "Demonstration equipment",
        "is_thing": "on",
    }
    assert client.post(PAGE, add)["Location"] == f"{PAGE}#supplier_selection"
    again = client.post(PAGE, add)
    assert again.status_code == 422 and "already" in again.content.decode()
    client.post(PAGE, {"act": "drop", "stage": "supplier_selection", "resource": "KAM"})
    with tenant_context(tenant.id):
        found = step_resources()["supplier_selection"]
        assert [(one.name, one.is_person) for one in found] == [
            ("Executive support", True),
            ("Demonstration equipment", False),
        ]
    page = client.get(PAGE).content.decode()
    assert "Your own table: 17\xa0resources for eight buying steps, 1 of them things." in page
    client.post(PAGE, {"act": "drop", "stage": "supplier_selection", "resource": "Executive support"})
    client.post(PAGE, {"act": "drop", "stage": "supplier_selection", "resource": "Demonstration equipment"})
    assert "Nothing is planned for supplier selection." in client.get(PAGE).content.decode()
    client.post(PAGE, {"act": "reset"})
    assert "resources that the product suggests" in client.get(PAGE).content.decode()
    assert client.post(PAGE, {"act": "burn"}).status_code == 400
    gone = client.post(
        PAGE, {"act": "drop", "stage": "supplier_selection", "resource": "Nobody"}, follow=True
    )
    assert "no such resource any more" in gone.content.decode()
