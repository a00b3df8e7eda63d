"""A mix that leaves work undone is not the cheapest, even where it is the baseline."""

from __future__ import annotations

from sim.study.conclusion import conclude
from sim.study.sample import Sample
from sim.study.standing import work_left_undone


def sample(cost: float, jobs: float, feasible: bool = True) -> Sample:
    figures = {r: {"cost_usd.total": cost + 0.1 * r, "jobs.train.completed": jobs} for r in range(3)}
    return Sample(figures=dict(figures), feasible=dict.fromkeys(range(3), feasible))


def test_fewer_jobs_than_another_mix_is_work_left_undone() -> None:
    found = work_left_undone({"base": sample(10.0, 0.0), "more": sample(12.0, 14.0)}, 0.95, False)
    assert found["more"] == []
    assert found["base"] == ["train completed 100.0% lower than with more"]


def test_a_baseline_that_leaves_work_undone_is_left_out_of_the_conclusion() -> None:
    samples = {"base": sample(10.0, 0.0), "more": sample(12.0, 14.0)}
    found = conclude(samples, {}, work_left_undone(samples, 0.95, False), 0.95, False)
    assert found.cheapest == "more"
    assert "base" in found.left_out


def test_equal_work_leaves_nobody_out() -> None:
    samples = {"base": sample(10.0, 14.0), "same": sample(12.0, 14.0)}
    assert conclude(samples, {}, work_left_undone(samples, 0.95, False), 0.95, False).cheapest == "base"
