"""Key accounts against the rest (K31)."""

import math
import time

import numpy as np
import pytest

from metrics.engine import control_group

NAN = math.nan


def test_rates_ratio_and_difference_by_hand() -> None:
    # Key: 300 → 360 = 20 %. Rest: 1000 → 1050 = 5 %. The account that joined later stands apart.
    result = control_group(
        [100, 200, 600, 400, 50, 10], [150, 210, 650, 400, 100, NAN], [5, 10, NAN, NAN, 11, NAN], 10
    )
    assert (result.key.accounts, result.rest.accounts, result.late_joiners.accounts) == (2, 2, 1)
    assert result.key.growth == pytest.approx(0.20)
    assert result.rest.growth == pytest.approx(0.05)
    assert result.late_joiners.growth == pytest.approx(1.0)
    assert result.ratio == pytest.approx(4.0)
    assert result.difference == pytest.approx(0.15)
    assert result.unknown == 1


@pytest.mark.parametrize("after", [1000.0, 900.0])
def test_no_ratio_to_a_rest_that_did_not_grow(after: float) -> None:
    result = control_group([100, 100, 500, 500], [120, 120, after / 2, after / 2], [1, 1, NAN, NAN], 1)
    assert math.isnan(result.ratio)
    assert result.difference == pytest.approx(0.2 - (after / 1000 - 1))


def test_no_growth_from_nothing_or_from_a_loss() -> None:
    result = control_group([-10, 5, 100, 100], [50, 5, 110, 110], [1, 1, NAN, NAN], 1)
    assert math.isnan(result.key.growth)
    assert math.isnan(result.difference)
    assert math.isnan(result.interval[0])


def test_groups_too_small_to_vary_have_no_interval() -> None:
    one_key = control_group([100, 100, 100], [120, 110, 90], [1, NAN, NAN], 1)
    assert one_key.difference == pytest.approx(0.2)
    assert math.isnan(one_key.interval[0])
    assert math.isnan(control_group([], [], [], 1).difference)


def ledger(n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    generator = np.random.default_rng(7)
    before = generator.lognormal(8, 1, n)
    key_since = np.where(np.arange(n) < n // 5, 1.0, NAN)
    lift = np.where(np.isnan(key_since), 1.02, 1.12)
    return before, before * lift * generator.lognormal(0, 0.2, n), key_since


def test_the_interval_is_the_same_every_time_and_surrounds_the_difference() -> None:
    before, after, since = ledger(300)
    first, second = control_group(before, after, since, 1), control_group(before, after, since, 1)
    assert first.interval == second.interval
    low, high = first.interval
    assert low < first.difference < high
    assert control_group(before, after, since, 1, seed=1).interval != first.interval


def test_the_interval_covers_the_true_difference_about_as_often_as_it_says() -> None:
    generator = np.random.default_rng(11)
    covered = 0
    for _ in range(200):
        before = generator.lognormal(5, 0.5, 160)
        since = np.where(np.arange(160) < 60, 1.0, NAN)
        growth = np.where(np.isnan(since), 1.0, 1.1) + generator.normal(0, 0.2, 160)
        low, high = control_group(before, before * growth, since, 1, samples=300).interval
        covered += low <= 0.1 <= high
    assert 178 <= covered <= 200


def test_the_interval_agrees_with_a_slow_obvious_bootstrap() -> None:
    before, after, since = ledger(80)
    key = np.flatnonzero(~np.isnan(since))
    rest = np.flatnonzero(np.isnan(since))
    generator = np.random.default_rng(3)
    slow = []
    for _ in range(3000):
        one, other = generator.choice(key, len(key)), generator.choice(rest, len(rest))
        slow.append(after[one].sum() / before[one].sum() - after[other].sum() / before[other].sum())
    expected = np.percentile(slow, [2.5, 97.5])
    width = expected[1] - expected[0]
    np.testing.assert_allclose(control_group(before, after, since, 1).interval, expected, atol=0.1 * width)


def test_ten_thousand_accounts_do_not_keep_a_reader_waiting() -> None:
    before, after, since = ledger(10_000)
    start = time.perf_counter()
    assert control_group(before, after, since, 1).interval[0] > 0
    assert time.perf_counter() - start < 5
