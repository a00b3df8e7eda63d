"""Requests per CPU second of whole runs: many replicas, power, heat and quantiles on, lengths like a real trace.

    PYTHONPATH=tests python benchmarks/serving.py [--hours 1] [--replicas 1000] [--rate 2]

The same model as plain SimPy (one process per replica, one event per iteration) runs beside it on a small fleet at
the same load per replica. Quote the ratio; seconds mean nothing on a shared machine.
"""

from __future__ import annotations

import argparse
import resource
import time

import numpy as np

from made import chat, measure, pool, scenario
from sim.engine import simulate
from sim.engine.build import typical_context_tokens
from sim.kernels import serving_layout as at
from sim.models.power import busy_power_w, clock_grid_mhz
from sim.models.serving import serving_tables
from sim.scenario.specs import Distribution, PoissonTraffic, Scenario, Service
from sim.strategies import apply_mix
from sim.workload import open_traffic
from twins.serving import Request, serve

INPUT = Distribution(kind="lognormal", mean=1238.0, cv=0.96)  # Azure 2023 conversation trace
OUTPUT = Distribution(kind="lognormal", mean=221.0, cv=0.80)

ROUTERS = ("round-robin", "least-loaded", "power-of-two", "consolidate")


def busy_service(replicas: int, rate_per_s: float) -> Service:
    """Llama-3.1-8B with so many requests per second and replica."""
    traffic = PoissonTraffic(rate_per_s=replicas * rate_per_s, input_tokens=INPUT, output_tokens=OUTPUT)
    return chat(1.0, replicas, traffic=traffic)


def fleet_of(replicas: int, rate_per_s: float, hours: float, router: str) -> Scenario:
    """One service on its own pool."""
    nodes = pool(nodes=-(-replicas // 8))
    routed = measure("compute", "router", router=router)
    return scenario([busy_service(replicas, rate_per_s)], [nodes], measures=[routed], horizon_s=3600.0 * hours)


def run_speed(made: Scenario) -> float:
    """Requests per CPU second of one run, tables and all."""
    plan = apply_mix(made, "test")
    begin = time.process_time()
    ledger = simulate(plan, seed=1)
    return ledger.requests / (time.process_time() - begin)


def twin_speed(replicas: int, rate_per_s: float, seconds: float) -> float:
    """Requests per CPU second of the SimPy-only twin under the round robin."""
    service = busy_service(replicas, rate_per_s)
    traffic = open_traffic(service, fleet_of(1, 1.0, 1.0, ROUTERS[0]).start, seconds, 0.0, 1, 0)
    chunk = traffic.next_chunk()
    assert chunk is not None
    rates = kernel_rates(service, typical_context_tokens(traffic))
    rows = zip(chunk.arrival_s.tolist(), chunk.input_tokens.tolist(), chunk.output_tokens.tolist(), strict=True)
    requests = [Request(i, *row) for i, row in enumerate(rows)]
    begin = time.process_time()
    serve(requests, rates, replicas, at.Dispatch())
    return len(requests) / (time.process_time() - begin)


def kernel_rates(service: Service, context_tokens: float) -> at.Rates:
    """The rates of one replica as the kernel reads them."""
    made = scenario([service])
    deployment = apply_mix(made, "baseline").deployments[service.name]
    accelerator = made.pools[0].node.accelerator
    tables = serving_tables(deployment.variant, service.engine, accelerator, 1, context_tokens)
    floor_w = busy_power_w(accelerator, clock_grid_mhz(accelerator), 0.0, 0.0)
    waiting_w = np.column_stack((floor_w, np.full(len(floor_w), accelerator.idle_w)))
    return at.Rates(
        tables.decode, tables.prefill, waiting_w, accelerator.power.linger_s, tables.batch_max,
        tables.kv_capacity_tokens, service.engine.prefill_tokens_max, at.RECOMPUTE, 0.0,
    )  # fmt: skip


def main() -> None:
    """Prints speeds and their ratio to the twin."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=1.0)
    parser.add_argument("--replicas", type=int, default=1000)
    parser.add_argument("--rate", type=float, default=2.0, help="requests per second and replica")
    given = parser.parse_args()
    for router in ROUTERS:
        run_speed(fleet_of(8, given.rate, 0.02, router))  # compiles
    twin = twin_speed(8, given.rate, 120.0)
    print(f"SimPy only, 8 replicas: {twin:,.0f} requests per CPU second")
    for router in ROUTERS:
        speed = run_speed(fleet_of(given.replicas, given.rate, given.hours, router))
        print(f"{given.replicas} replicas, {given.hours:g} h, {router}: {speed:,.0f}, {speed / twin:,.0f} x SimPy only")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB")


if __name__ == "__main__":
    main()
