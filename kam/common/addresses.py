"""Addresses of routes, found once per route instead of once per link.

Django tries a route's patterns anew for every link, and pages hold dozens of them: on the account pages that was a
tenth of the time. A route's address differs between accounts in the id alone.
"""

import re
import uuid
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.urls import NoReverseMatch, get_script_prefix, get_urlconf, reverse

# Ids that no row has: what is put in their place needs no quoting either.
_PLACES = [uuid.UUID(int=(0xFFFFFFFF << 96) + number) for number in range(4)]
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_-]*\Z")


@lru_cache(maxsize=2048)
def _pieces(name: str, kinds: tuple[Any, ...], urlconf: str, prefix: str) -> list[str]:
    """The address cut where an id stands (`kinds`: None for an id, else the word in its place)."""
    args = [_PLACES[number] if kind is None else kind for number, kind in enumerate(kinds)]
    found = reverse(name, urlconf=urlconf, args=args)
    pieces = []
    for place in (str(_PLACES[number]) for number, kind in enumerate(kinds) if kind is None):
        before, _, found = found.partition(place)
        pieces.append(before)
    return [*pieces, found]


def address(name: str, *args: Any) -> str:
    """What `reverse(name, args=args)` answers. Raises NoReverseMatch as it does."""
    if len(args) > len(_PLACES) or not all(_is_plain(arg) for arg in args):
        return reverse(name, args=args)
    ids = [arg for arg in args if isinstance(arg, uuid.UUID)]
    kinds = tuple(None if isinstance(arg, uuid.UUID) else str(arg) for arg in args)
    pieces = _pieces(name, kinds, get_urlconf() or settings.ROOT_URLCONF, get_script_prefix())
    found = pieces[0]
    for key, piece in zip(ids, pieces[1:], strict=True):
        found += str(key) + piece
    return found


def _is_plain(arg: Any) -> bool:
    """An id, or a word that stands in an address as it is."""
    return isinstance(arg, uuid.UUID) or (isinstance(arg, str) and bool(_WORD.match(arg)))


__all__ = ["NoReverseMatch", "address"]
