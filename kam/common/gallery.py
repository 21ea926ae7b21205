"""Invented data for the gallery of components: every part in every state, without a database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from random import Random
from typing import Any

from django.core.paginator import Paginator
from django.utils import timezone

Json = dict[str, Any]

TOKENS = (
    "canvas",
    "surface",
    "sunken",
    "line",
    "line-mid",
    "line2",
    "ghost",
    "ink",
    "ink2",
    "ink3",
    "accent",
    "accent-tint",
)


def gallery_context() -> Json:
    """Everything that templates/components/gallery.html shows."""
    rising = [26.1 + 0.4 * month + (month % 5) * 0.2 for month in range(25)]
    falling = [0.9, 1.0, 0.9, 1.1, 1.0, 1.2, 1.1, 2.4, 2.1, 1.6, 1.2, 0.6, 0.2, -0.1, -0.3, -0.4, -0.5, -0.67]
    return {
        "tokens": TOKENS,
        "rising": rising,
        "falling": falling,
        "negative": [-value for value in rising],
        "loyalty": [
            {"meaning": "keep", "count": 37, "word": "friends", "url": "#friends"},
            {"meaning": "grow", "count": 140, "word": "butterflies", "url": "#butterflies"},
            {"meaning": "none", "count": 405, "word": "strangers", "url": "#strangers"},
            {"meaning": "cut", "count": 53, "word": "vultures", "url": "#vultures"},
        ],
        "health": [
            {"label": "Sales trend", "weight": 17, "score": 97},
            {"label": "Margin trend", "weight": 17, "score": 48},
            {"label": "Relationship coverage", "weight": 22, "score": 44},
            {"label": "Concerns and alarms", "weight": 17, "score": 58},
            {"label": "Satisfaction", "weight": 10, "score": None},
            {"label": "Contact recency", "weight": 11, "score": 96},
            {"label": "Service issues", "weight": 11, "score": 84},
            {"label": "Plan progress", "weight": 6, "score": 78},
        ],
        "growth": [
            {"type": "loss", "value": -122_000, "text": "\u2212122", "note": "touring, Sweden retail"},
            {"type": "organic", "value": 148_000, "text": "+148", "note": "same shops, same lines"},
            {"type": "up_sell", "value": 121_000, "text": "+121", "note": "workshops buy brakes"},
            {"type": "cross_sell", "value": 164_000, "text": "+164", "note": "drivetrain, new this year"},
            {"type": "co_creation", "value": 38_000, "text": "+38", "note": "rental hubs built together"},
        ],
        "movers": [
            ("Westside Plaza", 0.99, 535_000, -86_700),
            ("Roadway Bicycle Supply", 0.81, 437_000, -44_600),
            ("Perfect Toys", 0.72, 391_000, -57_200),
        ],
        "countries": [
            {"value": code, "label": name, "count": count}
            for code, name, count in (
                ("US", "United States", 412),
                ("CA", "Canada", 101),
                ("AU", "Australia", 40),
                ("GB", "United Kingdom", 38),
                ("FR", "France", 30),
                ("DE", "Germany", 14),
                ("NO", "Norway", 0),
                ("SE", "Sweden", 3),
                ("CH", "Switzerland", 2),
            )
        ],
        "managers": [{"value": "ah", "label": "Anna Holm"}, {"value": "nh", "label": "Noor Haverkamp"}],
        "tab_items": [
            {"label": "Overview", "url": "#overview", "current": True},
            {"label": "Plan", "url": "#plan", "count": "78\u00a0%"},
            {"label": "Open Space", "url": "#open-space", "count": 22},
            {"label": "Buying centre", "url": "#buying-centre", "count": 12},
            {"label": "Economics", "url": "#economics"},
            {"label": "Activity", "url": "#activity", "count": 3, "warn": True},
        ],
        "clv_inputs": [
            {"label": "Contribution, 12 months", "value": "$363k"},
            {"label": "Retention", "value": "85\u00a0%", "source": "default"},
            {"label": "Discount rate", "value": "10\u00a0%", "source": "Noor, 3 Sep"},
            {"label": "Growth", "value": "0\u00a0%", "source": "default"},
        ],
        "reference_date": date(2013, 11, 30),
        "computed_at": timezone.now() - timedelta(minutes=4),
        "page": Paginator(range(635), 50).page(2),
        "none": None,
        "too_few": [1.0],
        "list_friend": ("friend", "butterfly", "stranger", "vulture"),
        "list_desirable": ("desirable", "undeveloped", "developed", "undesirable"),
        "list_key_easy": ("key_easy", "key_difficult", "non_key_easy", "non_key_difficult"),
        "list_on_track": ("on_track", "watch", "at_risk", "not_known"),
        "list_queued": ("queued", "running", "succeeded", "failed"),
        "list_list": ("list", "chart", "people", "file", "search"),
        "list_keep": ("keep", "grow", "hold", "cut", "none"),
        "charts": (
            ("fiocca", "quadrant", "Fiocca, linear axes"),
            ("pareto", "pareto", "80 accounts make half of sales"),
            ("whale", "whale", "177 accounts earn; 316 spend it three times"),
            ("hbar", "hbar", "Two product lines lose more than the others earn"),
            ("months", "months", "Sales rise, contribution does not"),
            ("ratio-line", "ratio-line", "Contribution fell to 11.6 % of sales"),
            ("bars", "bars", "Five years are worth $0.89M"),
            ("empty", "quadrant", "Nothing to draw"),
            ("broken", "bars", "An error"),
        ),
    }


def _random(seed: int) -> Random:
    """Always the same numbers: invented data must not change from one look to the next."""
    return Random(seed)  # noqa: S311


def _quadrant(kind: str) -> Json:
    rng = _random(7)
    cuts = (1_000, 4_000)
    points: list[Json] = []
    for index in range(320):
        sales = 10 ** rng.uniform(2.6, 5.7)
        margin = rng.gauss(-0.05, 0.09)
        x = sales * margin
        entered = rng.random() < 0.4
        y = x + (sales * rng.uniform(0, 0.12) if entered else 0)
        high_x, high_y = x >= cuts[0], y >= cuts[1]
        name = ("undesirable", "undeveloped", "developed", "desirable")[high_x * 2 + high_y]
        points.append(
            {
                "id": str(index),
                "name": f"Account {index:03d} Cycles",
                "x": round(x, 2),
                "y": round(y, 2),
                "size": round(sales, 2),
                "class": name,
                "hollow": not entered,
                "url": f"#account-{index}",
                "facts": [
                    ["Net sales", f"${sales:,.0f}"],
                    ["Potential", "entered" if entered else "not known"],
                ],
            }
        )
    meanings = {"undeveloped": "grow", "desirable": "keep", "undesirable": "cut", "developed": "hold"}
    advice = {
        "undeveloped": "Increase: worth the patience",
        "desirable": "Keep and grow",
        "undesirable": "Reduce, reprice or cease",
        "developed": "Maintain at lower cost",
    }
    quadrants = [
        {
            "class": name,
            "name": name.capitalize(),
            "meaning": meaning,
            "count": sum(point["class"] == name for point in points),
            "now": round(sum(point["x"] for point in points if point["class"] == name), 2),
            "expected": round(sum(point["y"] - point["x"] for point in points if point["class"] == name), 2),
            "advice": advice[name],
            "url": f"#{name}",
        }
        for name, meaning in meanings.items()
    ]
    return {
        "kind": kind,
        "axes": {
            "x": {"label": "Contribution now", "scale": "root", "unit": "money"},
            "y": {"label": "With expected potential", "scale": "root", "unit": "money"},
        },
        "cuts": {"x": cuts[0], "y": cuts[1], "x_label": "cut $1k", "y_label": "cut $4k"},
        "size_label": "Net sales",
        "currency": "USD",
        "quadrants": quadrants,
        "points": points,
        "hollow_label": "no potential entered",
    }


def _fiocca() -> Json:
    rng = _random(3)
    names = {(1, 0): "key_easy", (1, 1): "key_difficult", (0, 0): "non_key_easy", (0, 1): "non_key_difficult"}
    meanings = {
        "key_easy": "keep",
        "key_difficult": "grow",
        "non_key_easy": "hold",
        "non_key_difficult": "cut",
    }
    points = []
    for index in range(28):
        x, y = round(rng.uniform(1, 9.5), 1), round(rng.uniform(0.5, 9.5), 1)
        points.append(
            {
                "id": str(index),
                "name": f"Customer {index:02d}",
                "x": x,
                "y": y,
                "size": 10 ** rng.uniform(4, 6),
                "class": names[int(y >= 5), int(x >= 5)],
                "hollow": False,
                "url": f"#customer-{index}",
                "facts": [],
            }
        )
    return {
        "kind": "fiocca",
        "axes": {
            "x": {"label": "Difficulty of managing", "scale": "linear", "unit": "score", "min": 0, "max": 10},
            "y": {"label": "Strategic importance", "scale": "linear", "unit": "score", "min": 0, "max": 10},
        },
        "cuts": {"x": 5, "y": 5, "x_label": "cut 5", "y_label": "cut 5"},
        "size_label": "Net sales",
        "currency": "USD",
        "quadrants": [
            {
                "class": name,
                "name": name.replace("_", " ").capitalize(),
                "meaning": meaning,
                "count": sum(point["class"] == name for point in points),
                "now": None,
                "expected": None,
                "advice": "",
            }
            for name, meaning in meanings.items()
        ],
        "points": points,
    }


def _sizes(count: int) -> list[float]:
    rng = _random(11)
    return sorted((rng.lognormvariate(9.5, 1.25) for _ in range(count)), reverse=True)


def _pareto() -> Json:
    sizes = _sizes(635)
    total, running, curve = sum(sizes), 0.0, []
    for rank, size in enumerate(sizes, start=1):
        running += size
        curve.append([rank, round(running / total, 5)])
    levels = [
        {"level": level, "rank": next(rank for rank, share in curve if share >= level)}
        for level in (0.2, 0.4, 0.5, 0.64, 0.8)
    ]
    return {
        "curve": curve,
        "levels": levels,
        "headline": 0.5,
        "accounts": 635,
        "total": round(total, 2),
        "gini": 0.66,
        "currency": "USD",
    }


def _whale() -> Json:
    rng = _random(5)
    values = sorted(
        (rng.gauss(1_500, 9_000) - 3_000 * (rng.random() < 0.3) for _ in range(493)), reverse=True
    )
    running, curve = 0.0, []
    for rank, value in enumerate(values, start=1):
        running += value - 3_800
        curve.append([rank, round(running, 2)])
    peak = max(curve, key=lambda point: point[1])
    zero = next((rank for rank, value in curve if rank > peak[0] and value < 0), None)
    return {
        "curve": curve,
        "peak": {"rank": peak[0], "value": peak[1]},
        "end": {"rank": curve[-1][0], "value": curve[-1][1]},
        "zero_rank": zero,
        "accounts": 493,
        "currency": "USD",
    }


def _hbar() -> Json:
    rows = (
        ("Mountain Bikes", 663_518),
        ("Mountain Frames", 196_276),
        ("Shorts", 85_970),
        ("Vests", 77_128),
        ("Other 15 lines", 340_600),
        ("Road Frames", -16_890),
        ("Jerseys", -124_069),
        ("Road Bikes", -658_840),
        ("Touring Bikes", -1_237_595),
    )
    return {
        "rows": [{"label": label, "value": value} for label, value in rows],
        "currency": "USD",
        "value_label": "Gross margin",
        "row_label": "Product line",
    }


def _months() -> Json:
    rng = _random(2)
    months = [f"{2011 + (4 + m) // 12}-{(4 + m) % 12 + 1:02d}" for m in range(31)]
    sales = [round(180_000 + 4_000 * m + rng.uniform(-60_000, 90_000)) for m in range(31)]
    return {
        "months": months,
        "net_sales": sales,
        "contribution": [
            None if m == 6 else round(s * rng.uniform(-0.12, 0.14)) for m, s in enumerate(sales)
        ],
        "currency": "USD",
    }


def _ratio() -> Json:
    values = [0.151, 0.143, 0.131, 0.136, 0.147, 0.139, 0.127, 0.138, 0.134, 0.119, None, 0.116]
    quarters = [f"{2011 + q // 4} Q{q % 4 + 1}" for q in range(12)]
    return {
        "points": [[quarter, value] for quarter, value in zip(quarters, values, strict=True)],
        "label": "Contribution of sales",
    }


def _bars() -> Json:
    return {
        "rows": [
            {"label": "Year 1", "value": 308_550},
            {"label": "Year 2", "value": 238_425},
            {"label": "Year 3", "value": 184_237},
            {"label": "Year 4", "value": 142_365},
            {"label": "Year 5", "value": -20_010},
        ],
        "currency": "USD",
        "value_label": "Present value",
        "row_label": "Year",
    }


SAMPLES: dict[str, Callable[[], Json]] = {
    "quadrant": lambda: _quadrant("dubinsky_ingram"),
    "fiocca": _fiocca,
    "pareto": _pareto,
    "whale": _whale,
    "hbar": _hbar,
    "months": _months,
    "ratio-line": _ratio,
    "bars": _bars,
    "empty": lambda: {**_quadrant("loyalty"), "points": []},
}
