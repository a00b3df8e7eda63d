"""Intervals, Holm's correction and verdicts, against hand-worked cases and on synthetic data."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.study.statistics import Estimate, estimate, holm_rejected, p_value, paired_differences, t_quantile, verdicts

NOTHING = "no difference shown"


def test_t_quantiles_equal_the_printed_table() -> None:
    assert t_quantile(0.975, 9) == pytest.approx(2.262157, abs=1e-6)
    assert t_quantile(0.975, 1) == pytest.approx(12.706205, abs=1e-6)


def test_interval_of_a_hand_worked_sample() -> None:
    found = estimate([1.0, 2.0, 3.0, 4.0, 5.0], 0.95)
    assert found.mean == 3.0
    assert found.half_width == pytest.approx(2.776445 * math.sqrt(2.5 / 5), rel=1e-6)


def test_one_replication_of_something_random_has_no_interval() -> None:
    assert estimate([3.0], 0.95) == Estimate(3.0, None, None)
    assert verdicts([[5.0]], 0.95, deterministic=False) == [NOTHING]


def test_deterministic_intervals_have_no_width_and_verdicts_go_by_sign() -> None:
    assert estimate([3.0], 0.95, deterministic=True) == Estimate(3.0, 3.0, 3.0)
    assert verdicts([[-1e-9], [2.0], [0.0]], 0.95, deterministic=True) == ["lower", "higher", NOTHING]


def test_rounding_is_not_a_difference() -> None:
    assert paired_differences([0.1 + 0.2, 5.0], [0.3, 4.0]) == [0.0, 1.0]


def test_the_same_difference_in_every_replication_is_a_fact() -> None:
    assert verdicts([[2.0] * 4, [-3.0] * 4, [0.0] * 4], 0.95, deterministic=False) == ["higher", "lower", NOTHING]


def test_p_value_of_a_hand_worked_sample() -> None:
    # mean 1, standard deviation 1, n 4: t = 2 with 3 degrees of freedom, two-sided p = 0.139326
    sample = [1.0 - math.sqrt(1.5), 1.0, 1.0, 1.0 + math.sqrt(1.5)]
    assert p_value(sample) == pytest.approx(0.139326, abs=1e-6)


def test_holm_by_hand() -> None:
    # levels in order of p: .05/4, .05/3, .05/2, .05/1; the third fails, so the fourth is kept too
    assert holm_rejected([0.030, 0.010, 0.016, 0.031], 0.05) == [False, True, True, False]
    assert holm_rejected([0.02, 0.04], 0.05) == [True, True]
    assert holm_rejected([], 0.05) == []


def test_verdicts_are_corrected_over_all_that_is_shown() -> None:
    weak = [1.0 - math.sqrt(1.5) / 3, 1.0, 1.0, 1.0 + math.sqrt(1.5) / 3]  # p = .0092
    noise = [[1.0, -1.0, 2.0, -1.5 - k / 100] for k in range(9)]
    assert verdicts([weak], 0.95, deterministic=False) == ["higher"]
    assert verdicts([weak, *noise], 0.95, deterministic=False)[0] == NOTHING


def test_intervals_cover_the_mean_as_often_as_promised() -> None:
    draws = np.random.default_rng(101).normal(7.0, 3.0, size=(4000, 10))
    covered = sum((estimate([x - 7.0 for x in row], 0.95).excludes_zero is False) for row in draws)
    assert 0.95 - 0.0137 < covered / 4000 < 0.95 + 0.0137  # four standard errors


def test_a_mix_against_itself_is_rarely_called_different() -> None:
    """One false verdict among 20 metrics in at most 5 % of comparisons, whatever their scale."""
    random = np.random.default_rng(202)
    false = 0
    for _ in range(400):
        families = random.normal(0.0, 1.0, size=(20, 10)) * 10.0 ** random.integers(-6, 7, size=(20, 1))
        false += any(verdict != NOTHING for verdict in verdicts([list(row) for row in families], 0.95, False))
    assert false / 400 <= 0.05 + 0.03


def test_a_true_difference_of_two_percent_is_found() -> None:
    """Paired replications whose differences scatter by 1 %: found in at least 95 % of comparisons, among 20 metrics."""
    random = np.random.default_rng(303)
    found = 0
    for _ in range(200):
        metrics = [list(random.normal(0.0, 1.0, 10)) for _ in range(19)]
        found += verdicts([list(random.normal(-2.0, 1.0, 10)), *metrics], 0.95, False)[0] == "lower"
    assert found / 200 >= 0.95
