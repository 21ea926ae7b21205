"""LOOK §5: the contrasts and colour-vision distances that the tokens promise, recomputed from the file."""

import re
from itertools import combinations
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
STATIC = ROOT / "static" / "kam"
CSS = (STATIC / "tokens.css").read_text(encoding="utf-8")

MEANINGS = ("keep", "grow", "hold", "cut", "none")
GROUNDS = ("canvas", "surface", "sunken", "accent-tint", *(f"{meaning}-tint" for meaning in MEANINGS))
INKS = ("ink", "ink2", "ink3", "accent-ink", *(f"{meaning}-ink" for meaning in MEANINGS))
THEMES = ("light", "dark")

Vector = tuple[float, float, float]
Matrix = tuple[Vector, Vector, Vector]

# Machado, Oliveira & Fernandes 2009, severity 1.0, for linear RGB.
DEFICIENCIES: dict[str, Matrix] = {
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
SRGB_TO_XYZ: Matrix = (
    (0.4124564, 0.3575761, 0.1804375),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339, 0.1191920, 0.9503041),
)
WHITE: Vector = (0.95047, 1.0, 1.08883)


def blocks(selector: str) -> list[dict[str, str]]:
    """The colour tokens of every rule whose last selector is ``selector``."""
    found = re.findall(rf"{re.escape(selector)}\s*\{{([^}}]*)\}}", CSS)
    return [dict(re.findall(r"--([\w-]+):\s*(#[0-9A-Fa-f]{6})", body)) for body in found]


TOKENS = {theme: blocks(f'[data-bs-theme="{theme}"]')[0] for theme in THEMES}


def linear(colour: str) -> Vector:
    channels = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return r, g, b


def times(matrix: Matrix, vector: Vector) -> Vector:
    x, y, z = (sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix)
    return x, y, z


def contrast(one: str, other: str) -> float:
    """WCAG 2 contrast ratio."""
    lights = sorted(times(SRGB_TO_XYZ, linear(colour))[1] for colour in (one, other))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def lab(rgb: Vector) -> Vector:
    def curve(t: float) -> float:
        return t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116

    clipped = (min(1.0, max(0.0, rgb[0])), min(1.0, max(0.0, rgb[1])), min(1.0, max(0.0, rgb[2])))
    xyz = times(SRGB_TO_XYZ, clipped)
    x, y, z = (curve(value / white) for value, white in zip(xyz, WHITE, strict=True))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def delta_e(one: str, other: str, deficiency: Matrix) -> float:
    """CIE76 distance of two colours as somebody with the deficiency sees them."""
    first, second = (lab(times(deficiency, linear(colour))) for colour in (one, other))
    return sum((a - b) ** 2 for a, b in zip(first, second, strict=True)) ** 0.5


def test_the_instruments_are_calibrated() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.478, abs=0.001)
    identity: Matrix = ((1, 0, 0), (0, 1, 0), (0, 0, 1))
    assert delta_e("#FFFFFF", "#000000", identity) == pytest.approx(100, abs=0.01)
    assert delta_e("#FF0000", "#00FF00", identity) == pytest.approx(170.6, abs=0.2)


@pytest.mark.parametrize("theme", THEMES)
def test_every_token_has_a_value(theme: str) -> None:
    expected = {
        *INKS,
        *GROUNDS,
        *MEANINGS,
        "line",
        "line-mid",
        "line2",
        "ghost",
        "accent",
        "on-accent",
    }
    assert set(TOKENS[theme]) == expected


def test_the_systems_dark_theme_is_the_chosen_dark_theme() -> None:
    assert blocks(":root:not([data-bs-theme])") == [TOKENS["dark"]]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("ink", INKS)
def test_text_is_readable_on_every_ground(theme: str, ink: str, ground: str) -> None:
    assert contrast(TOKENS[theme][ink], TOKENS[theme][ground]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
def test_text_on_the_accent_and_body_text(theme: str) -> None:
    tokens = TOKENS[theme]
    assert contrast(tokens["on-accent"], tokens["accent"]) >= 4.5
    assert contrast(tokens["ink"], tokens["surface"]) >= 15


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("mark", [*MEANINGS, "accent", "line2"])
def test_marks_can_be_seen_on_the_surface_where_charts_are_drawn(theme: str, mark: str) -> None:
    # On tints and on the canvas a shape is drawn in its ink (4.5:1), or stands beside its word.
    assert contrast(TOKENS[theme][mark], TOKENS[theme]["surface"]) >= 3


@pytest.mark.parametrize("theme", THEMES)
def test_the_sign_that_must_be_seen_is_seen_on_the_page_too(theme: str) -> None:
    assert contrast(TOKENS[theme]["line2"], TOKENS[theme]["canvas"]) >= 3


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("deficiency", DEFICIENCIES)
@pytest.mark.parametrize(("one", "other"), list(combinations(MEANINGS, 2)))
def test_meanings_differ_for_every_kind_of_colour_vision(
    theme: str, deficiency: str, one: str, other: str
) -> None:
    distance = delta_e(TOKENS[theme][one], TOKENS[theme][other], DEFICIENCIES[deficiency])
    assert distance >= 10


@pytest.mark.parametrize("theme", THEMES)
def test_the_weakest_pair_is_keep_and_none_which_also_differ_as_filled_and_hollow(theme: str) -> None:
    """Deuteranopia brings keep and none closest; their shapes, a disc and a ring, are the second sign."""
    tokens, deficiency = TOKENS[theme], DEFICIENCIES["deuteranopia"]
    distances = {
        pair: delta_e(tokens[pair[0]], tokens[pair[1]], deficiency) for pair in combinations(MEANINGS, 2)
    }
    assert min(distances, key=distances.__getitem__) == ("keep", "none")


def test_colours_are_named_in_the_tokens_file_only() -> None:
    elsewhere = {
        path.relative_to(ROOT): found
        for path in STATIC.rglob("*")
        if path.suffix in {".css", ".js"} and path.name != "tokens.css"
        if (
            found := re.findall(
                r"(?<![\w&])#(?:[0-9A-Fa-f]{8}|[0-9A-Fa-f]{6}|[0-9A-Fa-f]{3})\b", path.read_text("utf-8")
            )
        )
    }
    assert elsewhere == {}
