"""What a comparison says of its own certainty holds: intervals cover the truth, verdicts are as often right as said.

Each study is a whole comparison of a small M/M/1 desk at half load, whose truth is known, under a seed of its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import cache

import numpy as np
import pytest

from made import fixed_time, scenario
from sim.scenario.specs import Mix, Scenario
from sim.study import compare
from sim.study.comparison import Comparison, compare_samples
from sim.study.statistics import Verdict

RATE_PER_S, MEAN_S, HORIZON_S = 50.0, 0.01, 30.0
TIME_IN_SYSTEM = "services.desk.e2e_s.mean"
TRUTH = {
    TIME_IN_SYSTEM: 2.0 * MEAN_S,
    "services.desk.e2e_s.p50": 2.0 * MEAN_S * math.log(2.0),
    "services.desk.e2e_s.p90": 2.0 * MEAN_S * math.log(10.0),
    "services.desk.throughput_per_s": RATE_PER_S,
    "efficiency.compute": RATE_PER_S * MEAN_S / 8.0,  # one of the eight accelerators that are paid
}


def desk(faster: float = 0.0) -> Scenario:
    service = fixed_time(RATE_PER_S, 1, MEAN_S * (1.0 - faster))
    return scenario([service], horizon_s=HORIZON_S, warmup_s=0.1 * HORIZON_S)


@cache
def study(seed: int, faster: float = 0.0) -> Comparison:
    """Ten replications of the desk, the default of a comparison, in this process."""
    return compare(desk(faster), seed=seed, workers=1)


def against(seed: int, other_seed: int, faster: float = 0.0) -> Comparison:
    """The desk under another seed, or a faster one under the same, compared with the desk."""
    samples = {"desk": study(seed).samples["baseline"], "other": study(other_seed, faster).samples["baseline"]}
    return compare_samples(
        samples, "desk", scenario="desks", horizon_s=HORIZON_S, window_s=HORIZON_S, seed=seed, promises={}
    )


def coverage(metric: str, seeds: Iterable[int]) -> float:
    """Share of the studies whose 95 % interval holds the truth."""
    found = [study(seed).mixes["baseline"][metric] for seed in seeds]
    covered = [
        each.ci_low is not None and each.ci_high is not None and each.ci_low <= TRUTH[metric] <= each.ci_high
        for each in found
    ]
    return float(np.mean(covered))


def declared_different(comparison: Comparison) -> bool:
    return bool({"lower", "higher"} & {each.verdict for each in comparison.versus_baseline["other"].values()})


def verdict_on_time(comparison: Comparison) -> Verdict:
    return comparison.versus_baseline["other"][TIME_IN_SYSTEM].verdict


@pytest.mark.parametrize("metric", TRUTH)
def test_intervals_of_some_studies_cover_the_truth(metric: str) -> None:
    assert coverage(metric, range(3000, 3040)) >= 0.85


@pytest.mark.slow
@pytest.mark.parametrize("metric", TRUTH)
def test_95_percent_intervals_of_200_studies_cover_the_truth_in_90_to_99_percent(metric: str) -> None:
    assert 0.90 <= coverage(metric, range(4000, 4200)) <= 0.99


def test_an_interval_that_is_a_tenth_off_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TRUTH, TIME_IN_SYSTEM, 1.1 * TRUTH[TIME_IN_SYSTEM])
    assert coverage(TIME_IN_SYSTEM, range(3000, 3040)) < 0.5


def test_a_mix_compared_with_itself_shows_no_difference_at_all() -> None:
    made = scenario([fixed_time(RATE_PER_S, 1, MEAN_S)], horizon_s=HORIZON_S, mixes=(Mix(name="one"), Mix(name="two")))
    found = compare(made, replications=3, workers=1).versus_baseline["two"].values()
    assert {each.verdict for each in found} == {"no difference shown"}
    assert {each.difference for each in found} == {0.0}


def test_the_same_desk_under_other_seeds_is_seldom_called_different() -> None:
    found = [declared_different(against(seed, seed + 20)) for seed in range(3000, 3020)]
    assert sum(found) <= 4  # 5 % each: more than 4 of 20 in 0.3 % of cases


@pytest.mark.slow
def test_the_same_desk_under_other_seeds_is_called_different_in_8_percent_of_200_comparisons_at_most() -> None:
    comparisons = [against(seed, seed + 200) for seed in range(4000, 4200)]
    assert np.mean([declared_different(each) for each in comparisons]) <= 0.08
    alone = [each.versus_baseline["other"][TIME_IN_SYSTEM] for each in comparisons]
    excluded = [
        each.ci_low is not None and each.ci_high is not None and not each.ci_low <= 0 <= each.ci_high for each in alone
    ]
    assert 0.02 <= np.mean(excluded) <= 0.08  # a single interval, before Holm's correction


def test_a_service_that_is_5_percent_faster_is_found() -> None:
    assert {verdict_on_time(against(seed, seed, faster=0.05)) for seed in range(3000, 3010)} == {"lower"}


@pytest.mark.slow
def test_a_service_that_is_2_percent_faster_is_found_in_95_percent_of_comparisons() -> None:
    found = [verdict_on_time(against(seed, seed, faster=0.02)) for seed in range(4000, 4100)]
    assert "higher" not in found
    assert found.count("lower") >= 95
