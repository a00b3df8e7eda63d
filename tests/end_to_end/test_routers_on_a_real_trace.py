"""Azure conversations at twice their rate: consolidating idles most of the fleet and keeps the promised pace."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from made import chat, measure, scenario
from sim.engine import simulate
from sim.record.ledger import ServiceTotals
from sim.scenario.specs import Measure, Slo, TraceTraffic
from sim.strategies import apply_mix


def served(data: Path, promised_s: float, *measures: Measure) -> ServiceTotals:
    path = data / "llm_requests" / "AzureLLMInferenceTrace_conv_1815-1845.csv.gz"
    traffic = TraceTraffic(path=path, rate_scale=2.0, repeat=True)
    service = replace(chat(1.0, 8), traffic=traffic, slo=Slo(ttft_p99_s=2.0, tpot_p99_s=promised_s))
    made = scenario([service], measures=measures, horizon_s=1800.0)
    return simulate(apply_mix(made, made.mixes[-1].name), 1).services["chat"]


def routed(router: str) -> Measure:
    return measure("compute", "router", router=router)


@pytest.mark.parametrize("promised_s", [0.025, 0.05, 0.1])
def test_consolidating_keeps_the_promise_for_less_than_half_the_energy(shared_data: Path, promised_s: float) -> None:
    spread, packed = (served(shared_data, promised_s, routed(router)) for router in ("least-loaded", "consolidate"))
    assert packed.arrived == spread.arrived
    assert packed.met >= 0.99 * (packed.completed + packed.late)
    assert packed.accelerator_j / packed.outputs_in_window < 0.5 * spread.accelerator_j / spread.outputs_in_window


def test_two_choices_wait_little_longer_than_the_least_loaded(shared_data: Path) -> None:
    two, known = (served(shared_data, 0.05, routed(router)) for router in ("power-of-two", "least-loaded"))
    assert two.e2e_s.mean == pytest.approx(known.e2e_s.mean, rel=0.05)


def test_the_time_of_a_decision_is_seen_in_first_tokens_alone(shared_data: Path) -> None:
    at_once = served(shared_data, 0.05)
    decided = served(shared_data, 0.05, measure("compute", "decision_ms", decision_ms=100.0))
    assert at_once.ttft_s.mean is not None
    assert decided.ttft_s.mean == pytest.approx(at_once.ttft_s.mean + 0.1, rel=0.01)
    assert decided.tpot_s.mean == pytest.approx(at_once.tpot_s.mean, rel=0.01)
