"""People, and in which tenants they work with which role."""

import secrets
from datetime import timedelta
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from knox.models import AbstractAuthToken

from kam.common.ids import uuid7
from kam.tenancy.fields import TenantForeignKey, UuidV7
from kam.tenancy.models.base import TenantModel


class Role(models.TextChoices):
    """What a member may do (INTERFACE §4)."""

    ADMIN = "admin", "Administrator"
    EXECUTIVE = "executive", "Executive"
    KAM = "kam", "Key account manager"
    CONTRIBUTOR = "contributor", "Contributor"
    INTEGRATION = "integration", "Integration"


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **extra: Any) -> "User":
        """A person who signs in with an e-mail address; without a password the account cannot sign in yet."""
        if not email:
            raise ValueError("An e-mail address is needed.")
        user = self.model(email=email.strip().lower(), **extra)
        if password:
            user.set_password(password)
        else:
            user.set_unusable_password()
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(AbstractBaseUser):
    """A person on this installation. Global: one person may work for several tenants."""

    id = models.UUIDField(primary_key=True, default=uuid7, db_default=UuidV7(), editable=False)
    email = models.EmailField(max_length=254, unique=True)
    name = models.CharField(max_length=150, blank=True)
    locale = models.CharField(max_length=10, default="en_GB")
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(default=timezone.now)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects: ClassVar[UserManager] = UserManager()

    # Filled when a session's user is read (backends.MemberBackend).
    active_memberships: "list[Membership] | None" = None

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_unique")]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def display_name(self) -> str:
        return self.name or self.email

    @property
    def first_name(self) -> str:
        return self.name.split(" ", 1)[0]

    @property
    def initials(self) -> str:
        words = (self.name or self.email.split("@")[0].replace(".", " ")).split()
        return "".join(word[0] for word in words[:2]).upper()


class Membership(models.Model):
    """A person's place in a tenant. Global, because it is read before the tenant is known; every
    selector over it filters the tenant."""

    id = models.UUIDField(primary_key=True, default=uuid7, db_default=UuidV7(), editable=False)
    tenant = models.ForeignKey("tenancy.Tenant", on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey("tenancy.User", on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role)
    is_active = models.BooleanField(default=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    reminders_by_mail = models.BooleanField(default=True, db_default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "user"], name="membership_once_per_tenant"),
            models.UniqueConstraint(fields=["tenant", "id"], name="membership_tenant_uq"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="membership_role"),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.role})"


def _invitation_key() -> str:
    return secrets.token_urlsafe(32)


def _in_a_fortnight() -> Any:
    return timezone.now() + timedelta(days=14)


class Invitation(TenantModel):
    """An open offer of membership, answered through a link that works once and expires.

    Only the key's hash is stored."""

    email = models.EmailField(max_length=254)
    name = models.CharField(max_length=150, blank=True)
    role = models.CharField(max_length=20, choices=Role)
    key_digest = models.CharField(max_length=64)
    invited_by = TenantForeignKey(
        "tenancy.Membership", on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(default=_in_a_fortnight)
    accepted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "key_digest"], name="invitation_key_unique"),
            models.UniqueConstraint(
                "tenant",
                Lower("email"),
                condition=models.Q(accepted_at__isnull=True),
                name="invitation_one_open",
            ),
        ]


class ApiToken(AbstractAuthToken):
    """A key of one member of one tenant for the REST API: hashed, expiring, revocable, shown once.

    Global, because it is read to find out which tenant is asking. `scopes` limits an integration."""

    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=100)
    scopes = models.JSONField(default=list, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
