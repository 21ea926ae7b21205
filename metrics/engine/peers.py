"""What comparable accounts buy of a product line (K4): the estimate where nobody entered a potential."""

from dataclasses import dataclass

import numpy as np

from metrics.engine.arrays import FloatArray, IntArray, check_lengths, group_ids, sum_by

PEER_PERCENTILE = 75.0
MIN_PEERS = 5
NO_INDUSTRY = -1


@dataclass(frozen=True)
class PeerTable:
    """The 75th percentile of a line's sales per industry, made once per tenant (K4).

    ``by_industry``, ``industry_buyers``: shape (industries, lines); ``by_all``, ``all_buyers``: (lines,).
    Currency per year; NaN where too few accounts bought (``MIN_PEERS``, or the tenant's setting).
    """

    by_industry: FloatArray
    industry_buyers: IntArray
    by_all: FloatArray
    all_buyers: IntArray

    def potential(self, industry: IntArray) -> FloatArray:
        """Peer potential of accounts, shape (accounts, lines): their industry's, else all buyers', else NaN.

        ``industry`` (accounts,): position, or -1 where it is not known (then all buyers stand in).
        """
        own = self._of_industry(industry)
        return np.where(np.isnan(own), self.by_all, own)

    def buyers(self, industry: IntArray) -> IntArray:
        """How many buying accounts stand behind ``potential``, shape (accounts, lines)."""
        counts = self.industry_buyers[np.maximum(industry, 0)]
        uses_own = ~np.isnan(self._of_industry(industry))
        return np.where(uses_own, counts, self.all_buyers)

    def _of_industry(self, industry: IntArray) -> FloatArray:
        own = self.by_industry[np.maximum(industry, 0)]
        return np.where((industry == NO_INDUSTRY)[:, None], np.nan, own)


def peer_table(
    account: IntArray,
    line: IntArray,
    net_sales: FloatArray,
    industry: IntArray,
    *,
    industries: int,
    lines: int,
    percentile: float = PEER_PERCENTILE,
    min_peers: int = MIN_PEERS,
) -> PeerTable:
    """Percentiles over buying accounts, from the trailing-12-month sales of all accounts of the tenant (K4).

    ``account``, ``line``, ``net_sales`` (rows,): one row per account × line that had lines; only sales > 0
    make a buyer. ``industry`` (accounts,): position, -1 = not known. An account counts among its own peers.
    ``percentile`` (0–100) and ``min_peers`` are tenant settings.
    """
    check_lengths(account, line, net_sales)
    buying = net_sales > 0
    lines_bought, sales = line[buying], net_sales[buying]
    group = industry[account[buying]]
    has_industry = group != NO_INDUSTRY
    shape = (max(industries, 1), lines)
    own, own_count = _percentiles(
        group[has_industry] * lines + lines_bought[has_industry],
        sales[has_industry],
        shape[0] * lines,
        percentile,
        min_peers,
    )
    everyone, all_count = _percentiles(lines_bought, sales, lines, percentile, min_peers)
    return PeerTable(own.reshape(shape), own_count.reshape(shape), everyone, all_count)


def _percentiles(
    group: IntArray, values: FloatArray, groups: int, percentile: float, min_peers: int
) -> tuple[FloatArray, IntArray]:
    """Linear-interpolated percentile of every group at once (as ``np.percentile`` would answer it)."""
    ordered = values[np.lexsort((values, group))]
    counts = np.bincount(group, minlength=groups).astype(np.int64)
    starts = np.cumsum(counts) - counts
    result = np.full(groups, np.nan)
    enough = np.flatnonzero(counts >= min_peers)
    position = (counts[enough] - 1) * (percentile / 100.0)
    below = np.floor(position).astype(np.int64)
    above = np.minimum(below + 1, counts[enough] - 1)
    low, high = ordered[starts[enough] + below], ordered[starts[enough] + above]
    result[enough] = low + (high - low) * (position - below)
    return result, counts


def line_totals(
    account: IntArray, line: IntArray, values: FloatArray, lines: int
) -> tuple[IntArray, IntArray, FloatArray]:
    """Cells of any segment summed to account × line rows: ``(account, line, sum)``."""
    group, keys = group_ids(account * lines + line)
    return keys // lines, keys % lines, sum_by(group, values, len(keys))
