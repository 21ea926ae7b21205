"""Small drawings made on the server: sparkline, ticks, bars, health ring, KPI cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import template

from kam.common import drawing, formatting
from kam.common.formatting import Number
from kam.common.meanings import GROWTH

register = template.Library()


@register.inclusion_tag("components/sparkline.html")
def sparkline(values: Sequence[Number | None], label: str) -> dict[str, Any]:
    """The rolling figure with its zero line, in cut below zero. ``label`` is its text alternative."""
    points = [None if value is None else float(value) for value in values]
    return {"spark": drawing.sparkline(points), "label": label}


@register.inclusion_tag("components/ticks.html")
def ticks(filled: int, total: int, label: str, count: int = 30) -> dict[str, Any]:
    """Coverage as a row of solid and dashed ticks; a coverage that is not zero shows at least one."""
    on = 0 if total <= 0 or filled <= 0 else max(1, min(count, round(count * filled / total)))
    step = 100 / count
    marks = [{"x": round(i * step, 2), "width": round(step * 0.72, 2), "on": i < on} for i in range(count)]
    return {"ticks": marks, "label": label}


@register.inclusion_tag("components/share_bar.html")
def share_bar(parts: Sequence[Mapping[str, Any]], title: str, total: str = "") -> dict[str, Any]:
    """A bar of shares with its legend. Each part: ``meaning``, ``count``, ``word``, perhaps ``url``."""
    laid = drawing.segments([float(part["count"]) for part in parts])
    return {
        "parts": [{**part, "at": segment} for part, segment in zip(parts, laid, strict=True)],
        "title": title,
        "total": total,
    }


@register.inclusion_tag("components/bar.html")
def bar(
    ratio: Number | None, meaning: str = "accent", track: bool = False, thin: bool = False
) -> dict[str, Any]:
    """A bar in a row, ``ratio`` of the room (0–1). meaning ``lost`` is hatched, for what is gone."""
    width = 0.0 if ratio is None else max(0.0, min(1.0, float(ratio))) * 100
    return {"width": round(width, 2), "meaning": meaning, "track": track, "thin": thin}


# Share of the bar (percent) that one letter of a label needs on a card; a narrower part is read in the legend.
GROWTH_LETTER = 2.6


@register.inclusion_tag("components/growth_bar.html")
def growth_bar(parts: Sequence[Mapping[str, Any]], label: str, legend: bool = True) -> dict[str, Any]:
    """Growth by type (K5), pattern beside colour. Each part: ``type`` (loss, organic, up_sell, cross_sell,
    co_creation), ``value``, ``text`` (the written figure) and, optionally, ``note``."""
    laid = drawing.segments([abs(float(part["value"] or 0)) for part in parts], smallest=8)
    return {
        "parts": [
            {
                **part,
                "kind": GROWTH[part["type"]],
                "at": segment,
                "centre": segment.x + segment.width / 2,
                "fits": segment.width >= len(str(part["text"])) * GROWTH_LETTER,
            }
            for part, segment in zip(parts, laid, strict=True)
        ],
        "label": label,
        "legend": legend,
    }


@register.inclusion_tag("components/health_ring.html")
def health_ring(
    score: Number | None, parts: Sequence[Mapping[str, Any]], size: int = 76, label: str = ""
) -> dict[str, Any]:
    """The health ring: one arc per part (``weight``, ``score`` 0–100 or None), the score inside."""
    arcs = drawing.ring(
        [(float(part["weight"]), None if part["score"] is None else float(part["score"])) for part in parts]
    )
    text = None if score is None else formatting.number(score)
    name = label or (f"Health {text} of 100" if text else "Health not known")
    return {"arcs": arcs, "text": text, "size": size, "label": name}


@register.inclusion_tag("components/chart.html")
def chart(
    kind: str, url: str, label: str, height: str = "", dom_id: str = "", css: str = ""
) -> dict[str, Any]:
    """A chart drawn from the JSON at ``url`` (shapes: static/kam/js/charts/README.md).

    kind: quadrant, pareto, whale, hbar, months, ratio-line, bars. ``label`` is the finding in words.
    ``height``: short, medium, tall or empty. A button with ``data-chart-table="#dom_id"`` toggles the table.
    """
    return {
        "kind": kind,
        "url": url,
        "label": label,
        "height": height,
        "dom_id": dom_id or f"chart-{kind}",
        "css": css,
    }
