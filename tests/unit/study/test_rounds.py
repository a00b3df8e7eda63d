"""Rounds on several kinds of accelerators: shares keep their limits, jobs do all their steps, awareness pays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sim.study.max_min import max_min_shares
from sim.study.rounds import POLICIES, Batch, Policy, run_rounds

Floats = NDArray[np.float64]
FLEET = {"fast": 4, "slow": 8}


@st.composite
def batches(draw: st.DrawFn) -> Batch:
    number = draw(st.integers(1, 12))

    def many(values: st.SearchStrategy[float]) -> Floats:
        return np.array(draw(st.lists(values, min_size=number, max_size=number)), np.float64)

    fast = many(st.floats(0.5, 50.0))
    slow = fast * many(st.sampled_from((0.0, 0.2, 0.5, 1.0, 1.5)))  # some do not fit, some are faster there
    return Batch(
        arrival_s=np.sort(many(st.floats(0.0, 5000.0))),
        accelerators=many(st.sampled_from((1.0, 2.0, 4.0))).astype(np.int64),
        steps=many(st.floats(1.0, 50_000.0)),
        rates=np.column_stack((fast, slow)),
    )


@given(batch=batches())
@settings(max_examples=50, deadline=None)
def test_shares_keep_the_time_of_jobs_and_the_accelerators_of_kinds(batch: Batch) -> None:
    shares = max_min_shares(batch.rates, batch.accelerators, np.array([4, 8]))
    assert bool((shares >= -1e-9).all())
    assert bool((shares.sum(axis=1) <= 1.0 + 1e-9).all())
    assert bool((batch.accelerators @ shares <= np.array([4, 8]) + 1e-6).all())
    assert bool((shares[batch.rates == 0.0] == 0.0).all())


@given(rates=st.lists(st.sampled_from((0.5, 1.0, 2.0, 5.0)), min_size=4, max_size=4))
@settings(max_examples=20, deadline=None)
def test_no_split_on_a_grid_leaves_the_worst_off_better_off(rates: list[float]) -> None:
    """Two jobs of one accelerator on one of each of two kinds, every split of their time in tenths."""
    table, fleet = np.array(rates).reshape(2, 2), np.array([1, 1])
    worth = table / table.mean(axis=1)[:, None]
    tenths = np.arange(11) / 10

    def least(first: float, second: float) -> float:
        """Job 0 spends `first` on kind 0 and `second` on kind 1; job 1 has what is left, within its own time."""
        mine = worth[0, 0] * first + worth[0, 1] * second
        better = int(worth[1, 1] > worth[1, 0])
        left = [1.0 - first, 1.0 - second]
        own = min(left[better], 1.0)
        return float(min(mine, worth[1, better] * own + worth[1, 1 - better] * min(left[1 - better], 1.0 - own)))

    best = max(least(first, second) for first in tenths for second in tenths if first + second <= 1.0)
    shares = max_min_shares(table, np.array([1, 1]), fleet)
    assert (shares * worth).sum(axis=1).min() >= best - 0.01


def test_who_gains_most_from_a_kind_gets_it() -> None:
    shares = max_min_shares(np.array([[4.0, 1.0], [1.0, 1.0]]), np.array([1, 1]), np.array([1, 1]))
    assert shares == pytest.approx(np.eye(2), abs=1e-6)


@pytest.mark.parametrize(("jobs", "share"), [(2, 1.0), (6, 1.0), (12, 0.5)])
def test_equal_jobs_share_equally(jobs: int, share: float) -> None:
    shares = max_min_shares(np.ones((jobs, 2)), np.ones(jobs, np.int64), np.array([2, 4]))
    assert shares.sum(axis=1) == pytest.approx(np.full(jobs, share))


@pytest.mark.parametrize("policy", POLICIES)
@given(batch=batches(), round_s=st.sampled_from((60.0, 360.0)))
@settings(max_examples=30, deadline=None)
def test_every_job_does_all_its_steps_and_no_job_is_faster_than_its_best_kind(
    policy: Policy, batch: Batch, round_s: float
) -> None:
    found = run_rounds(batch, FLEET, policy, round_s)
    assert bool((found.end_s - batch.arrival_s >= batch.steps / batch.rates.max(axis=1) * (1 - 1e-9)).all())
    assert found.makespan_s == pytest.approx(found.end_s.max() - batch.arrival_s[0])
    assert 0.0 < found.utilisation <= 1.0


@pytest.mark.parametrize("policy", POLICIES)
def test_a_lone_job_runs_through(policy: Policy) -> None:
    batch = Batch(
        arrival_s=np.array([100.0]), accelerators=np.array([4]), steps=np.array([5000.0]), rates=np.array([[2.0, 0.0]])
    )
    found = run_rounds(batch, FLEET, policy)
    assert found.end_s.tolist() == [pytest.approx(360.0 + 2500.0)]  # from the next round on
    assert found.utilisation == pytest.approx(4 * 2500.0 / (12 * found.makespan_s))


def test_a_job_that_fits_nowhere_is_refused() -> None:
    batch = Batch(arrival_s=np.zeros(1), accelerators=np.array([8]), steps=np.ones(1), rates=np.ones((1, 2)))
    with pytest.raises(ValueError, match="job 0 fits on no server"):
        run_rounds(batch, FLEET, "fifo", per_server=4)
