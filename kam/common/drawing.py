"""Small drawings made on the server: sparkline, health ring, shares. Numbers in, SVG geometry out.

Everything is sized by attributes and coloured by classes of components.css; no inline style, so that a strict
Content-Security-Policy holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import cos, pi, sin
from typing import NamedTuple
from zlib import crc32

SPARK_WIDTH = 200.0
SPARK_HEIGHT = 40.0
GOOD_SCORE = 70.0
FAIR_SCORE = 45.0


class Sparkline(NamedTuple):
    """Paths of a sparkline in a 200 × 40 box whose zero line is always in sight."""

    line: str
    area: str
    zero: float
    above: float
    last_x: float
    last_y: float
    last_negative: bool
    any_negative: bool
    key: str


def sparkline(values: Sequence[float | None]) -> Sparkline | None:
    """The rolling figure as a line with its zero line; gaps (None) are bridged.

    None when fewer than two points are known.
    """
    points = [(index, float(value)) for index, value in enumerate(values) if value is not None]
    if len(points) < 2:
        return None
    low = min(0.0, *(value for _, value in points))
    high = max(0.0, *(value for _, value in points))
    span = (high - low) or 1.0
    top, bottom = 4.0, SPARK_HEIGHT - 4.0

    def x(index: int) -> float:
        return round(index * (SPARK_WIDTH - 3) / (len(values) - 1), 1)

    def y(value: float) -> float:
        return round(bottom - (value - low) / span * (bottom - top), 1)

    line = "L".join(f"{x(index)} {y(value)}" for index, value in points)
    zero = y(0.0)
    first, last = points[0], points[-1]
    return Sparkline(
        line=f"M{line}",
        area=f"M{line}L{x(last[0])} {zero}L{x(first[0])} {zero}Z",
        zero=zero,
        above=zero + 6,
        last_x=x(last[0]),
        last_y=y(last[1]),
        last_negative=last[1] < 0,
        any_negative=low < 0,
        key=f"s{crc32(line.encode()):x}",
    )


class Segment(NamedTuple):
    """One part of a bar: where it begins and how wide it is, in percent of the bar."""

    x: float
    width: float


def segments(values: Iterable[float], *, smallest: float = 1.5) -> list[Segment]:
    """Lays shares side by side over 100 %. A part that is not zero stays visible (``smallest`` percent)."""
    sizes = [max(0.0, float(value)) for value in values]
    total = sum(sizes)
    if total <= 0:
        return [Segment(0.0, 0.0) for _ in sizes]
    shares = [max(smallest, size / total * 100) if size else 0.0 for size in sizes]
    scale = 100 / sum(shares)
    laid: list[Segment] = []
    x = 0.0
    for share in shares:
        laid.append(Segment(round(x, 3), round(share * scale, 3)))
        x += share * scale
    return laid


def score_meaning(score: float | None) -> str:
    """keep from 70, grow from 45, cut below; none when not known."""
    if score is None:
        return "none"
    if score >= GOOD_SCORE:
        return "keep"
    return "grow" if score >= FAIR_SCORE else "cut"


class Arc(NamedTuple):
    """One part of the health ring: its whole length, its filled length, what it means."""

    track: str
    fill: str
    meaning: str


def _arc(start: float, end: float, *, centre: float = 40.0, radius: float = 32.0) -> str:
    def at(angle: float) -> str:
        return f"{centre + radius * sin(angle):.2f} {centre - radius * cos(angle):.2f}"

    large = 1 if end - start > pi else 0
    return f"M{at(start)}A{radius:g} {radius:g} 0 {large} 1 {at(end)}"


def ring(parts: Sequence[tuple[float, float | None]], *, gap: float = 0.0875) -> list[Arc]:
    """Arcs of the health ring in an 80 × 80 box, one per (weight, score 0–100 or None), clockwise.

    The length of an arc is its weight, its filled part the score; an unknown part is dashed and unfilled.
    """
    total = sum(weight for weight, _ in parts)
    if total <= 0:
        return []
    arcs: list[Arc] = []
    start = 0.0
    for weight, score in parts:
        end = start + weight / total * 2 * pi
        begin, stop = (start + gap / 2, end - gap / 2) if len(parts) > 1 else (start, end - 0.001)
        if stop > begin:
            filled = "" if not score else _arc(begin, begin + (stop - begin) * min(score, 100.0) / 100)
            arcs.append(Arc(_arc(begin, stop), filled, score_meaning(score)))
        start = end
    return arcs
