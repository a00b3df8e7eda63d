"""Services that stop altogether: requests that find no replica wait for one, none is lost, and the rent is saved."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest

from made import CATALOGUE, chat, fixed_time, measure, pool, scenario
from sim.economics import appraise
from sim.engine import simulate
from sim.engine.build import start_seconds
from sim.record.ledger import Ledger
from sim.scenario.specs import Scenario, Service
from sim.strategies import apply_mix

HOUR_S = 3600.0
RARE_PER_S = 1.0 / 1800.0


def ran(service: Service, horizon_s: float = 24 * HOUR_S, **options: Any) -> Ledger:
    return simulate(apply_mix(rented(service, horizon_s, **options), "test"), 1)


def rented(service: Service, horizon_s: float = 24 * HOUR_S, **options: Any) -> Scenario:
    scaled = measure("compute", "autoscale", **{"target_utilisation": 0.7, **options})
    rent = pool(kind="rent", usd_per_accelerator_h=2.0)
    return scenario([service], [rent], measures=[scaled], horizon_s=horizon_s)


def test_a_rare_service_saves_its_rent_and_pays_in_cold_starts() -> None:
    kept, gone = ran(chat(RARE_PER_S, 1, replicas_max=2)), ran(chat(RARE_PER_S, 0, replicas_max=2))
    warm, cold = kept.services["chat"], gone.services["chat"]
    assert warm.arrived == cold.arrived > 20
    assert cold.completed == warm.completed
    assert cold.held_accelerator_s < 0.5 * warm.held_accelerator_s
    assert warm.ttft_s.p50 is not None
    assert cold.ttft_s.p50 is not None
    start_s = start_seconds(apply_mix(rented(chat()), "baseline").deployments["chat"])
    assert warm.ttft_s.p50 < 0.2
    assert start_s < cold.ttft_s.p50 < start_s + 15.5, "it starts at the next look"


def test_the_rent_on_the_bill_follows() -> None:
    bills = []
    for fewest in (1, 0):
        plan = apply_mix(rented(chat(RARE_PER_S, fewest, replicas_max=2)), "test")
        lines = appraise(plan, simulate(plan, 1), 1)["cost_lines"]
        assert isinstance(lines, list)
        bills.append(sum(line["usd"] for line in lines if line["item"] == "rent"))
    assert bills[1] < 0.5 * bills[0]


def test_the_last_replica_stays_for_the_idle_time() -> None:
    short, long = (ran(chat(RARE_PER_S, 0, replicas_max=2), idle_s=idle_s) for idle_s in (60.0, 3600.0))
    assert short.services["chat"].held_accelerator_s < 0.7 * long.services["chat"].held_accelerator_s
    assert short.services["chat"].ttft_s.mean > long.services["chat"].ttft_s.mean  # type: ignore[operator]


@pytest.mark.parametrize("router", ["round-robin", "least-loaded", "power-of-two", "consolidate"])
@pytest.mark.parametrize("make", [chat, fixed_time], ids=["llm", "fixed"])
def test_no_request_is_lost_while_nobody_is_there(router: str, make: Any) -> None:
    service = make(0.02, 0, replicas_max=3)
    made = rented(service, 4 * HOUR_S, idle_s=20.0, scale_down_delay_s=15.0)
    routed = measure("compute", "router", router=router)
    made = replace(made, mixes=(made.mixes[0], replace(made.mixes[1], measures=(*made.mixes[1].measures, routed))))
    ledger = simulate(apply_mix(made, "test"), 3)
    totals = ledger.services[service.name]
    assert totals.arrived > 200
    assert totals.arrived == totals.completed + totals.rejected + totals.in_flight
    assert totals.rejected == 0
    replicas = ledger.meter.service_replicas[service.name]
    assert (replicas == 0).any()
    assert totals.completed > 0.95 * totals.arrived
    assert ledger.requests == totals.arrived


def test_requests_that_wait_for_a_start_at_the_horizon_are_in_flight() -> None:
    slow = replace(CATALOGUE.engine("vllm"), start_s=1e6)
    ledger = ran(chat(RARE_PER_S, 0, replicas_max=1, engine=slow), idle_s=0.0, scale_down_delay_s=0.0)
    totals = ledger.services["chat"]
    assert totals.arrived == totals.in_flight + totals.completed
    assert totals.in_flight > 10
    assert totals.late == totals.in_flight, "they have waited longer than promised already"
    assert ledger.meter.service_waiting["chat"][-1] == totals.in_flight


def test_a_service_that_never_rests_long_enough_is_one_with_a_minimum_of_one() -> None:
    kept, patient = (ran(chat(0.01, low, replicas_max=3), 4 * HOUR_S, idle_s=1e9) for low in (1, 0))
    np.testing.assert_equal(asdict(replace(patient, wall_s=0.0)), asdict(replace(kept, wall_s=0.0)))
