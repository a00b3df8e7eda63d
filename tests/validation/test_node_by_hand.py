"""The power and temperature of a node worked out by hand from its catalogue entry: busy, half busy, and rented."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from math import exp

import pytest

from made import fixed_time, pool, scenario
from sim.catalog.entries import NodeType
from sim.engine import simulate
from sim.models.power import job_tables
from sim.scenario.specs import Distribution, PoissonTraffic, Pool
from sim.strategies import apply_mix

ENDLESS = PoissonTraffic(rate_per_s=50.0, service_s=Distribution(kind="constant", mean=1e6))
PLANT_SUPPLY_C, RISE_K = 24.0, 0.8  # of the colocation plant


def work_w(node: NodeType) -> float:
    """One accelerator at work on a fixed-time request."""
    return float(job_tables(node.accelerator, 0.5, 0.5, None, None)[-1, 1])


def inlet_w(node: NodeType, accelerators_w: float, busy: float, present: float = 1.0) -> float:
    """Watts at the inlet: accelerators, CPUs by load, fans by the cube of the heat, loss of the power supply."""
    cpu_w = node.cpu_idle_w + busy * (node.cpu_max_w - node.cpu_idle_w)
    around_w = present * (cpu_w + node.other_w)
    full_w = node.accelerators * node.accelerator.tdp_w + node.cpu_max_w + node.other_w
    speed = min(1.0, max(node.fan_min_share, (accelerators_w + around_w) / full_w))
    output_w = accelerators_w + around_w + present * node.fan_max_w * speed**3
    load = output_w / node.rated_w
    for (low, at_low), (high, at_high) in pairwise(sorted(node.psu.items())):
        if low <= load <= high:
            return output_w / (at_low + (at_high - at_low) * (load - low) / (high - low))
    raise AssertionError("the load is off the power supply's curve")


def last_it_w(made: Pool, replicas: int, tensor_parallel: int) -> float:
    service = fixed_time(50.0, replicas, tensor_parallel=tensor_parallel)
    ledger = simulate(apply_mix(scenario([replace(service, traffic=ENDLESS)], [made]), None), 1)
    return float(ledger.meter.it_w[-1])


@pytest.mark.parametrize(("replicas", "tensor_parallel"), [(8, 1), (4, 2), (2, 4), (2, 2), (1, 8), (1, 1)])
def test_power_of_a_node_with_some_accelerators_at_work(replicas: int, tensor_parallel: int) -> None:
    node = pool().node
    at_work = replicas * tensor_parallel
    accelerators_w = at_work * work_w(node) + (8 - at_work) * node.accelerator.idle_w
    expected_w = inlet_w(node, accelerators_w, at_work / 8)
    assert last_it_w(pool(), replicas, tensor_parallel) == pytest.approx(expected_w, rel=1e-9)


@pytest.mark.parametrize(("replicas", "tensor_parallel"), [(4, 2), (2, 1)])
def test_power_of_the_part_of_a_node_that_is_rented(replicas: int, tensor_parallel: int) -> None:
    node, held = pool().node, replicas * tensor_parallel
    expected_w = inlet_w(node, held * work_w(node), held / 8, held / 8)
    assert last_it_w(pool(kind="rent"), replicas, tensor_parallel) == pytest.approx(expected_w, rel=1e-9)


def test_temperature_of_a_node_at_constant_power_is_the_exponential_of_its_time_constant() -> None:
    service = replace(fixed_time(50.0, 8), traffic=ENDLESS)
    meter = simulate(apply_mix(scenario([service], [pool()]), None), 1).meter
    thermal, watts = pool().node.accelerator.thermal_air, work_w(pool().node)
    coolant_c = PLANT_SUPPLY_C + RISE_K
    settled_c = coolant_c + thermal.resistance_k_per_w * watts
    decay = exp(-60.0 / (thermal.resistance_k_per_w * thermal.capacity_j_per_k))
    for before, after in pairwise(meter.hottest_c):
        assert after == pytest.approx(settled_c + (before - settled_c) * decay, rel=1e-9)
    assert meter.hottest_c[-1] == pytest.approx(settled_c, rel=1e-6)
