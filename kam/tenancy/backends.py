"""Who is signed in, read together with where they may work: one query instead of two for every page."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend

from kam.tenancy.models import User
from kam.tenancy.selectors import membership_list_active


class MemberBackend(AuthenticationBackend):
    """allauth's sign-in; a session's user comes with `active_memberships`, the last used first."""

    def get_user(self, user_id: Any) -> User | None:
        members = list(membership_list_active(user_id=user_id))
        user = members[0].user if members else User.objects.filter(pk=user_id).first()
        if user is None or not self.user_can_authenticate(user):
            return None
        user.active_memberships = members
        for member in members:
            member.user = user
        return user
