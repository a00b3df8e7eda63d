"""Jobs that wait for the cheap hours of a real market, and for the clean ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from made import at_site, measure, pool, scenario, training
from sim.engine import simulate
from sim.record.ledger import Ledger
from sim.scenario.specs import Carbon, Scenario, SeriesFile, Tariff, TrainJobs
from sim.strategies import apply_mix

HOUR_S = 3600.0


def january(shared_data: Path) -> Scenario:
    """A week of January 2023 in Germany: a job of half an hour on 16 accelerators every three hours."""
    stream = training(3 * HOUR_S, 16)
    assert isinstance(stream.work, TrainJobs)
    job = replace(stream, work=replace(stream.work, tokens=3.0e8))
    made = scenario(jobs=[job], pools=[pool(nodes=2)], horizon_s=168 * HOUR_S, start=datetime(2023, 1, 9, tzinfo=UTC))
    price = SeriesFile(
        path=shared_data / "price" / "DE-LU_2023_utc.csv.gz", time_column="datetime_utc",
        value_column="price_eur_per_mwh", timezone="UTC", scale=1.08e-3,
    )  # fmt: skip
    carbon = SeriesFile(
        path=shared_data / "carbon" / "electricitymaps_DE-LU_2023_hourly.csv.gz", time_column="Datetime (UTC)",
        value_column="Carbon Intensity gCO₂eq/kWh (direct)", timezone="UTC", scale=1.0,
    )  # fmt: skip
    return at_site(made, tariff=Tariff(energy_usd_per_kwh=price), carbon=Carbon(g_per_kwh=carbon))


def ran(made: Scenario, by: str, max_delay_h: float) -> Ledger:
    measures = (measure("energy", "sleep"), measure("energy", "shift", by=by, max_delay_h=max_delay_h))
    return simulate(apply_mix(replace(made, mixes=(replace(made.mixes[0], measures=measures),)), None), 1)


def usd_and_kg(ledger: Ledger) -> tuple[float, float]:
    meter = ledger.meter
    kwh = meter.facility_w * (meter.stop_s - meter.start_s) / 3.6e6
    return float(kwh @ meter.price_usd_per_kwh), float(kwh @ meter.carbon_g_per_kwh) / 1000.0


def test_longer_delays_save_more_of_the_price_of_the_work(shared_data: Path) -> None:
    made = january(shared_data)
    runs = [ran(made, "price", delay_h) for delay_h in (0.0, 3.0, 6.0, 12.0)]
    usd = [usd_and_kg(each)[0] for each in runs]
    assert usd == sorted(usd, reverse=True)
    assert usd[-1] < 0.92 * usd[0]
    assert {each.jobs["train"].completed for each in runs} == {56}
    waits_s = [each.jobs["train"].wait_s.mean for each in runs]
    assert all(wait_s is not None for wait_s in waits_s)
    assert waits_s == sorted(waits_s)  # type: ignore[type-var]


def test_the_clean_hours_are_not_the_cheap_ones_by_definition(shared_data: Path) -> None:
    made = january(shared_data)
    now, cheap, clean = (usd_and_kg(ran(made, *way)) for way in (("price", 0.0), ("price", 12.0), ("carbon", 12.0)))
    assert clean[1] < cheap[1] < now[1]
    assert cheap[0] < clean[0]
