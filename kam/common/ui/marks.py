"""Icons, shapes, class badges, avatars."""

from __future__ import annotations

import json
from functools import lru_cache

from django import template
from django.core.exceptions import ImproperlyConfigured
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from kam.common import assets, formatting
from kam.common.meanings import CLASSES, SHAPES, Meaning, class_word

register = template.Library()


@lru_cache(maxsize=1)
def _icons() -> dict[str, str]:
    path = assets.icons_path()
    if not path.is_file():
        raise ImproperlyConfigured("front-end assets are missing: run `make assets`")
    icons: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return icons


@register.simple_tag
@lru_cache(maxsize=512)
def icon(name: str, size: str = "", label: str = "") -> SafeString:
    """A Tabler icon (``star``, ``star-filled``), inline; ``size="small"``: 15 px; ``label``: alone.

    Raises ImproperlyConfigured for a name that Tabler does not have.
    """
    try:
        inner = _icons()[name]
    except KeyError:
        raise ImproperlyConfigured(f"Tabler has no icon named {name!r}") from None
    paint = (
        'fill="currentColor"'
        if name.endswith("-filled")
        else 'fill="none" stroke="currentColor" stroke-linecap="round" stroke-linejoin="round"'
    )
    return format_html(
        '<svg class="k-icon{}" viewBox="0 0 24 24" {} {}>{}</svg>',
        " k-icon-small" if size == "small" else "",
        mark_safe(paint),  # noqa: S308 - one of the two constants above
        format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"'),
        mark_safe(inner),  # noqa: S308 - from the Tabler package
    )


@register.simple_tag
@lru_cache(maxsize=16)
def shape(meaning: Meaning, paint: str = "mark") -> SafeString:
    """Disc, triangle, square, diamond or ring. ``paint="ink"`` on tints."""
    return format_html(
        '<svg class="k-shape k-{}-{}" viewBox="0 0 10 10" aria-hidden="true">{}</svg>',
        "ink" if paint == "ink" else "mark",
        meaning,
        mark_safe(SHAPES[meaning]),  # noqa: S308 - a constant of meanings.py
    )


@lru_cache(maxsize=256)
def _class_badge(kind: str, value: str, word: str) -> SafeString:
    known = class_word(kind, value)
    text = word or known.word
    if known.meaning is None:
        mark = icon(known.icon, "small") if known.icon else ""
        return format_html('<span class="k-badge k-badge-fact">{}{}</span>', mark, text)
    mark = icon(known.icon, "small") if known.icon else shape(known.meaning, "ink")
    return format_html('<span class="k-badge k-badge-{}">{}{}</span>', known.meaning, mark, text)


@register.simple_tag
def class_badge(kind: str, value: str | None, word: str = "") -> SafeString:
    """Shape, word and tint of a class. ``kind`` is a key of meanings.CLASSES (loyalty, volume, job, …)."""
    return _class_badge(kind, value, word) if value else _class_badge("status", "not_known", word)


@register.simple_tag
def class_mark(kind: str, value: str | None) -> SafeString:
    """Shape and word of a class without a tint, for tables and captions."""
    if not value:
        return format_html('<span class="k-unknown">{}</span>', formatting.NOT_KNOWN)
    known = class_word(kind, value)
    return format_html(
        '<span class="k-class-word">{}{}</span>', shape(known.meaning) if known.meaning else "", known.word
    )


@register.simple_tag
def class_shape(kind: str, value: str | None) -> SafeString:
    """Only the shape of a class; the word stands beside it in the page."""
    return shape(class_word(kind, value).meaning or "none") if value else shape("none")


@register.filter
def class_name(value: str | None, kind: str) -> str:
    """The word of a class: ``{{ account.loyalty_class|class_name:"loyalty" }}``."""
    return class_word(kind, value).word if value else formatting.NOT_KNOWN


@register.simple_tag
def badge(text: str, meaning: str = "fact", icon_name: str = "") -> SafeString:
    """A badge that is no class: meaning is fact (outlined), accent or one of the five meanings."""
    mark: SafeString | str = icon(icon_name, "small") if icon_name else ""
    if not icon_name and meaning in SHAPES:
        mark = shape(meaning, "ink")
    return format_html('<span class="k-badge k-badge-{}">{}{}</span>', meaning, mark, text)


@register.simple_tag
def avatar(name: str, meaning: str = "", small: bool = False) -> SafeString:
    """Initials in a disc. Without a meaning the colour is taken from the name, always the same."""
    colours = ("accent", "keep", "hold", "grow")
    chosen = meaning or colours[sum(map(ord, name)) % len(colours)]
    return format_html(
        '<span class="k-avatar k-avatar-{}{}" aria-hidden="true">{}</span>',
        chosen,
        " k-avatar-small" if small else "",
        initials(name),
    )


@register.filter
def initials(name: str) -> str:
    """``Noor Haverkamp`` → ``NH``; one word gives its first two letters; an address the part before the @."""
    words = [word for word in name.split("@")[0].replace(".", " ").split() if word[:1].isalnum()]
    if len(words) == 1:
        return words[0][:2].upper()
    return (words[0][0] + words[-1][0]).upper() if words else "?"


@register.filter
def class_kinds(kind: str) -> list[dict[str, str]]:
    """The options of a class filter: ``{{ "loyalty"|class_kinds }}`` → value and label each."""
    return [{"value": value, "label": known.word} for value, known in CLASSES[kind].items()]


@register.filter
def sentence(text: str) -> str:
    """Sentence case for words that a library wrote in title case: ``Security Keys`` → ``Security keys``."""
    words = str(text).split()
    rest = [word.lower() if word[:1].isupper() and word[1:].islower() else word for word in words[1:]]
    return " ".join([*words[:1], *rest])
