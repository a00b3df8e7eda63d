"""Jobs that wait for cheaper hours: when they start, what it saves, and that waiting counts from submission."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from made import at_site, measure, pool, scenario, training
from sim.engine import simulate
from sim.engine.shift_jobs import release_s
from sim.grid.signals import StepSignal
from sim.record.ledger import Ledger
from sim.scenario.specs import Carbon, Scenario, SeriesFile, Tariff
from sim.strategies import apply_mix
from sim.strategies.plan import Shift
from sim.workload import JobTable

HOUR_S = 3600.0


def jobs(submit_s: list[float], run_s: list[float]) -> JobTable:
    return JobTable(
        submit_s=np.array(submit_s), accelerators=np.ones(len(submit_s), np.int64), run_s=np.array(run_s),
        estimate_s=np.array(run_s), u_memory=0.5, u_compute=0.5,
    )  # fmt: skip


def by(max_delay_h: float, what: Literal["price", "carbon"] = "price") -> Shift:
    return Shift(by=what, max_delay_s=max_delay_h * HOUR_S)


TWO_PRICES = StepSignal.of([0.0, 6 * HOUR_S, 10 * HOUR_S], [0.2, 0.05, 0.3])


@pytest.mark.parametrize(
    ("submit_h", "run_h", "delay_h", "start_h"),
    [
        (0.0, 1.0, 5.0, 0.0),  # the cheap hours lie too far away
        (0.0, 1.0, 5.5, 5.5),  # half of it reaches into them
        (0.0, 1.0, 8.0, 6.0),  # the earliest of equal hours
        (0.0, 5.0, 8.0, 5.0),  # the dear hours after are worse than those before
        (7.0, 1.0, 8.0, 7.0),  # cheap already
        (7.1, 3.5, 8.0, 7.1),
        (12.0, 1.0, 8.0, 12.0),  # nothing better comes
    ],
)
def test_a_job_starts_at_the_cheapest_hours_for_its_run_time(
    submit_h: float, run_h: float, delay_h: float, start_h: float
) -> None:
    table = jobs([submit_h * HOUR_S], [run_h * HOUR_S])
    assert release_s(table, by(delay_h), TWO_PRICES, 30 * HOUR_S) / HOUR_S == pytest.approx([start_h])


def test_a_flat_price_shifts_nothing() -> None:
    flat = StepSignal.of([0.0], [0.1])
    table = jobs([0.1 * k * 3333.3 for k in range(40)], [777.7 * (k + 1) for k in range(40)])
    assert np.array_equal(release_s(table, by(24.0), flat, 400 * HOUR_S), table.submit_s)


def test_a_job_that_can_end_in_time_is_not_shifted_beyond_the_horizon() -> None:
    falling = StepSignal.of([0.0, HOUR_S, 2 * HOUR_S, 3 * HOUR_S], [4.0, 3.0, 2.0, 1.0])
    table = jobs([0.0, 0.0], [HOUR_S, 5 * HOUR_S])
    assert release_s(table, by(24.0), falling, 3 * HOUR_S) / HOUR_S == pytest.approx([2.0, 0.0])


@given(
    prices=st.lists(st.floats(-0.1, 1.0), min_size=1, max_size=24),
    submit_s=st.floats(0.0, 20 * HOUR_S),
    run_s=st.floats(1.0, 30 * HOUR_S),
    delay_h=st.floats(0.0, 30.0),
)
def test_a_lone_job_never_gets_dearer_and_keeps_its_delay(
    prices: list[float], submit_s: float, run_s: float, delay_h: float
) -> None:
    signal = StepSignal.of([k * HOUR_S for k in range(len(prices))], prices)
    horizon_s = 48 * HOUR_S
    (start_s,) = release_s(jobs([submit_s], [run_s]), by(delay_h), signal, horizon_s)
    assert submit_s <= start_s <= submit_s + delay_h * HOUR_S
    assert start_s == submit_s or start_s + run_s <= horizon_s * (1 + 1e-12)
    plain, shifted = (signal.integral(at, at + run_s) for at in (submit_s, start_s))
    assert shifted <= plain + 1e-6


@pytest.fixture
def day_and_night(tmp_path: Path) -> Scenario:
    """Jobs every three hours on a site whose power is dear by day; clean by day too."""
    made = scenario(jobs=[training(3 * HOUR_S)], pools=[pool()], horizon_s=24 * HOUR_S)
    lines = []
    for hour in range(24):
        price, carbon = (300, 100) if 6 <= hour < 20 else (40, 500)
        lines.append(f"{(made.start + timedelta(hours=hour)).isoformat()},{price},{carbon}")
    path = tmp_path / "day.csv"
    path.write_text("time,price,carbon\n" + "\n".join(lines) + "\n")
    series = SeriesFile(path=path, time_column="time", value_column="price", timezone="UTC", scale=0.001)
    return at_site(
        made,
        tariff=Tariff(energy_usd_per_kwh=series),
        carbon=Carbon(g_per_kwh=replace(series, value_column="carbon", scale=1.0)),
    )


def shifted(made: Scenario, what: str, max_delay_h: float) -> Ledger:
    measures = (measure("energy", "shift", by=what, max_delay_h=max_delay_h),)
    mix = replace(made.mixes[0], name="test", measures=measures)
    return simulate(apply_mix(replace(made, mixes=(mix,)), "test"), 1)


def usd_and_kg(ledger: Ledger) -> tuple[float, float]:
    meter = ledger.meter
    kwh = meter.facility_w * (meter.stop_s - meter.start_s) / 3.6e6
    return float(kwh @ meter.price_usd_per_kwh), float(kwh @ meter.carbon_g_per_kwh) / 1000.0


def test_without_a_delay_nothing_changes(day_and_night: Scenario) -> None:
    plain = simulate(apply_mix(day_and_night, None), 1)
    still = shifted(day_and_night, "price", 0.0)
    np.testing.assert_equal(asdict(replace(still, wall_s=0.0)), asdict(replace(plain, wall_s=0.0)))


def test_shifting_saves_money_or_carbon_and_costs_waiting(day_and_night: Scenario) -> None:
    plain, cheap, clean = (shifted(day_and_night, *way) for way in (("price", 0.0), ("price", 12.0), ("carbon", 6.0)))
    assert plain.jobs["train"].completed == cheap.jobs["train"].completed == clean.jobs["train"].completed == 8
    usd, kg = usd_and_kg(plain)
    assert usd_and_kg(cheap)[0] < usd
    assert usd_and_kg(clean)[1] < kg
    assert plain.jobs["train"].wait_s.max == 0.0
    # jobs of 9, 12, 15 and 18 h wait until 20 h, and for each other; those before wait too long or not at all
    assert cheap.jobs["train"].wait_s.max == pytest.approx(11 * HOUR_S, rel=0.01)
    assert cheap.jobs["train"].accelerator_s == pytest.approx(plain.jobs["train"].accelerator_s)


def test_jobs_that_wait_for_their_hour_count_as_queued(day_and_night: Scenario) -> None:
    until_noon = replace(day_and_night, horizon_s=12.5 * HOUR_S)
    late = replace(until_noon, jobs=(training(3 * HOUR_S), replace(training(None, 8), name="other")))
    ledger = shifted(late, "carbon", 24.0)
    totals = ledger.jobs["train"]
    assert totals.arrived == 5
    assert totals.arrived == totals.completed + totals.running + totals.queued + totals.rejected
    queued = ledger.meter.jobs_queued["train"]
    assert queued[5 * 60] == 2, "submitted at 0 and 3 h, they wait for the day"
