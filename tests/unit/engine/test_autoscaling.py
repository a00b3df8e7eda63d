"""Autoscalers in whole runs: who is ready for a steep morning, and what that costs."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest

from made import chat, measure, scenario
from sim.engine import simulate
from sim.record.ledger import Ledger
from sim.scenario.specs import Service, Slo, TraceTraffic
from sim.strategies import apply_mix

HOUR_S = 3600.0
DAY_S = 24 * HOUR_S


@pytest.fixture(scope="module")
def mornings(tmp_path_factory: pytest.TempPathFactory) -> Service:
    """Two days of next to nothing but a quarter of an hour from eight, when load rises to 12/s within a minute."""
    draws = np.random.default_rng(3)
    grid = np.arange(0.0, DAY_S, 10.0)
    rate = np.interp(grid, 8 * HOUR_S + np.array([0.0, 60.0, 960.0, 1020.0]), [0.02, 12.0, 12.0, 0.02])
    rows = [
        day * DAY_S + at + 10.0 * draws.random(count)
        for day in range(2)
        for at, count in zip(grid, draws.poisson(10.0 * rate), strict=True)
    ]
    arrival_s = np.sort(np.concatenate([[0.0], *rows]))
    path = tmp_path_factory.mktemp("traces") / "mornings.csv"
    path.write_text("arrival_s,input_tokens,output_tokens\n" + "".join(f"{at:.3f},1500,1000\n" for at in arrival_s))
    traffic = TraceTraffic(path=path)
    return chat(replicas_min=1, replicas_max=8, traffic=traffic, slo=Slo(ttft_p99_s=2.0, tpot_p99_s=0.03))


def second_morning(service: Service, **options: Any) -> Ledger:
    scaled = measure("compute", "autoscale", **options)
    made = scenario([service], measures=[scaled], horizon_s=DAY_S + 9 * HOUR_S, warmup_s=DAY_S)
    return simulate(apply_mix(made, "test"), 1)


def test_who_knows_that_the_morning_comes_is_ready_for_it(mornings: Service) -> None:
    late = second_morning(mornings, target_utilisation=0.6).services["chat"]
    forecast = {"target_utilisation": 0.6, "ahead_s": 600.0}
    ahead = second_morning(mornings, predictive=forecast).services["chat"]
    by_clock = second_morning(mornings, schedule={"08:00": 8, "08:40": 1}).services["chat"]
    assert late.arrived == ahead.arrived == by_clock.arrived
    assert late.ttft_s.p99 is not None
    assert ahead.ttft_s.p99 is not None
    assert by_clock.ttft_s.p99 is not None
    assert late.ttft_s.p99 > 20.0
    assert max(ahead.ttft_s.p99, by_clock.ttft_s.p99) < 1.0
    assert ahead.replicas_mean < 1.5 * late.replicas_mean, "it does not stand ready all day"


def test_a_queue_rule_waits_for_the_queue_and_then_grows(mornings: Service) -> None:
    ledger = second_morning(mornings, queue_per_replica=2.0)
    replicas, waiting = ledger.meter.service_replicas["chat"], ledger.meter.service_waiting["chat"]
    first = int(np.argmax(replicas[1440:] > 1)) + 1440
    assert waiting[1440:first].max() > 2.0
    assert replicas[1440:].max() == 8
    assert ledger.services["chat"].replicas_mean < 2.0


def test_an_autoscaler_that_always_wants_all_changes_nothing() -> None:
    service = chat(replicas_min=1, replicas_max=3)
    always = measure("compute", "autoscale", schedule={"00:00": 3}, period_s=60.0)
    made = scenario([service], measures=[always])
    plain, scaled = (simulate(apply_mix(made, mix), 1) for mix in ("baseline", "test"))
    np.testing.assert_equal(asdict(replace(scaled, wall_s=0.0)), asdict(replace(plain, wall_s=0.0)))
