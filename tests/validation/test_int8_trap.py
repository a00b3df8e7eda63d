"""Eight bits where the maker cut INT8 down: the shipped scenario's right answer is FP8, by physics and by price."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sim.economics import appraise
from sim.engine import simulate
from sim.scenario import load
from sim.strategies import apply_mix

SCENARIO = Path(__file__).resolve().parents[2] / "scenarios" / "int8-trap.yaml"


@pytest.fixture(scope="module")
def results() -> dict[str, Any]:
    scenario = load(SCENARIO)
    plans = {mix.name: apply_mix(scenario, mix.name) for mix in scenario.mixes}
    return {name: appraise(plan, simulate(plan, seed=1), 1) for name, plan in plans.items()}


def test_int8_is_slower_than_no_quantising_at_all(results: dict[str, Any]) -> None:
    assert results["as-published"]["feasible"]
    assert not results["int8"]["feasible"]
    assert results["int8"]["services"]["documents"]["slo_attainment"] < 0.01
    assert results["int8"]["services"]["documents"]["replicas_mean"] == pytest.approx(8.0)  # all that there are


def test_fp8_is_the_right_answer(results: dict[str, Any]) -> None:
    published, fp8 = results["as-published"], results["fp8"]
    assert fp8["feasible"]
    assert fp8["cost_usd"]["total"] < 0.6 * published["cost_usd"]["total"]
    assert fp8["services"]["documents"]["accuracy"] == published["services"]["documents"]["accuracy"]
    kept = {name: each["cost_usd"]["total"] for name, each in results.items() if each["feasible"]}
    assert min(kept, key=kept.__getitem__) == "fp8"


def test_the_trap_is_named_with_the_way_out(results: dict[str, Any]) -> None:
    (told,) = [text for text in results["int8"]["warnings"] if "computes int8 at 153.5 TFLOP/s" in text]
    assert "fp8 4500" in told
    assert not [text for text in results["fp8"]["warnings"] if "TFLOP/s" in text]
