"""The portfolio matrices as points (K8, K34): where every account stands, and what its class suggests."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa

from metrics.engine import (
    DUBINSKY_INGRAM_CLASSES,
    LOYALTY_ADVICE,
    LOYALTY_CLASSES,
    SUGGESTIONS,
    suggestion,
    termination_candidate,
)
from metrics.models import PortfolioSnapshot
from metrics.selectors.portfolio_rows import PortfolioFilter, read_portfolio
from metrics.selectors.portfolio_totals import as_floats, nullable
from metrics.selectors.positioning import CUTS as POSITIONING_CUTS
from metrics.selectors.positioning import positioning_points

KINDS: Final = ("loyalty", "fiocca", "dubinsky_ingram", "positioning")
AXES: Final[dict[str, dict[str, dict[str, str]]]] = {
    "loyalty": {
        "x": {"name": "loyalty", "label": "Loyalty (1 = loyal)", "unit": "ratio"},
        "y": {"name": "contribution_ratio", "label": "Contribution ratio", "unit": "ratio"},
        "size": {"name": "net_sales_12m", "label": "Net sales, 12 months", "unit": "currency"},
    },
    "dubinsky_ingram": {
        "x": {"name": "contribution_12m", "label": "Present contribution, 12 months", "unit": "currency"},
        "y": {
            "name": "potential_contribution",
            "label": "Potential contribution, a year",
            "unit": "currency",
        },
        "size": {"name": "net_sales_12m", "label": "Net sales, 12 months", "unit": "currency"},
    },
    "fiocca": {
        "x": {"name": "strategic_importance", "label": "Strategic importance", "unit": "score"},
        "y": {"name": "difficulty", "label": "Difficulty of managing the account", "unit": "score"},
        "size": {"name": "net_sales_12m", "label": "Net sales, 12 months", "unit": "currency"},
    },
    "positioning": {
        "x": {"name": "relative_spend", "label": "Relative spend", "unit": "ratio"},
        "y": {"name": "risk_significance", "label": "Risk and significance", "unit": "score"},
        "size": {"name": "net_sales_12m", "label": "Net sales, 12 months", "unit": "currency"},
    },
}
TERMINATE: Final = "candidate_for_termination"
_IDENTITY = ("account_id", "external_id", "name", "country", "industry", "is_key_account", "net_sales_12m")
_CLASSES = ("loyalty_class", "loyalty_reason", "dubinsky_ingram_class", "dubinsky_ingram_reason")
_READ = {
    "loyalty": (*_IDENTITY, *_CLASSES, "loyalty_x", "contribution_ratio", "tenure_months", "active_share",
                "upv_annual"),
    "dubinsky_ingram": (*_IDENTITY, *_CLASSES, "contribution_12m", "potential_contribution", "potential_gap",
                        "potential_basis"),
}  # fmt: skip


def portfolio_matrix(
    kind: str, *, snapshot: PortfolioSnapshot | None, chosen: PortfolioFilter | None = None
) -> dict[str, Any]:
    """Axes, cuts and points of a matrix; one query. Kinds without inputs have no points.

    A point: {account, external_id, name, x, y, size, class, advice, key, hollow, …}; coordinates are numbers
    (money in the base currency, ratios). `unplaced`: accounts without a class, by reason.
    """
    answer: dict[str, Any] = {"kind": kind, "axes": AXES[kind], "cuts": {"x": None, "y": None}, "points": [],
                              "unplaced": {}}  # fmt: skip
    if kind == "positioning":
        answer["cuts"] = dict(POSITIONING_CUTS)
        answer["points"], answer["unplaced"] = positioning_points(chosen)
    if kind not in _READ:
        return answer
    cuts = snapshot.cuts if snapshot is not None else {}
    table = read_portfolio(chosen, _READ[kind])
    if kind == "loyalty":
        answer["cuts"] = {"x": cuts.get("loyalty_x", 1.0), "y": cuts.get("hurdle", 0.0)}
        answer["points"], answer["unplaced"] = _loyalty(table)
    else:
        answer["cuts"] = {"x": cuts.get("present"), "y": cuts.get("potential")}
        answer["points"], answer["unplaced"] = _dubinsky_ingram(table)
    return answer


def _codes(column: pa.ChunkedArray, words: tuple[str, ...]) -> Any:
    table = {word: code for code, word in enumerate(words)}
    return np.array([table.get(word, -1) for word in column.to_pylist()], dtype=np.int8)


def _points(table: pa.Table, x: Any, y: Any, classes: Sequence[str], advice: Sequence[str | None],
            extra: dict[str, list[Any]]) -> list[dict[str, Any]]:  # fmt: skip
    size = as_floats(table["net_sales_12m"]).tolist()
    identity = [table[name].to_pylist() for name in ("account_id", "external_id", "name", "is_key_account")]
    names = list(extra)
    return [
        {
            "account": account,
            "external_id": external_id,
            "name": name,
            "x": px,
            "y": py,
            "size": area,
            "class": word,
            "advice": counsel,
            "key": bool(key),
            **dict(zip(names, more, strict=True)),
        }
        for account, external_id, name, key, px, py, area, word, counsel, *more in zip(
            *identity, x.tolist(), y.tolist(), size, classes, advice, *extra.values(), strict=True
        )
    ]


def _loyalty(table: pa.Table) -> tuple[list[dict[str, Any]], dict[str, int]]:
    codes = _codes(table["loyalty_class"], LOYALTY_CLASSES)
    placed = table.filter(pa.array(codes >= 0))
    codes = codes[codes >= 0]
    ending = termination_candidate(codes, as_floats(placed["upv_annual"]))
    advice = [
        TERMINATE if end else LOYALTY_ADVICE[code] for code, end in zip(codes.tolist(), ending, strict=True)
    ]
    points = _points(
        placed,
        as_floats(placed["loyalty_x"]),
        as_floats(placed["contribution_ratio"]),
        placed["loyalty_class"].to_pylist(),
        advice,
        {
            "hollow": [False] * placed.num_rows,
            "tenure_months": [nullable(value) for value in as_floats(placed["tenure_months"]).tolist()],
            "active_share": [nullable(value) for value in as_floats(placed["active_share"]).tolist()],
        },
    )
    return points, _reasons(table, "loyalty_class", "loyalty_reason")


def _dubinsky_ingram(table: pa.Table) -> tuple[list[dict[str, Any]], dict[str, int]]:
    codes = _codes(table["dubinsky_ingram_class"], DUBINSKY_INGRAM_CLASSES)
    placed = table.filter(pa.array(codes >= 0))
    advised = suggestion(
        codes[codes >= 0],
        is_key=placed["is_key_account"].to_numpy() != 0,
        loyalty_class=_codes(placed["loyalty_class"], LOYALTY_CLASSES),
    )
    points = _points(
        placed,
        as_floats(placed["contribution_12m"]),
        as_floats(placed["potential_contribution"]),
        placed["dubinsky_ingram_class"].to_pylist(),
        [SUGGESTIONS[code] if code >= 0 else None for code in advised.tolist()],
        {
            "hollow": [basis == "estimated" for basis in placed["potential_basis"].to_pylist()],
            "basis": placed["potential_basis"].to_pylist(),
            "gain": [nullable(value) for value in as_floats(placed["potential_gap"]).tolist()],
        },
    )
    return points, _reasons(table, "dubinsky_ingram_class", "dubinsky_ingram_reason")


def _reasons(table: pa.Table, class_name: str, reason_name: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for word, reason in zip(table[class_name].to_pylist(), table[reason_name].to_pylist(), strict=True):
        if not word:
            found[reason or "not_computed"] = found.get(reason or "not_computed", 0) + 1
    return found
