"""The five meanings of LOOK §5 and the words of every class: which class is which shape and colour.

A class is never shown by colour alone: shape and word always go with it.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

Meaning = Literal["keep", "grow", "hold", "cut", "none"]
MEANINGS: Final[tuple[Meaning, ...]] = ("keep", "grow", "hold", "cut", "none")

# The inside of a 10 × 10 SVG: circle, triangle, square, diamond, ring.
SHAPES: Final[dict[Meaning, str]] = {
    "keep": '<circle cx="5" cy="5" r="4.3" fill="currentColor"/>',
    "grow": '<path d="M5 .6 9.7 9H.3z" fill="currentColor"/>',
    "hold": '<rect x="1" y="1" width="8" height="8" rx="1" fill="currentColor"/>',
    "cut": '<path d="M5 .2 9.8 5 5 9.8.2 5z" fill="currentColor"/>',
    "none": '<circle cx="5" cy="5" r="3.6" fill="none" stroke="currentColor" stroke-width="1.8"/>',
}


class ClassWord(NamedTuple):
    """How one value of a classification is shown. ``meaning`` None: an outlined fact, no tint (LOOK §6)."""

    word: str
    meaning: Meaning | None
    icon: str = ""
    plural: str = ""


CLASSES: Final[dict[str, dict[str, ClassWord]]] = {
    "loyalty": {
        "friend": ClassWord("Friend", "keep", plural="friends"),
        "butterfly": ClassWord("Butterfly", "grow", plural="butterflies"),
        "stranger": ClassWord("Stranger", "none", plural="strangers"),
        "vulture": ClassWord("Vulture", "cut", plural="vultures"),
    },
    "dubinsky_ingram": {
        "desirable": ClassWord("Desirable", "keep", plural="desirable"),
        "undeveloped": ClassWord("Undeveloped", "grow", plural="undeveloped"),
        "developed": ClassWord("Developed", "hold", plural="developed"),
        "undesirable": ClassWord("Undesirable", "cut", plural="undesirable"),
    },
    "fiocca": {
        "key_easy": ClassWord("Key, easy", "keep", plural="key and easy"),
        "key_difficult": ClassWord("Key, difficult", "grow", plural="key and difficult"),
        "non_key_easy": ClassWord("Non-key, easy", "hold", plural="non-key and easy"),
        "non_key_difficult": ClassWord("Non-key, difficult", "cut", plural="non-key and difficult"),
    },
    "volume": {
        "A": ClassWord("A by volume", None),
        "B": ClassWord("B by volume", None),
        "C": ClassWord("C by volume", None),
    },
    "tier": {
        "vendor": ClassWord("Vendor tier", None, "stairs"),
        "preferred_provider": ClassWord("Preferred provider tier", None, "stairs"),
        "business_consultant": ClassWord("Business consultant tier", None, "stairs"),
        "partner": ClassWord("Partner tier", None, "stairs"),
    },
    "positioning": {
        "strategic_security": ClassWord("Strategic security", "grow"),
        "strategic_partner": ClassWord("Strategic partner", "keep"),
        "tactical_easy": ClassWord("Tactical, easy", "hold"),
        "tactical_profit": ClassWord("Tactical, profit", "cut"),
    },
    "structure": {
        "bow_tie": ClassWord("Bow tie", None),
        "one_to_many": ClassWord("One to many", None),
        "diamond": ClassWord("Diamond", None),
    },
    "status": {
        "on_track": ClassWord("On track", "keep", "circle-check"),
        "watch": ClassWord("Watch", "grow", "alert-triangle"),
        "at_risk": ClassWord("At risk", "cut", "alert-octagon"),
        "not_known": ClassWord("Not known", "none", "help"),
    },
    "job": {
        "queued": ClassWord("Waiting", "none", "clock"),
        "running": ClassWord("Running", "grow", "loader-2"),
        "succeeded": ClassWord("Done", "keep", "circle-check"),
        "failed": ClassWord("Failed", "cut", "alert-octagon"),
    },
}


class GrowthType(NamedTuple):
    """One source of growth (K5): its word, its colour and its pattern (LOOK §5)."""

    word: str
    colour: str
    pattern: str


GROWTH: Final[dict[str, GrowthType]] = {
    "loss": GrowthType("Lost", "none", "lost"),
    "organic": GrowthType("Organic", "accent", "solid"),
    "up_sell": GrowthType("Up-sell", "keep", "stripes"),
    "cross_sell": GrowthType("Cross-sell", "grow", "diagonal"),
    "co_creation": GrowthType("Co-creation", "hold", "dots"),
}


def class_word(kind: str, value: str) -> ClassWord:
    """The word and meaning of a class; a value without an entry reads as itself, as a plain fact."""
    known = CLASSES.get(kind, {}).get(value)
    return known or ClassWord(value.replace("_", " ").capitalize(), None)
