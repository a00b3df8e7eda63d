"""The shipped scenario of a fleet that is too small in the afternoon: what a leaner form at the peak alone buys."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sim.economics import appraise
from sim.engine import simulate
from sim.scenario import load
from sim.strategies import apply_mix

SCENARIO = Path(__file__).resolve().parents[2] / "scenarios" / "adaptive.yaml"


@pytest.fixture(scope="module")
def results() -> dict[str, Any]:
    scenario = load(SCENARIO, ["horizon_h=20"])
    plans = {mix.name: apply_mix(scenario, mix.name) for mix in scenario.mixes}
    return {name: appraise(plan, simulate(plan, seed=1), 1) for name, plan in plans.items()}


def test_only_narrow_weights_keep_the_promise(results: dict[str, Any]) -> None:
    assert [name for name, each in results.items() if each["feasible"]] == ["int8", "adaptive"]


def test_adapting_gives_back_a_good_part_of_the_accuracy(results: dict[str, Any]) -> None:
    accuracy = {name: each["services"]["chat"]["accuracy"] for name, each in results.items()}
    lost, lost_adapting = (accuracy["as-published"] - accuracy[name] for name in ("int8", "adaptive"))
    assert 0.2 * lost < lost_adapting < 0.7 * lost
    used = results["adaptive"]["services"]["chat"]["adaptation"]
    assert used["output_share"] == pytest.approx(lost_adapting / lost, rel=1e-9)
    assert used["time_share"] < used["output_share"]  # it serves when most is asked for


def test_adapting_lies_between_in_energy_and_costs_the_most_work(results: dict[str, Any]) -> None:
    energy = {name: each["energy_kwh"]["facility"] for name, each in results.items()}
    assert energy["int8"] < energy["adaptive"] < energy["as-published"]
    work = {name: each["cost_usd"]["algorithm"] for name, each in results.items()}
    assert work["as-published"] == 0.0
    assert work["adaptive"] > 2.0 * work["int8"]
