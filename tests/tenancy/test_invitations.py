"""An invitation: mailed, opened, accepted once; never a way into somebody else's account."""

import re
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.totp.internal import auth as totp
from django.conf import settings
from django.core import mail
from django.test import Client
from django.utils import timezone

from kam.common.errors import ConflictError
from kam.tenancy.context import tenant_context
from kam.tenancy.models import Invitation, Membership, Tenant, User
from kam.tenancy.services import invitation_accept, invitation_create
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db
NEW = {"name": "Ines Vale", "password": "a long pass phrase"}


def invite(tenant: Tenant, email: str = "ines@new.example", role: str = "kam") -> str:
    with tenant_context(tenant.id):
        _invitation, link = invitation_create(tenant=tenant, email=email, role=role)
    return link.removeprefix(settings.PUBLIC_URL.rstrip("/"))


def test_from_the_members_page_to_the_first_page(
    browser_client: Any,
    tenant: Tenant,
    members: dict[str, Membership],
    django_capture_on_commit_callbacks: Any,
) -> None:
    body = {"email": "Ines@New.example", "name": "Ines Vale", "role": "kam"}
    with django_capture_on_commit_callbacks(execute=True):
        assert browser_client("admin").post("/settings/members/", body).status_code == 302
    [message] = mail.outbox
    assert message.to == ["ines@new.example"]
    assert "Admin Northwind invites you" in message.body
    found = re.search(rf"{re.escape(settings.PUBLIC_URL)}(/invitations/\S+)", message.body)
    assert found is not None
    link = found[1]
    client = Client()
    page = client.get(link)
    assert page.status_code == 200
    assert "Northwind Tools invites you" in page.content.decode()
    answer = client.post(link, NEW)
    assert answer.status_code == 302
    member = Membership.objects.get(user__email="ines@new.example")
    assert (member.role, member.user.name, member.tenant) == ("kam", "Ines Vale", tenant)
    assert client.get("/profile/").status_code == 200
    # Once.
    assert client.get(link).status_code == 410
    assert Client().post(link, NEW).status_code == 410


def test_only_the_digest_of_the_key_is_stored(tenant: Tenant) -> None:
    key = invite(tenant).rstrip("/").rsplit("/", 1)[1]
    with tenant_context(tenant.id):
        invitation = Invitation.objects.get()
    assert key not in str(invitation.__dict__)
    assert len(invitation.key_digest) == 64


@pytest.mark.parametrize(
    "fault", ["expired", "replaced", "revoked", "another tenant", "wrong key", "no tenant"]
)
def test_a_void_link_answers_the_same_whatever_made_it_void(
    tenant: Tenant, other_tenant: Tenant, fault: str
) -> None:
    link = invite(tenant)
    with tenant_context(tenant.id):
        if fault == "expired":
            Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        elif fault == "revoked":
            Invitation.objects.all().delete()
    if fault == "replaced":
        invite(tenant)
    elif fault == "another tenant":
        link = link.replace(str(tenant.id), str(other_tenant.id))
    elif fault == "wrong key":
        link = link[:-3] + "xx/"
    elif fault == "no tenant":
        link = link.replace(str(tenant.id), "01900000-0000-7000-8000-000000000000")
    for answer in (Client().get(link), Client().post(link, NEW)):
        assert answer.status_code == 410
        assert "Northwind" not in answer.content.decode()
    assert not User.objects.exists()


def test_a_weak_password_is_refused_at_its_field(tenant: Tenant) -> None:
    link = invite(tenant)
    answer = Client().post(link, {"name": "Ines", "password": "short"})
    assert answer.status_code == 422
    assert answer.context["form"].errors["password"]
    assert not User.objects.exists()


def test_who_has_an_account_signs_in_first(tenant: Tenant, other_members: dict[str, Membership]) -> None:
    """The link alone must not open an account that has a password: not even to set another one."""
    link = invite(tenant, "kam@fabrikam.example", "executive")
    client = Client()
    page = client.get(link).content.decode()
    assert "Sign in" in page
    assert 'name="password"' not in page
    assert client.post(link, NEW).status_code == 403
    user = User.objects.get(email="kam@fabrikam.example")
    assert user.check_password(PASSWORD)
    assert user.memberships.count() == 1
    answer = client.post("/auth/login/", {"login": user.email, "password": PASSWORD, "next": link})
    assert answer["Location"] == link
    assert client.post(link).status_code == 302
    assert {member.tenant.slug for member in user.memberships.all()} == {"fabrikam", "northwind"}
    assert "Northwind Tools" in client.get("/profile/").content.decode()


def test_who_is_signed_in_as_somebody_else_cannot_accept(
    tenant: Tenant, other_members: dict[str, Membership]
) -> None:
    link = invite(tenant, "kam@fabrikam.example")
    client = Client()
    client.force_login(other_members["admin"].user, backend="kam.tenancy.backends.MemberBackend")
    assert client.post(link, NEW).status_code == 403
    assert not Membership.objects.filter(tenant=tenant).exists()


def test_a_second_factor_is_not_walked_around(tenant: Tenant) -> None:
    user = User.objects.create_user(email="ines@new.example")
    totp.TOTP.activate(user, totp.generate_totp_secret())
    client = Client()
    assert client.post(invite(tenant), NEW).status_code == 403
    assert not User.objects.get().has_usable_password()


def test_a_switched_off_person_does_not_come_back_by_invitation(tenant: Tenant) -> None:
    User.objects.create_user(email="ines@new.example", is_active=False)
    assert Client().post(invite(tenant), NEW).status_code == 410


def test_a_member_is_not_invited_again(tenant: Tenant, members: dict[str, Membership]) -> None:
    with pytest.raises(ConflictError, match="a member of Northwind Tools already"):
        invite(tenant, "kam@northwind.example")
    Membership.objects.filter(pk=members["kam"].pk).update(is_active=False)
    with pytest.raises(ConflictError, match="switched-off member"):
        invite(tenant, "KAM@northwind.example")


def test_two_clicks_make_one_member(tenant: Tenant) -> None:
    invite(tenant)
    with tenant_context(tenant.id):
        invitation = Invitation.objects.get()
        invitation_accept(tenant=tenant, invitation=invitation, name="Ines", password="a long pass phrase")
        with pytest.raises(ConflictError, match="answered or taken back"):
            invitation_accept(
                tenant=tenant, invitation=invitation, name="Ines", password="a long pass phrase"
            )
    assert Membership.objects.count() == 1


def test_a_name_cannot_write_headers(tenant: Tenant, django_capture_on_commit_callbacks: Any) -> None:
    Tenant.objects.filter(pk=tenant.pk).update(name="Evil\r\nBcc: all@example.com")
    tenant.refresh_from_db()
    with django_capture_on_commit_callbacks(execute=True):
        invite(tenant)
    assert mail.outbox[0].recipients() == ["ines@new.example"]
    assert "\n" not in mail.outbox[0].subject
