"""Small hand-made scenarios and ledgers with round numbers, for tests of what a plan and a bill are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from sim.catalog import Catalogue
from sim.record.ledger import JobTotals, Ledger, Meter, PoolTotals, Quantiles, ServiceTotals
from sim.scenario.specs import (
    Acquire,
    Carbon,
    Distribution,
    Economics,
    JobStream,
    JobTrace,
    Measure,
    Mix,
    PlantSpec,
    PoissonTraffic,
    Pool,
    Scenario,
    Service,
    Site,
    Slo,
    Tariff,
    WeatherSource,
)

CATALOGUE = Catalogue.built_in()
HOUR_S = 3600.0
ECONOMICS = Economics(
    discount_rate=0.08,
    facility_usd_per_kw=12_000.0,
    facility_life_y=15.0,
    measure_life_y=3.0,
    engineer_usd_per_h=120.0,
    staff_usd_per_y=0.0,
)
OWN = Acquire(kind="own", capex_usd_per_node=280_000.0, life_y=5.0)


def pool(name: str = "h100", node: str = "hgx-h100-8", nodes: int = 1, acquire: Acquire = OWN) -> Pool:
    return Pool(name=name, node=CATALOGUE.node(node), nodes=nodes, acquire=acquire)


def service(name: str = "chat", model: str = "llama-3.1-70b", precision: str = "bf16", pool: str = "h100") -> Service:
    tokens = Distribution(kind="constant", mean=200.0)
    return Service(
        name=name,
        field=CATALOGUE.field("nlp"),
        model=CATALOGUE.model(model),
        engine=CATALOGUE.engine("vllm"),
        precision=precision,
        pool=pool,
        tensor_parallel=4,
        replicas_min=1,
        replicas_max=2,
        traffic=PoissonTraffic(rate_per_s=1.0, input_tokens=tokens, output_tokens=tokens),
        slo=Slo(ttft_p99_s=2.0, tpot_p99_s=0.1),
    )


def fixed_time_service(name: str = "queue", pool: str = "h100") -> Service:
    plain = service(name, pool=pool)
    return replace(plain, model=CATALOGUE.model("fixed-time"), slo=Slo(), tensor_parallel=1)


def jobs(name: str = "batch", pool: str = "h100") -> JobStream:
    return JobStream(name=name, pool=pool, policy="fifo", work=JobTrace(path=Path("jobs.swf")))


def site(plant: str = "colocation", **changes: object) -> Site:
    plain = Site(
        utc_offset_h=0.0,
        elevation_m=0.0,
        weather=WeatherSource(dry_bulb_c=20.0, relative_humidity=0.5),
        tariff=Tariff(energy_usd_per_kwh=0.1),
        carbon=Carbon(g_per_kwh=400.0),
        water_usd_per_m3=3.0,
        power_limit_w=None,
        plant=PlantSpec(type=CATALOGUE.plant(plant)),
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def measure(family: str, kind: str, /, *targets: str, **options: object) -> Measure:
    """A measure as the scenario's compiler makes it: a single value stands under the measure's own name."""
    return Measure(
        family=family,  # type: ignore[arg-type]
        kind=kind,
        options=options,
        targets=targets or None,
        path=f"mixes.lean.{family}.{kind}",
    )


def scenario(*measures: Measure, **changes: object) -> Scenario:
    """One pool, one service, one mix `lean` of the given measures beside an empty baseline."""
    plain = Scenario(
        name="small",
        start=datetime(2023, 1, 1, tzinfo=UTC),
        horizon_s=HOUR_S,
        warmup_s=0.0,
        seed=1,
        site=site(),
        economics=ECONOMICS,
        pools=(pool(),),
        services=(service(),),
        jobs=(),
        mixes=(Mix(name="baseline"), Mix(name="lean", measures=measures)),
        source=Path("small.yaml"),
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


LATENCIES = Quantiles(mean=0.5, p50=0.4, p90=0.8, p99=1.0, max=1.5)


def service_totals(**changes: object) -> ServiceTotals:
    """100 requests of 300 tokens in and 200 out, all met, at mean batch 8, on 4 accelerators for the whole hour."""
    plain = ServiceTotals(
        arrived=100, completed=100, rejected=0, in_flight=0, late=0, met=100, ttft_met=100, tpot_met=100, e2e_met=100,
        input_tokens=30_000, output_tokens=20_000, outputs_in_window=20_000, iterations=2500, mean_batch=8.0,
        ttft_s=LATENCIES, tpot_s=Quantiles(mean=0.02, p50=0.02, p90=0.03, p99=0.04, max=0.05), e2e_s=LATENCIES,
        held_accelerator_s=4 * HOUR_S, busy_accelerator_s=2 * HOUR_S, accelerator_j=4 * 300.0 * HOUR_S,
        replicas_mean=1.0,
    )  # fmt: skip
    return replace(plain, **changes)  # type: ignore[arg-type]


def job_totals(**changes: object) -> JobTotals:
    """10 jobs, all completed, on 2 accelerators for the whole hour."""
    plain = JobTotals(
        arrived=10, completed=10, running=0, queued=0, rejected=0, failures=0, wait_s=LATENCIES,
        turnaround_s=LATENCIES, makespan_s=HOUR_S, accelerator_s=2 * HOUR_S, kept_accelerator_s=2 * HOUR_S,
        accelerator_j=2 * 600.0 * HOUR_S, utilisation=0.25,
    )  # fmt: skip
    return replace(plain, **changes)  # type: ignore[arg-type]


def pool_totals(**changes: object) -> PoolTotals:
    """8 accelerators for an hour: 4 allocated, half of that counted; 1.6 kWh of 2.4 kWh were idle ones."""
    plain = PoolTotals(
        accelerator_s=8 * HOUR_S, allocated_accelerator_s=4 * HOUR_S, counted_accelerator_s=2 * HOUR_S,
        it_j=4.0 * 3.6e6, accelerator_j=2.4 * 3.6e6, idle_accelerator_j=1.6 * 3.6e6, best_clock_j=0.6 * 3.6e6,
        throttled_node_s=0.0, hottest_c=60.0,
    )  # fmt: skip
    return replace(plain, **changes)  # type: ignore[arg-type]


def meter(
    it_w: float | list[float] = 4000.0,
    pools: Mapping[str, list[float]] | None = None,
    services: tuple[str, ...] = ("chat",),
    jobs: tuple[str, ...] = (),
    step_s: float = 300.0,
    rows: int = 12,
    **changes: object,
) -> Meter:
    """An hour in 5-minute rows: IT as given, cooling a quarter of it, losses a twentieth; 0.1 USD and 400 g per kWh."""
    it = np.full(rows, it_w, dtype=np.float64) if isinstance(it_w, float) else np.array(it_w, dtype=np.float64)
    start_s = np.asarray(np.arange(len(it)) * step_s, dtype=np.float64)
    stop_s = np.asarray(start_s + step_s, dtype=np.float64)
    flat = np.zeros(len(it))
    plain = Meter(
        start_s=start_s, stop_s=stop_s, it_w=it, cooling_w=it / 4, losses_w=it / 20,
        facility_w=it + it / 4 + it / 20, water_l_per_s=flat + 0.001, supply_c=flat + 24.0, dry_bulb_c=flat + 20.0,
        wet_bulb_c=flat + 14.0, hottest_c=flat + 60.0, throttled_nodes=flat, price_usd_per_kwh=flat + 0.1,
        carbon_g_per_kwh=flat + 400.0, battery_w=flat, stored_j=flat,
        grid_w=it + it / 4 + it / 20,
        pool_it_w={"h100": it} if pools is None else {name: np.array(each) for name, each in pools.items()},
        service_waiting=dict.fromkeys(services, flat), service_running=dict.fromkeys(services, flat),
        service_replicas=dict.fromkeys(services, flat), jobs_running=dict.fromkeys(jobs, flat),
        jobs_queued=dict.fromkeys(jobs, flat),
    )  # fmt: skip
    return replace(plain, **changes)  # type: ignore[arg-type]


def ledger(**changes: object) -> Ledger:
    """One hour of the small scenario."""
    plain = Ledger(
        window_s=(0.0, HOUR_S), meter=meter(), services={"chat": service_totals()}, jobs={},
        pools={"h100": pool_totals()}, requests=100, iterations=2500, events=42, wall_s=0.1, random=True,
    )  # fmt: skip
    return replace(plain, **changes)  # type: ignore[arg-type]
