"""A scenario without files, and a simulation without an engine, for the tests of studies."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from sim.catalog.entries import PlantType
from sim.scenario.specs import Carbon, Economics, Mix, PlantSpec, Scenario, Site, Tariff, WeatherSource
from sim.study.point import Outcome

Simulate = Callable[..., Outcome]


def _scenario(name: str = "small", mixes: tuple[str, ...] = ("baseline", "lean"), **document: object) -> Scenario:
    return Scenario(
        name=name,
        start=datetime(2023, 1, 1, tzinfo=UTC),
        horizon_s=3600.0,
        warmup_s=0.0,
        seed=1,
        site=Site(
            utc_offset_h=0.0,
            elevation_m=None,
            weather=WeatherSource(dry_bulb_c=20.0, relative_humidity=0.5),
            tariff=Tariff(energy_usd_per_kwh=0.1),
            carbon=Carbon(g_per_kwh=400.0),
            water_usd_per_m3=3.0,
            power_limit_w=None,
            plant=PlantSpec(type=PlantType(name="plain", kind="stated", figures={"pue": 1.2})),
        ),
        economics=Economics(
            discount_rate=0.08,
            facility_usd_per_kw=0.0,
            facility_life_y=15.0,
            measure_life_y=3.0,
            engineer_usd_per_h=100.0,
            staff_usd_per_y=0.0,
        ),
        pools=(),
        services=(),
        jobs=(),
        mixes=tuple(Mix(name=each) for each in mixes),
        source=Path("small.yaml"),
        document={"name": name, **document},
    )


def _summary(
    mix: str, cost_usd: float, *, feasible: bool = True, goodput: float = 5.0, p99_s: float = 1.0
) -> dict[str, object]:
    families = {"compute": cost_usd * 0.9, "algorithm": cost_usd * 0.1, "efficiency": 0.0, "vertical": 0.0}
    return {
        "schema": "dcsim.run/1",
        "scenario": "small",
        "mix": mix,
        "seed": 1,
        "horizon_s": 3600.0,
        "window_s": 3600.0,
        "feasible": feasible,
        "warnings": [] if feasible else ["chat: p99 of the first token is above its promise"],
        "cost_usd": {"total": cost_usd, **families},
        "usd_per_month": cost_usd * 730.0,
        "pue": 1.2,
        "services": {
            "chat": {
                "completed": 1000,
                "goodput_per_s": goodput,
                "ttft_s": {"mean": 0.5, "p99": p99_s},
                "tpot_s": {"mean": None, "p99": None},
            }
        },
        "engine": {"requests": 1000, "wall_s": 0.1},
    }


@pytest.fixture
def scenario() -> Scenario:
    return _scenario()


@pytest.fixture
def scenario_of() -> Callable[..., Scenario]:
    """Scenarios with a name and mixes of their own."""
    return _scenario


@pytest.fixture
def summary_of() -> Callable[..., dict[str, object]]:
    """A `dcsim.run` object of a mix and its cost, feasible or not, with a goodput and a p99 of the first token."""
    return _summary


@pytest.fixture
def simulate(monkeypatch: pytest.MonkeyPatch) -> Simulate:
    """In place of the engine: a mix costs 100 USD and 10 less per letter of its name beyond four, with common noise."""

    def simulated(scenario: Scenario, mix: str, seed: int, replication: int = 0, **_: object) -> Outcome:
        common = Random(zlib.crc32(f"{seed}/{replication}".encode())).gauss(0.0, 5.0)
        own = Random(zlib.crc32(f"{seed}/{replication}/{mix}".encode())).gauss(0.0, 0.5)
        return Outcome(_summary(mix, 100.0 - 10.0 * len(mix) + common + own), random=True)

    monkeypatch.setattr("sim.study.point.simulate_point", simulated)
    monkeypatch.setattr("sim.study.comparing.check_mixes", lambda _scenario, _mixes: None)
    return simulated
