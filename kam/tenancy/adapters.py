"""allauth: people come by invitation only."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.http import HttpRequest

from kam.common.network import client_ip


class ClosedSignupAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_ip(request)


class ClosedSocialAdapter(DefaultSocialAccountAdapter):
    """Single sign-on signs existing people in; it never makes new ones."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False
