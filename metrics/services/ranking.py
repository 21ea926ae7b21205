"""What takes all accounts to judge: ranks, volume classes, medians and the classes that follow (K2, K9, K34)."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from metrics.engine import (
    DUBINSKY_INGRAM_CLASSES,
    VOLUME_CLASSES,
    dubinsky_ingram,
    median_cuts,
    pareto,
    volume_class,
)
from metrics.services.columns import Columns, floats, of_integers, of_labels
from metrics.services.parameters import Parameters

MARGIN_UNKNOWN, NO_POTENTIAL = "margin_unknown", "potential_not_entered"


@dataclass(frozen=True)
class Standing:
    """What ranking reads of every account; arrays (n,), money as float64 in the base currency, NaN = not known."""

    external_id: NDArray[Any]
    net_sales_12m: NDArray[np.float64]
    net_sales_36m: NDArray[np.float64]
    contribution_12m: NDArray[np.float64]
    potential_contribution: NDArray[np.float64]
    sold_12m: NDArray[np.bool_]
    traded_36m: NDArray[np.bool_]

    @classmethod
    def of(cls, table: pa.Table | Columns) -> "Standing":
        """From columns or from the stored rows."""

        def plain(name: str) -> pa.Array:
            column = table[name]
            return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column

        return cls(
            external_id=np.asarray(plain("external_id").to_pylist(), dtype=object),
            net_sales_12m=floats(plain("net_sales_12m")),
            net_sales_36m=floats(plain("net_sales_36m")),
            # Rounded as stored, so that fresh and stored rows give the same medians.
            contribution_12m=np.round(floats(plain("contribution_12m")), 4),
            potential_contribution=np.round(floats(plain("potential_contribution")), 4),
            sold_12m=plain("sold_12m").to_numpy(zero_copy_only=False).astype(np.bool_),
            traded_36m=plain("traded_36m").to_numpy(zero_copy_only=False).astype(np.bool_),
        )


def cuts(standing: Standing, parameters: Parameters) -> tuple[float, float]:
    """The cuts of the matrix (present, potential): the tenant's amounts, else the medians (K34)."""
    if parameters.fixed_cuts is not None:
        return parameters.fixed_cuts
    return median_cuts(standing.contribution_12m, standing.potential_contribution, standing.sold_12m)


def rank_columns(standing: Standing, parameters: Parameters) -> Columns:
    """Volume class and sales rank of every account (K9, K2).

    The sales rank counts the accounts with sales in the trailing 12 months, largest first, ties by external
    id; null for the others.
    """
    settings = parameters.settings
    classes = volume_class(
        standing.net_sales_36m,
        standing.external_id,
        ranked=standing.traded_36m,
        cuts=(settings.volume_class_a, settings.volume_class_b),
    )
    ranking = pareto(standing.net_sales_12m, standing.external_id, ranked=standing.sold_12m)
    rank = np.zeros(len(standing.external_id), dtype=np.int64)
    rank[ranking.order] = np.arange(1, len(ranking.order) + 1)
    return {"volume_class": of_labels(classes, VOLUME_CLASSES), "sales_rank": of_integers(rank, rank == 0)}


def matrix_columns(standing: Standing, cut: tuple[float, float]) -> Columns:
    """Dubinsky–Ingram class of every account against given cuts, and why there is none (K34)."""
    known = ~np.isnan(standing.potential_contribution)
    judged = dubinsky_ingram(
        standing.contribution_12m,
        standing.potential_contribution,
        np.where(known, 0, -1).astype(np.int8),
        present_cut=cut[0],
        potential_cut=cut[1],
    )
    reason = np.where(np.isnan(standing.contribution_12m), 0, np.where(known, -1, 1)).astype(np.int8)
    return {
        "dubinsky_ingram_class": of_labels(judged.code, DUBINSKY_INGRAM_CLASSES),
        "dubinsky_ingram_reason": of_labels(reason, (MARGIN_UNKNOWN, NO_POTENTIAL)),
    }
