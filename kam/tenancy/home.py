"""Cards that apps put on the home page (tasks, reviews due, alarms): registered, never imported."""

from dataclasses import dataclass

from django.urls import reverse

from kam.tenancy.access import Principal


@dataclass(frozen=True)
class HomeCard:
    """A card that the home page loads after itself from `url_name`."""

    url_name: str
    position: int
    permission: str


_cards: dict[str, HomeCard] = {}


def register_home_card(card: HomeCard) -> None:
    """Add a card to everybody's home page."""
    _cards[card.url_name] = card


def home_cards(principal: Principal) -> list[str]:
    """Addresses of the cards this member may see, in their order."""
    return [
        reverse(card.url_name)
        for card in sorted(_cards.values(), key=lambda card: card.position)
        if principal.can(card.permission)
    ]
