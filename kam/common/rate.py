"""Counting how often somebody asks, in fixed windows, with one atomic counter in the cache."""

import math
import time

from django.core.cache import cache


def within_rate(*, scope: str, identity: str, limit: int, seconds: int) -> tuple[bool, float]:
    """Count one more request of `identity`. Returns whether it is among the first `limit` of this window, and
    in how many seconds the next window begins.

    A cache that cannot be reached lets requests pass: throttling protects, it must not stop the house.
    """
    now = time.time()
    window = math.floor(now / seconds)
    wait = (window + 1) * seconds - now
    key = f"throttle:{scope}:{identity}:{window}"
    try:
        try:
            count = cache.incr(key)
        except ValueError:
            # The first of a window. Of two who come at once one begins to count, and the other is counted.
            count = 1 if cache.add(key, 1, timeout=int(seconds) + 1) else cache.incr(key)
        return count <= limit, wait
    except Exception:
        return True, wait
