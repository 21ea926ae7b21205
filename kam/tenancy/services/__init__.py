"""Every write of this app. Keyword-only; a service validates, locks, writes and tells."""

from kam.tenancy.services.invitations import (
    invitation_accept,
    invitation_create,
    invitation_find,
    invitation_link,
    invitation_resend,
    invitation_revoke,
)
from kam.tenancy.services.members import (
    integration_create,
    member_add,
    member_update,
    membership_touch,
    profile_update,
)
from kam.tenancy.services.notifications import (
    Message,
    notification_read,
    notifications_mail,
    notifications_read_all,
    notifications_send,
    reminders_set,
)
from kam.tenancy.services.settings import register_settings_guard, settings_update
from kam.tenancy.services.tenants import tenant_create, valid_currency
from kam.tenancy.services.tokens import TOKEN_DAYS, token_create, token_revoke

__all__ = [
    "TOKEN_DAYS",
    "Message",
    "integration_create",
    "invitation_accept",
    "invitation_create",
    "invitation_find",
    "invitation_link",
    "invitation_resend",
    "invitation_revoke",
    "member_add",
    "member_update",
    "membership_touch",
    "notification_read",
    "notifications_mail",
    "notifications_read_all",
    "notifications_send",
    "profile_update",
    "register_settings_guard",
    "reminders_set",
    "settings_update",
    "tenant_create",
    "token_create",
    "token_revoke",
    "valid_currency",
]
