"""Nodes far too hot go off: requests go elsewhere or wait, none is lost, and replicas come back once it is cool."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from made import chat, fixed_time, hot, measure, pool, scenario, training
from sim.engine import simulate
from sim.record.ledger import Ledger
from sim.scenario.specs import Pool, Racks, Scenario, Service
from sim.strategies import apply_mix

UNEVEN = Racks(nodes_per_rack=1, racks_per_row=3, rise_k=30.0, own_share=0.0, neighbour_share=0.0, row_end_share=0.3)


def sharp(made: Pool, shutdown_c: float, target_c: float | None = None) -> Pool:
    """A pool that shuts down at a temperature which its throttling does not prevent."""
    accelerator = made.node.accelerator
    limits = {"target_c": shutdown_c - 2.0 if target_c is None else target_c, "slowdown_c": shutdown_c - 1.0}
    air = replace(accelerator.thermal_air, shutdown_c=shutdown_c, **limits)
    return replace(made, node=replace(made.node, accelerator=replace(accelerator, thermal_air=air)))


def ran(service: Service, made: Pool, router: str = "least-loaded") -> Ledger:
    chosen = measure("compute", "router", router=router)
    return simulate(apply_mix(scenario([service], [made], measures=[chosen], horizon_s=1800.0), "test"), 1)


def shutdowns(ledger: Ledger) -> int:
    """As the warnings have them."""
    return sum(int(text.split()[1]) for text in ledger.warnings if "shutdowns of nodes" in text)


ROUTERS = ("round-robin", "least-loaded", "power-of-two")


@pytest.mark.parametrize(
    ("router", "limit_c"),
    [("round-robin", 68.0), ("least-loaded", 68.0), ("power-of-two", 68.0), ("consolidate", 40.0)],
)
def test_requests_of_a_node_that_goes_off_are_served_elsewhere(router: str, limit_c: float) -> None:
    made = sharp(hot(replace(pool(nodes=3), racks=UNEVEN), 1.6), limit_c)
    ledger = ran(chat(40.0, replicas=24), made, router)
    totals = ledger.services["chat"]
    assert shutdowns(ledger) > 0
    assert totals.arrived == totals.completed + totals.in_flight
    assert totals.completed > 0.9 * totals.arrived
    assert ledger.meter.service_replicas["chat"].min() < 24


@pytest.mark.parametrize("router", ROUTERS)
@pytest.mark.parametrize("tokens", [True, False])
def test_where_all_nodes_go_off_requests_wait_until_one_is_back(router: str, tokens: bool) -> None:
    service = chat(40.0, replicas=8) if tokens else fixed_time(20.0, 8, mean_service_s=0.35)
    ledger = ran(service, sharp(hot(pool(), 1.6), 60.0), router)
    totals = ledger.services[service.name]
    on = ledger.meter.service_replicas[service.name]
    assert shutdowns(ledger) > 0
    assert totals.arrived == totals.completed + totals.rejected + totals.in_flight
    assert totals.rejected == 0
    assert on.min() == 0
    assert on[np.argmin(on) :].max() == 8, "they come back"
    calm = ran(service, pool(), router).services[service.name]
    assert totals.arrived == calm.arrived
    assert (totals.e2e_s.mean or 0.0) > 2.0 * (calm.e2e_s.mean or 0.0)


def test_a_node_that_is_off_draws_nothing() -> None:
    ledger = ran(chat(40.0, replicas=8), sharp(hot(pool(), 1.6), 60.0))
    assert ledger.meter.it_w.min() < 0.1 * ledger.meter.it_w.max(), "but for the seconds before and after"


def test_tokens_are_made_once_whatever_goes_off() -> None:
    made = sharp(hot(replace(pool(nodes=3), racks=UNEVEN), 1.6), 68.0)
    ledger = ran(chat(60.0, replicas=24), made)
    totals = ledger.services["chat"]
    assert shutdowns(ledger) > 0
    assert totals.in_flight < 200
    assert totals.output_tokens <= totals.outputs_in_window
    assert totals.outputs_in_window - totals.output_tokens < 200 * 2000


def test_nothing_shuts_down_below_the_limit() -> None:
    assert shutdowns(ran(chat(40.0, replicas=8), hot(pool(), 1.2))) == 0


def test_nodes_with_jobs_stay_on() -> None:
    made: Scenario = scenario([], [sharp(hot(pool(), 1.6), 60.0)], jobs=[training()], horizon_s=1800.0)
    ledger = simulate(apply_mix(made, None), 1)
    assert ledger.jobs["train"].completed > 0
    assert shutdowns(ledger) == 0
    assert ledger.jobs["train"].accelerator_s > 0.0


def test_the_same_run_gives_the_same_shutdowns() -> None:
    made = sharp(hot(replace(pool(nodes=3), racks=UNEVEN), 1.6), 68.0)
    first, second = (ran(chat(40.0, replicas=24), made) for _ in range(2))
    assert np.array_equal(first.meter.it_w, second.meter.it_w)
    assert first.services == second.services
