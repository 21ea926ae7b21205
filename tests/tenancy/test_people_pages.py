"""Members, tokens, profile, switching: what each page does and refuses."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from kam.common.formatting import NO_BREAK
from kam.tenancy.context import tenant_context
from kam.tenancy.models import ApiToken, Invitation, Membership, Role, Tenant, User
from kam.tenancy.services import invitation_create, member_add, token_create
from kam.tenancy.views.members import members_finding
from tests.conftest import PASSWORD, client_for

pytestmark = pytest.mark.django_db
MEMBERS = "/settings/members/"
TOKENS = "/settings/tokens/"


def test_the_list_says_who_works_here_and_finds(browser_client: Any) -> None:
    page = browser_client("admin").get(MEMBERS).content.decode().replace(NO_BREAK, " ")
    assert "4 people work here: 1 administrator, 1 executive" in page
    found = browser_client("executive").get(MEMBERS + "?q=contrib")
    assert [member.role for member in found.context["members"]] == ["contributor"]
    assert "Invite a colleague" not in found.content.decode()
    assert "Nobody of that name" in browser_client("admin").get(MEMBERS + "?q=zzz").content.decode()


def test_the_finding_in_one_and_in_no_person() -> None:
    one = Membership(role=Role.ADMIN, is_active=True, user=User(name="A"))
    assert members_finding([one]).replace(NO_BREAK, " ") == "1 person works here: 1 administrator."
    assert members_finding([]) == "Nobody works here."


def test_a_role_is_changed(browser_client: Any, members: dict[str, Membership]) -> None:
    client = browser_client("admin")
    assert client.get(f"{MEMBERS}{members['kam'].pk}/").status_code == 200
    assert client.post(f"{MEMBERS}{members['kam'].pk}/", {"role": "executive"}).status_code == 302
    members["kam"].refresh_from_db()
    assert members["kam"].role == "executive"


@pytest.mark.parametrize("role", ["king", "integration", ""])
def test_a_person_becomes_nothing_else(
    browser_client: Any, members: dict[str, Membership], role: str
) -> None:
    answer = browser_client("admin").post(f"{MEMBERS}{members['kam'].pk}/", {"role": role})
    assert answer.status_code == 422
    members["kam"].refresh_from_db()
    assert members["kam"].role == "kam"


def test_nobody_raises_himself(browser_client: Any, members: dict[str, Membership]) -> None:
    for role in ("executive", "kam", "contributor"):
        answer = browser_client(role).post(f"{MEMBERS}{members[role].pk}/", {"role": "admin"})
        assert answer.status_code == 403
    assert Membership.objects.filter(role="admin").count() == 1


def test_the_last_administrator_stays(
    browser_client: Any, members: dict[str, Membership], tenant: Tenant
) -> None:
    client = browser_client("admin")
    mine = f"{MEMBERS}{members['admin'].pk}/"
    answer = client.post(mine, {"role": "kam"})
    assert answer.status_code == 422
    assert "last administrator" in answer.content.decode()
    refused = client.post(f"{mine}switch/", follow=True)
    assert "last administrator" in refused.content.decode()
    members["admin"].refresh_from_db()
    assert (members["admin"].role, members["admin"].is_active) == ("admin", True)
    member_add(tenant=tenant, email="second@northwind.example", role="admin", password=PASSWORD)
    assert client.post(mine, {"role": "kam"}).status_code == 302
    assert client.get(MEMBERS).status_code == 403


def test_a_switched_off_member_is_out_at_once(browser_client: Any, members: dict[str, Membership]) -> None:
    theirs, api = browser_client("kam"), client_for(members["kam"])
    assert theirs.get("/profile/").status_code == 200
    client = browser_client("admin")
    client.post(f"{MEMBERS}{members['kam'].pk}/switch/")
    assert theirs.get("/profile/").status_code == 403
    assert api.get("/api/v1/me/").status_code == 401
    assert not ApiToken.objects.exists()
    client.post(f"{MEMBERS}{members['kam'].pk}/switch/")
    assert theirs.get("/profile/").status_code == 200
    assert api.get("/api/v1/me/").status_code == 401


def test_an_invitation_is_sent_again_and_taken_back(
    browser_client: Any, tenant: Tenant, django_capture_on_commit_callbacks: Any
) -> None:
    with tenant_context(tenant.id):
        invitation, link = invitation_create(tenant=tenant, email="new@x.example", role="kam", send=False)
        before = invitation.key_digest
        Invitation.objects.update(expires_at=timezone.now() - timedelta(days=1))
    client = browser_client("admin")
    assert "The link has expired" in client.get(MEMBERS).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"/settings/invitations/{invitation.pk}/again/")
    with tenant_context(tenant.id):
        invitation.refresh_from_db()
    assert invitation.key_digest != before
    assert invitation.expires_at > timezone.now()
    assert link not in mail.outbox[0].body
    client.post(f"/settings/invitations/{invitation.pk}/take-back/")
    with tenant_context(tenant.id):
        assert not Invitation.objects.exists()
    assert client.post(f"/settings/invitations/{invitation.pk}/again/").status_code == 404


def test_the_link_of_an_invitation_is_never_on_a_page(browser_client: Any, tenant: Tenant) -> None:
    """An administrator who could read it would choose the password of somebody whom others may invite."""
    with tenant_context(tenant.id):
        _invitation, link = invitation_create(tenant=tenant, email="new@x.example", role="kam", send=False)
    key = link.rstrip("/").rsplit("/", 1)[1]
    assert key not in browser_client("admin").get(MEMBERS).content.decode()


def test_a_token_is_shown_once(browser_client: Any, members: dict[str, Membership]) -> None:
    client = browser_client("kam")
    answer = client.post(TOKENS, {"name": "Nightly export", "days": "30"})
    secret = answer.context["secret"]
    assert secret in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert secret not in client.get(TOKENS).content.decode()
    token = ApiToken.objects.get()
    assert secret not in str(token.__dict__)
    assert timedelta(days=29) < token.expiry - timezone.now() < timedelta(days=31)
    api = Client(HTTP_AUTHORIZATION=f"Token {secret}")
    assert api.get("/api/v1/me/").json()["role"] == "kam"
    token.refresh_from_db()
    assert token.last_used_at is not None
    assert "last used" in client.get(TOKENS).content.decode()
    assert client.post(f"{TOKENS}revoke/", {"token": token.digest}).status_code == 302
    assert api.get("/api/v1/me/").status_code == 401


@pytest.mark.parametrize("body", [{"name": "", "days": "30"}, {"name": "x", "days": "9999"}, {}])
def test_a_token_needs_a_name_and_an_end(browser_client: Any, body: dict[str, str]) -> None:
    assert browser_client("kam").post(TOKENS, body).status_code == 422
    assert not ApiToken.objects.exists()


def test_nobody_revokes_what_is_not_theirs(
    browser_client: Any, members: dict[str, Membership], other_members: dict[str, Membership]
) -> None:
    theirs, _secret = token_create(member=members["executive"], name="theirs")
    foreign, _secret = token_create(member=other_members["integration"], name="foreign")
    for role in ("kam", "admin"):
        for token in (theirs, foreign):
            answer = browser_client(role).post(f"{TOKENS}revoke/", {"token": token.digest})
            assert answer.status_code == 404
    for nonsense in ("", "x\x00y"):
        assert browser_client("kam").post(f"{TOKENS}revoke/", {"token": nonsense}).status_code == 404
    assert ApiToken.objects.count() == 2


def test_an_integration_with_its_scopes(browser_client: Any, tenant: Tenant) -> None:
    client = browser_client("admin")
    body = {
        "integration-title": "ERP",
        "integration-name": "Nightly",
        "integration-days": "365",
        "integration-scopes": ["ledger:write"],
    }
    answer = client.post("/settings/integrations/", body)
    api = Client(HTTP_AUTHORIZATION=f"Token {answer.context['secret']}")
    me = api.get("/api/v1/me/").json()
    assert (me["role"], me["scopes"], me["name"]) == ("integration", ["ledger:write"], "ERP")
    assert api.get("/api/v1/accounts/").status_code == 403
    member = Membership.objects.get(tenant=tenant, role="integration", user__name="ERP")
    second = client.post(
        f"/settings/integrations/{member.pk}/token/",
        {"name": "Two", "days": "30", "scopes": ["accounts:read"]},
    )
    assert second.status_code == 200
    page = client.get(TOKENS).content.decode()
    assert "ERP" in page
    assert "ledger:write" in page
    for token in member.tokens.all():
        client.post(f"{TOKENS}revoke/", {"token": token.digest})
    assert api.get("/api/v1/me/").status_code == 401


def test_an_integration_without_a_scope_is_refused(browser_client: Any) -> None:
    body = {"integration-title": "ERP", "integration-name": "Nightly", "integration-days": "365"}
    assert browser_client("admin").post("/settings/integrations/", body).status_code == 422
    assert not User.objects.filter(name="ERP").exists()


def test_a_person_gets_no_integration_token(browser_client: Any, members: dict[str, Membership]) -> None:
    path = f"/settings/integrations/{members['kam'].pk}/token/"
    assert browser_client("admin").get(path).status_code == 404


def test_the_profile_changes_how_figures_are_written(
    browser_client: Any, members: dict[str, Membership]
) -> None:
    client = browser_client("kam")
    assert client.post("/profile/", {"name": "Noor", "locale": "de_DE"}).status_code == 302
    members["kam"].user.refresh_from_db()
    assert (members["kam"].user.name, members["kam"].user.locale) == ("Noor", "de_DE")
    assert client.post("/profile/", {"name": "", "locale": "de_DE"}).status_code == 422
    assert client.post("/profile/", {"name": "Noor", "locale": "tlh"}).status_code == 422


def test_a_person_in_two_companies_switches(
    browser_client: Any, members: dict[str, Membership], other_tenant: Tenant
) -> None:
    member_add(tenant=other_tenant, email=members["kam"].user.email, role="executive")
    client = browser_client("kam")
    assert "Fabrikam Supply" in client.get("/profile/").content.decode()
    assert client.post("/switch/", {"tenant": str(other_tenant.id)}).status_code == 302
    page = client.get("/profile/").content.decode()
    assert "executive at Fabrikam Supply" in page
    # And next time they come back to where they were.
    again = browser_client("kam")
    assert "executive at Fabrikam Supply" in again.get("/profile/").content.decode()


@pytest.mark.parametrize("wanted", ["", "nonsense", "01900000-0000-7000-8000-000000000000"])
def test_nobody_switches_to_where_they_are_no_member(
    browser_client: Any, other_tenant: Tenant, wanted: str
) -> None:
    client = browser_client("kam")
    for target in (wanted, str(other_tenant.id)):
        assert client.post("/switch/", {"tenant": target}).status_code == 404
    assert "Northwind" in client.get("/profile/").content.decode()


def test_a_session_that_names_another_tenant_stays_where_its_member_is(
    browser_client: Any, other_tenant: Tenant
) -> None:
    client = browser_client("kam")
    session = client.session
    session["tenant_id"] = str(other_tenant.id)
    session.save()
    page = client.get("/profile/").content.decode()
    assert "Northwind Tools" in page
    assert "Fabrikam" not in page


def test_a_person_without_a_company_gets_an_answer(members: dict[str, Membership]) -> None:
    user = User.objects.create_user(email="alone@x.example", password=PASSWORD)
    client = Client()
    client.force_login(user, backend="kam.tenancy.backends.MemberBackend")
    assert client.get("/profile/").status_code == 403
    assert client.post("/auth/logout/").status_code == 302


def test_who_and_where_costs_two_queries_and_the_bell_one(
    browser_client: Any, members: dict[str, Membership]
) -> None:
    """Session and membership, and on a page the count behind the bell. A token costs one."""
    client, api = browser_client("kam"), client_for(members["kam"])
    api.get("/api/v1/me/")
    with CaptureQueriesContext(connection) as page:
        client.get("/profile/")
    with CaptureQueriesContext(connection) as call:
        api.get("/api/v1/me/")
    for captured, asked in ((page, 3), (call, 1)):
        tables = [query["sql"] for query in captured if re.search(r'FROM "?[a-z]+_', query["sql"])]
        assert len(tables) == asked, tables
