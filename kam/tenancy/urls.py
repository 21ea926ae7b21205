"""Pages of this app."""

from django.urls import URLPattern, URLResolver, path

from kam.tenancy.views import health, invitations, members, notifications, profile, settings, shell, tokens

app_name = "tenancy"
urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("switch/", shell.switch, name="switch"),
    path("welcome/", shell.welcome, name="welcome"),
    path("search/", shell.search, name="search"),
    path("history/<str:label>/<uuid:pk>/", shell.history, name="history"),
    path("invitations/<uuid:tenant_id>/<str:key>/", invitations.invitation, name="invitation"),
    path("notifications/", notifications.notifications, name="notifications"),
    path("notifications/read/", notifications.read_all, name="notifications_read"),
    path("notifications/<uuid:notification_id>/open/", notifications.open_one, name="notification_open"),
    path("profile/", profile.profile, name="profile"),
    path("settings/", settings.settings, name="settings"),
    path("settings/members/", members.members, name="members"),
    path("settings/members/<uuid:pk>/", members.member, name="member"),
    path("settings/members/<uuid:pk>/switch/", members.member_switch, name="member_switch"),
    path("settings/invitations/<uuid:pk>/again/", members.invitation_again, name="invitation_again"),
    path(
        "settings/invitations/<uuid:pk>/take-back/", members.invitation_take_back, name="invitation_take_back"
    ),
    path("settings/tokens/", tokens.tokens, name="tokens"),
    path("settings/tokens/revoke/", tokens.token_delete, name="token_revoke"),
    path("settings/integrations/", tokens.integration_add, name="integration_add"),
    path("settings/integrations/<uuid:pk>/token/", tokens.integration_token, name="integration_token"),
    # Before allauth's own page of this path (kam.urls includes this file first).
    path("auth/email/", shell.closed, name="account_email_closed"),
]
