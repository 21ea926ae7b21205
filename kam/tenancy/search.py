"""The search field of the shell: apps register who answers it; this one only asks them and shows it."""

from collections.abc import Callable
from dataclasses import dataclass

from kam.tenancy.access import Principal

LIMIT = 8


@dataclass(frozen=True)
class SearchHit:
    """One answer: what it is called, one fact that tells it from others of the same name, and where it is."""

    label: str
    url: str
    detail: str = ""
    icon: str = "building-store"


Provider = Callable[[Principal, str, int], list[SearchHit]]
_providers: dict[str, Provider] = {}


def register_search(group: str, provider: Provider) -> None:
    """Install who answers for a group ("Accounts"): `provider(principal, text, limit) -> hits`, best first.

    It runs inside the tenant's context and shows only what the principal may see; an empty text asks for what
    the person would most likely open.
    """
    _providers[group] = provider


def search(*, principal: Principal, text: str) -> list[tuple[str, list[SearchHit]]]:
    """The groups that found something, each with its hits."""
    found = ((group, provider(principal, text.strip(), LIMIT)) for group, provider in _providers.items())
    return [(group, hits) for group, hits in found if hits]
