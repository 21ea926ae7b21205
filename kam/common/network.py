"""Where a request comes from, as far as it can be believed."""

from django.conf import settings
from django.http import HttpRequest


def client_ip(request: HttpRequest) -> str:
    """The client's address: REMOTE_ADDR, or what the outermost of `PROXY_COUNT` trusted proxies saw.

    X-Forwarded-For is written by proxies from left to right, and its left part by whoever asks: only the last
    `PROXY_COUNT` entries count (DRF's `NUM_PROXIES` does the same). One answer for lock-out and rate limits.
    """
    direct = str(request.META.get("REMOTE_ADDR", ""))
    if not settings.PROXY_COUNT:
        return direct
    seen = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
    return seen[-min(settings.PROXY_COUNT, len(seen))] if seen else direct
