"""The import pages: from a file to stored rows with a browser, and nothing from the file is ever markup."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Account, ImportJob
from accounts.views.import_words import Steps, job_detail, job_finding, list_finding
from kam.tenancy.models import Tenant
from tests.factories import AccountFactory

Browser = Callable[..., Client]
SALESFORCE = "Account ID,Account Name,Billing Country,Fax\n001,Acme,Norway,1\n002,Beta,SE,2\n"
NBSP = "\N{NO-BREAK SPACE}"
EVIL = "<script>alert(1)</script>"


@pytest.fixture
def post(django_capture_on_commit_callbacks: Any) -> Callable[..., Any]:
    def send(client: Client, url: str, body: dict[str, Any]) -> Any:
        with django_capture_on_commit_callbacks(execute=True):
            return client.post(url, body)

    return send


def choose(post: Any, client: Client, text: str | bytes, kind: str = "", name: str = "crm.csv") -> Any:
    data = text.encode() if isinstance(text, str) else text
    return post(client, "/imports/new/", {"kind": kind, "file": SimpleUploadedFile(name, data)})


def test_an_empty_tenant_is_led_through_four_steps(browser_client: Browser) -> None:
    page = browser_client("admin").get("/imports/").content.decode().replace(NBSP, " ")
    assert "Load your ledger in four steps" in page
    assert page.count("k-card k-import-step") == 4
    assert page.count('aria-current="step"') == 1


def test_a_salesforce_export_goes_in_by_its_suggestions(
    browser_client: Browser, post: Any, tenant: Tenant, as_tenant: Any
) -> None:
    client = browser_client("admin")
    chosen = choose(post, client, SALESFORCE)
    assert chosen.status_code == 302
    url = chosen["Location"]
    page = client.get(url).content.decode().replace(NBSP, " ")
    assert re.search(r'<option value="accounts" selected>', page)
    assert re.findall(r'<option value="(\w+)" selected>[\w (]+', page) == [
        "accounts",
        "external_id",
        "name",
        "country",
    ]
    assert page.count(">suggested<") == 3
    body = {
        "kind": "accounts",
        "column-1": "external_id",
        "column-2": "name",
        "column-3": "country",
        "column-4": "",
    }
    checked = post(client, url, {**body, "action": "check", "on_error": "abort"})
    assert checked.status_code == 302
    page = client.get(url).content.decode().replace(NBSP, " ")
    assert "This file would add 2 accounts" in page
    assert "Nothing is stored yet." in page
    with as_tenant(tenant):
        assert not Account.objects.exists()
    post(client, url, {"action": "as_checked"})
    page = client.get(url).content.decode().replace(NBSP, " ")
    assert "This file added 2 accounts" in page
    assert "Fax" in page
    with as_tenant(tenant):
        assert dict(Account.objects.values_list("external_id", "country")) == {"001": "NO", "002": "SE"}


def test_a_missing_column_is_said_before_anything_starts(browser_client: Browser, post: Any) -> None:
    client = browser_client("admin")
    url = choose(post, client, SALESFORCE)["Location"]
    answer = post(client, url, {"kind": "accounts", "column-1": "external_id", "action": "import"})
    assert answer.status_code == 422
    assert "required column name" in answer.content.decode().replace(NBSP, " ")
    twice = {"kind": "accounts", "column-1": "external_id", "column-2": "external_id", "action": "import"}
    assert "stands in the file twice" in post(client, url, twice).content.decode().replace(NBSP, " ")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "0 bytes"),
        (b"%PDF-1.7", "a PDF"),
        ("é".encode("utf-16"), "UTF-16"),
        (b"\x00\x01\x02\x03\n", "text file"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_at_once(
    browser_client: Browser, post: Any, tenant: Tenant, as_tenant: Any, content: bytes, words: str, media: Any
) -> None:
    answer = choose(post, browser_client("admin"), content)
    assert answer.status_code == 422
    assert words in answer.content.decode().replace(NBSP, " ")
    with as_tenant(tenant):
        assert not ImportJob.objects.exists()
    assert not [path for path in media.rglob("*") if path.is_file()]


def test_nothing_of_a_file_becomes_markup(browser_client: Browser, post: Any) -> None:
    client = browser_client("admin")
    text = f'{EVIL},name,"x"" onfocus=""alert(1)"\n"{EVIL}",{EVIL},{EVIL}\n'
    url = choose(post, client, text, kind="accounts", name=f"{EVIL}.csv")["Location"]
    preview = client.get(url).content.decode().replace(NBSP, " ")
    body = {"kind": "accounts", "column-1": "external_id", "column-2": "name", "column-3": "country"}
    post(client, url, {**body, "action": "import"})
    result, listing = (
        client.get(url).content.decode().replace(NBSP, " "),
        client.get("/imports/").content.decode().replace(NBSP, " "),
    )
    assert "&lt;script&gt;" in preview
    assert "&lt;script&gt;" in result
    for page in (preview, result, listing):
        assert EVIL not in page
        assert 'x" onfocus' not in page


def test_faults_are_shown_and_downloaded(browser_client: Browser, post: Any) -> None:
    client = browser_client("admin")
    url = choose(post, client, "external_id,name,country\nA1,Acme,Atlantis\n", kind="accounts")["Location"]
    body = {"kind": "accounts", "column-1": "external_id", "column-2": "name", "column-3": "country"}
    post(client, url, {**body, "action": "import"})
    page = client.get(url).content.decode().replace(NBSP, " ")
    assert "Nothing was imported: 1 of 1 row is wrong" in page
    assert "Row 2, country: “Atlantis” is not a country." in page
    assert ">“Atlantis” is not a country." in page
    text = b"".join(client.get(f"{url}errors.csv").streaming_content).decode("utf-8-sig")
    assert text.splitlines()[1].startswith("2,country,unknown_country,Atlantis,")


def test_progress_is_a_fragment_that_ends_with_the_page_anew(
    browser_client: Browser, tenant: Tenant, as_tenant: Any
) -> None:
    client = browser_client("admin")
    with as_tenant(tenant):
        job = ImportJob.objects.create(
            tenant=tenant,
            kind="accounts",
            file_name="a.csv",
            status="running",
            phase="reading",
            rows_done=1234,
        )
    answer = client.get(f"/imports/{job.id}/progress/")
    assert "1,234 rows so far" in answer.content.decode().replace(NBSP, " ")
    assert "<html" not in answer.content.decode().replace(NBSP, " ")
    assert "HX-Refresh" not in answer
    with as_tenant(tenant):
        ImportJob.objects.update(status="succeeded")
    assert client.get(f"/imports/{job.id}/progress/")["HX-Refresh"] == "true"


def test_a_draft_can_be_thrown_away_with_its_file(browser_client: Browser, post: Any, media: Any) -> None:
    client = browser_client("admin")
    url = choose(post, client, SALESFORCE)["Location"]
    assert [path for path in media.rglob("*") if path.is_file()]
    assert post(client, url, {"action": "discard"})["Location"] == "/imports/"
    assert client.get(url).status_code == 404
    assert not [path for path in media.rglob("*") if path.is_file()]


@pytest.mark.parametrize(("role", "status"), [("executive", 200), ("kam", 403), ("contributor", 403)])
def test_who_sees_imports(browser_client: Browser, role: str, status: int) -> None:
    client = browser_client(role)
    assert client.get("/imports/").status_code == status
    assert client.get("/imports/new/").status_code == status


def test_the_list_costs_the_same_queries_at_any_length(
    browser_client: Browser, tenant: Tenant, as_tenant: Any
) -> None:
    client = browser_client("admin")

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as caught:
            assert client.get("/imports/").status_code == 200
        return len(caught)

    with as_tenant(tenant):
        ImportJob.objects.create(tenant=tenant, kind="accounts", file_name="a.csv", status="failed")
    client.get("/imports/")
    few = queries()
    with as_tenant(tenant):
        AccountFactory()
        for _ in range(30):
            ImportJob.objects.create(tenant=tenant, kind="accounts", file_name="a.csv", status="succeeded")
    assert queries() == few


def test_a_template_has_the_kinds_columns(browser_client: Browser) -> None:
    client = browser_client("admin")
    answer = client.get("/imports/templates/cost_entries.csv")
    assert (
        answer.content.decode().replace(NBSP, " ")
        == "external_id,account_external_id,date,category,amount,currency\r\n"
    )
    assert client.get("/imports/templates/nonsense.csv").status_code == 404


def test_findings_are_true_for_any_result() -> None:
    def job(**changes: Any) -> ImportJob:
        return ImportJob(kind="cost_entries", file_name="c.csv", status="succeeded", **changes)

    def finding(**changes: Any) -> str:
        return job_finding(job(**changes)).replace(NBSP, " ")

    assert finding(created=1) == "This file added 1 cost entry"
    assert finding(created=2, updated=3) == "This file added 2 cost entries and changed 3"
    assert finding(unchanged=2) == "All 2 cost entries are stored already; nothing changed"
    assert finding(rejected=2) == "No row of this file is good enough to store"
    assert (
        job_detail(job(created=1, rejected=1)).replace(NBSP, " ")
        == "1 row was left out, with the reason below."
    )
    steps = Steps(accounts=True, products=True, sales=False, costs=False)
    said = list_finding(total=2, running=0, failed_last=None, steps=steps)
    assert said == "Your ledger still lacks sales lines and cost-to-serve."
