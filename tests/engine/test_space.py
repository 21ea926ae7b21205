"""Priority of Open Space cells and the three lists (K6), share of wallet (K35)."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from metrics.engine import POSITIONS, priority, rank_for_action, share_of_wallet, space_lists

NAN = math.nan
OURS, CONTESTED, COMPETITOR, UNKNOWN = range(4)


def codes(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int8)


def test_priority_by_hand_for_every_position() -> None:
    assert POSITIONS == ("ours", "contested", "competitor", "unknown")
    result = priority([100] * 5, [0, 1, 2, 0, 1], codes(OURS, CONTESTED, COMPETITOR, UNKNOWN, -1))
    np.testing.assert_allclose(result, [100, 120, 120, 80, 160])


def test_position_factors_are_a_setting() -> None:
    own = {"ours": 0.1, "contested": 0.2, "competitor": 0.3, "unknown": 0.4}
    np.testing.assert_allclose(priority([10, 10], [0, 0], codes(OURS, COMPETITOR), own), [1, 3])


def test_no_potential_has_no_priority() -> None:
    assert np.isnan(priority([NAN], [3], codes(OURS)))[0]


def test_cells_are_ranked_within_their_account_with_nothing_to_do_left_out() -> None:
    account = np.array([0, 0, 1, 0, 1, 0], dtype=np.int64)
    ranks = rank_for_action(account, np.array([5.0, 9, 3, 0, NAN, 9]), np.array([6, 5, 4, 3, 2, 1]))
    assert ranks.tolist() == [3, 2, 1, 0, 0, 1]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5)), max_size=30))
def test_ranks_run_without_gaps_in_every_account(cells: list[tuple[int, int]]) -> None:
    account = np.array([cell[0] for cell in cells], dtype=np.int64)
    value = np.array([cell[1] for cell in cells], dtype=float)
    ranks = rank_for_action(account, value, np.arange(len(cells)))
    for number in range(4):
        own = [(-value[row], row) for row in range(len(cells)) if account[row] == number and value[row] > 0]
        for rank, (_, row) in enumerate(sorted(own), start=1):
            assert ranks[row] == rank


def test_the_three_lists() -> None:
    lists = space_lists(
        [0, -5, 10, 0, 0], [100, 100, 200, NAN, 0], [0, 1, 2, 1, 0],
        codes(OURS, COMPETITOR, COMPETITOR, UNKNOWN, -1),
    )  # fmt: skip
    assert lists.unserved.tolist() == [True, True, False, False, False]
    assert lists.strategic_open.tolist() == [False, True, False, True, False]
    assert lists.competitor_advantaged.tolist() == [False, True, True, False, False]


def test_share_of_wallet_is_unknown_without_an_entered_spend() -> None:
    np.testing.assert_array_equal(share_of_wallet([50, 50, 50, 80], [200, NAN, 0, 40]), [0.25, NAN, NAN, 2.0])
