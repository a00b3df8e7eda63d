"""Nodes that sleep: what it saves, what waking costs, and that nothing is lost on the way."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest

from made import chat, measure, pool, scenario, training
from sim.economics import appraise
from sim.engine import simulate
from sim.record.ledger import Ledger
from sim.scenario.specs import Scenario
from sim.strategies import apply_mix

SLEEPY: dict[str, Any] = {"after_s": 300.0, "node_share": 0.04, "wake_s": 300.0}


def ran(made: Scenario, mix: str = "test") -> Ledger:
    return simulate(apply_mix(made, mix), 1)


def sleeping(**figures: Any) -> Any:
    return measure("energy", "sleep", **{**SLEEPY, **figures})


def test_empty_nodes_draw_their_sleep_power_after_the_delay() -> None:
    made = scenario([chat(replicas=2)], [pool(nodes=3)], measures=[sleeping()], horizon_s=1800.0)
    awake, asleep = ran(made, "baseline").meter.it_w, ran(made).meter.it_w
    assert np.array_equal(awake[:5], asleep[:5]), "nobody sleeps before the delay is over"
    node = pool().node
    fan_w = node.fan_max_w * node.fan_min_share**3
    idle_w = node.accelerators * node.accelerator.idle_w + node.cpu_idle_w + node.other_w + fan_w
    # the supplies of a sleeping node work at their worst load
    assert awake[-1] - asleep[-1] == pytest.approx(2 * idle_w * (1 / 0.89 - 0.04 / 0.85), rel=0.03)


def test_requests_do_not_notice_that_other_nodes_sleep() -> None:
    made = scenario([chat(replicas=2)], [pool(nodes=3)], measures=[sleeping()], horizon_s=1800.0)
    assert ran(made).services == ran(made, "baseline").services


def test_sleep_at_idle_power_without_a_wake_time_changes_nothing() -> None:
    services = [chat(6.0, replicas_min=1, replicas_max=12)]
    scaled = measure("compute", "autoscale", target_utilisation=0.01, scale_down_delay_s=60.0, period_s=60.0)
    made = scenario(
        services, [pool(nodes=3)], [training(400.0)], [scaled, sleeping(node_share=1.0, wake_s=0.0, after_s=1e9)],
        horizon_s=1800.0,
    )  # fmt: skip
    plain = replace(made, mixes=(made.mixes[0], replace(made.mixes[1], measures=(scaled,))))
    first, second = (asdict(replace(ran(each), wall_s=0.0)) for each in (plain, made))
    np.testing.assert_equal(first, second)


def test_a_replica_on_a_sleeping_node_starts_after_it_has_woken() -> None:
    night = {"00:00": 8, "00:05": 1, "00:20": 16}
    made = scenario(
        [chat(replicas_min=1, replicas_max=16)],
        [pool(nodes=2)],
        measures=[measure("compute", "autoscale", schedule=night, period_s=60.0), sleeping(after_s=120.0)],
        horizon_s=2400.0,
    )
    awake = replace(made, mixes=(made.mixes[0], replace(made.mixes[1], measures=made.mixes[1].measures[:1])))
    asleep_replicas, replicas = (ran(each).meter.service_replicas["chat"] for each in (made, awake))
    assert replicas[20] == 16, "without sleep they are ready at the time of the schedule"
    assert asleep_replicas[20] == 16, "the schedule counts waking in"
    first = [int(np.argmax(each[6:] > 8)) for each in (asleep_replicas, replicas)]
    assert first[0] <= first[1]


def test_a_job_waits_for_its_nodes_to_wake() -> None:
    made = scenario(jobs=[training(1800.0, 16)], pools=[pool(nodes=2)], measures=[sleeping()], horizon_s=7200.0)
    awake, asleep = ran(made, "baseline").jobs["train"], ran(made).jobs["train"]
    assert (asleep.arrived, asleep.completed) == (awake.arrived, awake.completed) == (4, 4)
    assert awake.wait_s.max == 0.0
    assert asleep.wait_s.p50 == pytest.approx(300.0, abs=61.0)


def test_a_waiting_job_keeps_its_nodes_awake() -> None:
    made = scenario(
        jobs=[training(None, 8), replace(training(600.0, 16), name="wide")],
        pools=[pool(nodes=2)],
        measures=[sleeping(after_s=60.0)],
        horizon_s=3600.0,
    )
    ledger = ran(made)
    assert ledger.jobs["wide"].rejected == 0
    assert ledger.jobs["train"].completed == 1
    assert ledger.jobs["wide"].completed >= 3


def test_sleep_saves_energy_where_jobs_are_rare_and_costs_waiting() -> None:
    made = scenario(jobs=[training(3 * 3600.0)], pools=[pool(nodes=2)], measures=[sleeping()], horizon_s=12 * 3600.0)
    awake, asleep = ran(made, "baseline"), ran(made)
    assert asleep.pools["h100"].it_j < 0.35 * awake.pools["h100"].it_j
    assert asleep.jobs["train"].completed == awake.jobs["train"].completed


def test_nodes_that_sleep_without_power_are_as_if_they_were_not_there() -> None:
    services = [chat(8.0, replicas=8)]
    alone = scenario(services, [pool()], horizon_s=3600.0, warmup_s=120.0)
    among = scenario(
        services, [pool(nodes=4)], measures=[sleeping(after_s=60.0, node_share=0.0)], horizon_s=3600.0, warmup_s=120.0
    )
    factors = []
    for made, mix in ((alone, "baseline"), (among, "test")):
        plan = apply_mix(made, mix)
        result = appraise(plan, simulate(plan, 1), 1)
        factors.append(result["efficiency"]["efficiency"])  # type: ignore[index]
        assert result["pue"] == pytest.approx(1.2, abs=0.2)
    assert factors[1] == pytest.approx(factors[0], rel=1e-6)
