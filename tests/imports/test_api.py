"""`imports/` over REST: the same engine behind another door (INTERFACE §2)."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from accounts.models import Account, ImportJob
from kam.tenancy.models import Tenant

URL = "/api/v1/imports/"
FILE = "external_id,name\nA1,Acme\nA2,=cmd()\n"
Api = Callable[..., APIClient]


def upload(text: str = FILE, **fields: Any) -> dict[str, Any]:
    return {"kind": "accounts", "file": SimpleUploadedFile("a.csv", text.encode()), **fields}


@pytest.fixture
def send(django_capture_on_commit_callbacks: Any) -> Callable[..., Any]:
    """POST, and let the worker's turn follow the commit."""

    def post(client: APIClient, body: dict[str, Any], **headers: Any) -> Any:
        with django_capture_on_commit_callbacks(execute=True):
            return client.post(URL, body, format="multipart", **headers)

    return post


def test_a_file_is_taken_in_and_answered_with_its_counts(
    api: Api, send: Any, tenant: Tenant, as_tenant: Any
) -> None:
    admin = api("admin")
    answer = send(admin, upload())
    assert answer.status_code == 202, answer.content
    assert answer.json()["status"] == "queued"
    assert answer["Location"] == f"{URL}{answer.json()['id']}/"
    done = admin.get(answer["Location"])
    body = done.json()
    assert (body["status"], body["rows_total"], body["rows_done"]) == ("succeeded", 2, 2)
    assert (body["created"], body["updated"], body["unchanged"], body["rejected"]) == (2, 0, 0, 0)
    assert (body["errors"], body["door"], body["progress"]) == ([], "api", 1.0)
    assert done["ETag"]
    again = send(admin, upload())
    assert admin.get(again["Location"]).json()["unchanged"] == 2
    assert admin.get(URL).json()["count"] == 2
    with as_tenant(tenant):
        assert Account.objects.count() == 2


def test_faults_are_listed_and_downloaded_without_formulas(api: Api, send: Any) -> None:
    admin = api("admin")
    answer = send(admin, upload("external_id,name,country\n=1+1,Acme,=2\n"))
    body = admin.get(answer["Location"]).json()
    assert body["status"] == "failed"
    assert body["errors"] == [
        {
            "row": 2,
            "field": "country",
            "code": "unknown_country",
            "message": "Row 2, country: “=2” is not a country. "
            "Expected an ISO 3166 code of two letters such as NO.",
        }
    ]
    download = admin.get(f"{answer['Location']}errors.csv")
    text = b"".join(download.streaming_content).decode("utf-8-sig")
    assert download["Content-Type"].startswith("text/csv")
    assert text.splitlines()[0] == "row,field,code,value,message"
    assert ",'=2," in text


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "nonsense"}, "kind"),
        ({"kind": ""}, "kind"),
        ({"file": "text"}, "file"),
        ({"dry_run": "maybe"}, "dry_run"),
        ({"on_error": "ignore"}, "on_error"),
        ({"mapping": "[]"}, "mapping"),
        ({"mapping": "{"}, "mapping"),
        ({"mapping": '{"a": 1}'}, "mapping"),
        ({"tenant": str(uuid.uuid4())}, "tenant"),
    ],
)
def test_a_form_with_something_wrong_is_refused(
    api: Api, send: Any, change: dict[str, Any], field: str
) -> None:
    answer = send(api("admin"), upload(**change))
    assert answer.status_code == 400, answer.content
    assert answer.json()["errors"][0]["field"] == field


def test_other_headers_need_a_mapping_and_are_told_so(api: Api, send: Any) -> None:
    admin = api("admin")
    salesforce = "Account ID,Account Name,Billing Country\n001,Acme,NO\n"
    body = admin.get(send(admin, upload(salesforce))["Location"]).json()
    assert body["status"] == "failed"
    assert body["errors"][0]["code"] == "missing_column"
    assert "external_id (“Account ID” looks like it)" in body["errors"][0]["message"]
    mapping = '{"Account ID": "external_id", "Account Name": "name"}'
    body = admin.get(send(admin, upload(salesforce, mapping=mapping))["Location"]).json()
    assert (body["status"], body["created"], body["ignored_columns"]) == ("succeeded", 1, ["Billing Country"])


def test_a_file_too_large_answers_413(api: Api, send: Any, settings: Any) -> None:
    settings.IMPORT_MAX_BYTES = 10
    assert send(api("admin"), upload()).status_code == 413


def test_the_same_idempotency_key_makes_one_job(api: Api, send: Any, tenant: Tenant, as_tenant: Any) -> None:
    admin = api("admin")
    first = send(admin, upload(), HTTP_IDEMPOTENCY_KEY="k")
    second = send(admin, upload(), HTTP_IDEMPOTENCY_KEY="k")
    assert first.content == second.content
    with as_tenant(tenant):
        assert ImportJob.objects.count() == 1


@pytest.mark.parametrize(
    ("role", "scopes", "allowed"),
    [
        ("admin", None, True),
        ("executive", None, True),
        ("kam", None, False),
        ("contributor", None, False),
        ("integration", ["ledger:write"], True),
        ("integration", ["accounts:read"], False),
    ],
)
def test_who_may_import(api: Api, send: Any, role: str, scopes: list[str] | None, allowed: bool) -> None:
    client = api(role, scopes)
    assert send(client, upload()).status_code == (202 if allowed else 403)
    assert client.get(URL).status_code == (200 if allowed else 403)


def test_another_tenants_import_does_not_exist(api: Api, other_api: Api, send: Any) -> None:
    url = send(api("admin"), upload())["Location"]
    stranger = other_api("admin")
    assert stranger.get(url).status_code == 404
    assert stranger.get(f"{url}errors.csv").status_code == 404
    assert stranger.get(URL).json()["count"] == 0


def test_a_draft_of_the_page_is_no_import_yet(api: Api, tenant: Tenant, as_tenant: Any) -> None:
    with as_tenant(tenant):
        draft = ImportJob.objects.create(tenant=tenant, status="draft", file_name="x")
    assert api("admin").get(f"{URL}{draft.id}/").status_code == 404
