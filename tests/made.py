"""Scenarios made by hand for tests that need no file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sim.catalog import Catalogue
from sim.scenario.specs import (
    Acquire,
    Carbon,
    Distribution,
    Economics,
    JobStream,
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
    TrainJobs,
    WeatherSource,
)

CATALOGUE = Catalogue.built_in()


def pool(name: str = "h100", node: str = "hgx-h100-8", nodes: int = 1, **acquire: Any) -> Pool:
    """Nodes that are owned unless said otherwise."""
    how = {"kind": "own", "capex_usd_per_node": 280_000.0, **acquire}
    return Pool(name=name, node=CATALOGUE.node(node), nodes=nodes, acquire=Acquire(**how))


def hot(made: Pool, factor: float) -> Pool:
    """A pool whose accelerators shed their heat so many times worse."""
    accelerator = made.node.accelerator
    air, liquid = (
        replace(thermal, resistance_k_per_w=factor * thermal.resistance_k_per_w)
        for thermal in (accelerator.thermal_air, accelerator.thermal_liquid)
    )
    changed = replace(accelerator, thermal_air=air, thermal_liquid=liquid)
    return replace(made, node=replace(made.node, accelerator=changed))


def chat(rate_per_s: float = 4.0, replicas: int = 4, **changes: Any) -> Service:
    """A language service with Poisson traffic on the pool `h100`."""
    lengths = Distribution(kind="lognormal", mean=600.0, cv=1.0)
    service = Service(
        name="chat",
        field=CATALOGUE.field("nlp"),
        model=CATALOGUE.model("llama-3.1-8b"),
        engine=CATALOGUE.engine("vllm"),
        precision="bf16",
        pool="h100",
        tensor_parallel=1,
        replicas_min=replicas,
        replicas_max=replicas,
        traffic=PoissonTraffic(
            rate_per_s=rate_per_s,
            input_tokens=lengths,
            output_tokens=Distribution(kind="lognormal", mean=150.0, cv=0.8),
        ),
        slo=Slo(ttft_p99_s=2.0, tpot_p99_s=0.1),
    )
    return replace(service, **changes)


def fixed_time(rate_per_s: float, replicas: int, mean_service_s: float = 1.0, **changes: Any) -> Service:
    """A service with exponential service times on the pool `h100`."""
    traffic = PoissonTraffic(rate_per_s=rate_per_s, service_s=Distribution(kind="exponential", mean=mean_service_s))
    return chat(1.0, replicas, name="desk", model=CATALOGUE.model("fixed-time"), traffic=traffic, slo=Slo(), **changes)


def training(every_s: float | None = 200.0, accelerators: int = 8, **changes: Any) -> JobStream:
    """A small training job (200 s on 8 H100) again and again, on the pool `h100`."""
    model = CATALOGUE.model("llama-3.1-8b")
    work = TrainJobs(model=model, tokens=2.0e6, precision="bf16", accelerators=accelerators, every_s=every_s)
    return replace(JobStream(name="train", pool="h100", policy="fifo", work=work), **changes)


def measure(family: Any, kind: str, targets: tuple[str, ...] | None = None, **options: Any) -> Measure:
    """One measure of a mix."""
    return Measure(family=family, kind=kind, options=options, targets=targets, path=f"mixes.test.{kind}")


def scenario(
    services: Sequence[Service] = (),
    pools: Sequence[Pool] | None = None,
    jobs: Sequence[JobStream] = (),
    measures: Sequence[Measure] = (),
    plant: str = "colocation",
    horizon_s: float = 900.0,
    **changes: Any,
) -> Scenario:
    """A scenario with a baseline and, where measures are given, a mix `test` that applies them."""
    made = Scenario(
        name="made",
        start=datetime(2023, 7, 1, tzinfo=UTC),
        horizon_s=horizon_s,
        warmup_s=0.0,
        seed=1,
        site=Site(
            utc_offset_h=0.0,
            elevation_m=None,
            weather=WeatherSource(dry_bulb_c=20.0, relative_humidity=0.5),
            tariff=Tariff(energy_usd_per_kwh=0.08),
            carbon=Carbon(g_per_kwh=380.0),
            water_usd_per_m3=3.0,
            power_limit_w=None,
            plant=PlantSpec(type=CATALOGUE.plant(plant)),
        ),
        economics=Economics(
            discount_rate=0.08,
            facility_usd_per_kw=12_000.0,
            facility_life_y=15.0,
            measure_life_y=3.0,
            engineer_usd_per_h=120.0,
            staff_usd_per_y=0.0,
        ),
        pools=tuple(pools if pools is not None else (pool(),)),
        services=tuple(services),
        jobs=tuple(jobs),
        mixes=(Mix(name="baseline"), *([Mix(name="test", measures=tuple(measures))] if measures else [])),
        source=Path("made.yaml"),
    )
    return replace(made, **changes)


def at_site(made: Scenario, **changes: Any) -> Scenario:
    """A scenario at a site that differs."""
    return replace(made, site=replace(made.site, **changes))
