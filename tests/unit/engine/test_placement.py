"""Where replicas start and stop, and what whole empty nodes are good for."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest

from made import chat, fixed_time, measure, pool, scenario, training
from sim.engine import simulate
from sim.engine.placement import chosen
from sim.engine.replicas import NOWHERE
from sim.record.ledger import Ledger
from sim.scenario.specs import Scenario
from sim.strategies import apply_mix
from sim.strategies.plan import Placement

HOUR_S = 3600.0


@pytest.mark.parametrize(("placement", "node"), [("first-fit", 1), ("best-fit", 3), ("pack", 3), ("spread", 2)])
def test_each_rule_takes_its_node(placement: Placement, node: int) -> None:
    free = np.array([1, 5, 8, 2, 8], dtype=np.int64)
    assert chosen(placement, free, 2) == node
    assert chosen(placement, free, 9) == NOWHERE


def placed(made: Scenario, rule: str, *others: Any) -> Ledger:
    measures = (*others, measure("compute", "placement", placement=rule))
    return simulate(
        apply_mix(replace(made, mixes=(replace(made.mixes[0], name="test", measures=measures),)), "test"), 1
    )


def test_first_fit_is_what_happens_without_a_measure() -> None:
    made = scenario([chat(8.0, 4)], [pool(nodes=2)], jobs=[training(300.0, 4)])
    plain, same = simulate(apply_mix(made, None), 1), placed(made, "first-fit")
    np.testing.assert_equal(asdict(replace(same, wall_s=0.0, warnings=())), asdict(replace(plain, wall_s=0.0)))


def test_packed_nodes_leave_others_to_sleep() -> None:
    made = scenario([chat(2.0, 8)], [pool(nodes=4)], horizon_s=HOUR_S)
    asleep = measure("energy", "sleep")
    spread, packed = (placed(made, rule, asleep) for rule in ("spread", "pack"))
    assert packed.services["chat"].completed == spread.services["chat"].completed
    assert packed.pools["h100"].it_j < 0.55 * spread.pools["h100"].it_j, "of four nodes one works, the others sleep"


def test_packing_stops_the_replicas_that_free_a_node() -> None:
    shrink = measure("compute", "autoscale", schedule={"00:00": 14, "00:10": 8}, period_s=60.0)
    made = scenario([chat(30.0, 1, replicas_max=14)], [pool(nodes=2)], horizon_s=HOUR_S)
    asleep = measure("energy", "sleep", node_share=0.0)
    loose, packed = (placed(made, rule, shrink, asleep) for rule in ("best-fit", "pack"))
    assert loose.meter.service_replicas["chat"][-1] == packed.meter.service_replicas["chat"][-1] == 8
    assert packed.pools["h100"].it_j < 0.9 * loose.pools["h100"].it_j


def test_services_with_their_peaks_apart_share_a_pool_that_could_not_hold_both() -> None:
    by_day = measure("compute", "autoscale", ("chat",), schedule={"00:00": 7, "00:30": 1}, period_s=15.0)
    by_night = measure("compute", "autoscale", ("desk",), schedule={"00:00": 1, "00:30": 7}, period_s=15.0)
    services = [chat(4.0, 1, replicas_max=7), replace(fixed_time(0.5, 1), replicas_max=7)]
    ledger = simulate(apply_mix(scenario(services, measures=[by_day, by_night], horizon_s=HOUR_S), "test"), 1)
    one, other = (ledger.meter.service_replicas[name] for name in ("chat", "desk"))
    assert (one + other).max() <= 8
    assert (one[20], other[20]) == (7, 1)
    assert (one[45], other[45]) == (1, 7), "what one gives back the other takes"
    assert all(totals.arrived == totals.completed + totals.in_flight for totals in ledger.services.values())


def test_services_that_compete_for_room_both_keep_their_minimum() -> None:
    greedy = measure("compute", "autoscale", target_utilisation=0.01, scale_down_delay_s=30.0)
    services = [chat(30.0, 2, replicas_max=8), replace(chat(30.0, 2, replicas_max=8), name="code")]
    made = scenario(services, measures=[greedy], horizon_s=1800.0)
    ledger = simulate(apply_mix(made, "test"), 1)
    one, other = (ledger.meter.service_replicas[name] for name in ("chat", "code"))
    assert (one + other).max() <= 8
    assert min(one.min(), other.min()) >= 2
    assert ledger.pools["h100"].allocated_accelerator_s <= ledger.pools["h100"].accelerator_s
    assert all(totals.completed > 0 for totals in ledger.services.values())
