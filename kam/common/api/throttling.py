"""How often one member, or one address before signing in, may ask."""

from abc import ABC, abstractmethod
from typing import Any

from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.throttling import BaseThrottle, SimpleRateThrottle

from kam.common.rate import within_rate


class WindowThrottle(BaseThrottle, ABC):
    """Counts requests in fixed windows with one atomic counter in the cache.

    DRF's own keeps a list of every moment of the window, read and written whole at each request.
    """

    scope = ""

    @abstractmethod
    def identity(self, request: Request) -> str:
        """Whom the counter is for."""

    def allow_request(self, request: Request, view: Any) -> bool:
        rate = api_settings.DEFAULT_THROTTLE_RATES.get(self.scope)
        if rate is None:
            return True
        limit, seconds = SimpleRateThrottle.parse_rate(self, rate)  # type: ignore[arg-type]
        if limit is None or seconds is None:
            return True
        allowed, self._wait = within_rate(
            scope=self.scope, identity=self.identity(request), limit=limit, seconds=int(seconds)
        )
        return allowed

    def wait(self) -> float | None:
        return self._wait


class MemberThrottle(WindowThrottle):
    """One counter per member, whichever of their tokens asks; per address for requests of nobody."""

    scope = "member"

    def identity(self, request: Request) -> str:
        principal = getattr(request, "principal", None)
        return str(principal.member.id) if principal is not None else self.get_ident(request)


class TokenThrottle(WindowThrottle):
    """Sign-in attempts of one address."""

    scope = "token"

    def identity(self, request: Request) -> str:
        return self.get_ident(request)
