"""Demand charges: the whole window's peak, and peaks inside the periods of a time-of-use tariff."""

from __future__ import annotations

from dataclasses import replace

import pytest

from handmade.runs import HOUR_S, ledger, meter, scenario, site
from sim.economics.costs import cost_lines
from sim.economics.demand import demand_charge_usd, demand_charges_usd
from sim.economics.metering import highest_mean_kw, metered, peak_kw
from sim.record.ledger import Ledger
from sim.scenario.grid_specs import Period, TimeOfUse
from sim.scenario.specs import Scenario, Tariff
from sim.strategies import apply_mix

# the hand-made hour begins at midnight UTC: 20 minutes of night, then day
NIGHT = Period(name="night", usd_per_kwh=0.05, hours=((0.0, 20 / 60),), demand_usd_per_kw_month=2.0)
DAY = Period(name="day", usd_per_kwh=0.2, demand_usd_per_kw_month=12.0, months=frozenset(range(1, 13)))
IT_W = [9000.0] * 3 + [1000.0] + [2000.0] * 4 + [4000.0] * 3 + [1000.0]


def charged(*periods: Period, whole_usd: float = 0.0) -> Scenario:
    prices = TimeOfUse(periods=periods, utc_offset_h=0.0)
    return scenario(site=site(tariff=Tariff(energy_usd_per_kwh=prices, demand_usd_per_kw_month=whole_usd)))


def charges(made: Scenario, run: Ledger) -> dict[str, float]:
    pools = {each.name: each for each in made.pools}
    return demand_charges_usd(made, run, metered(run, pools))


def test_ten_megawatts_flat_for_a_month_pay_150000_usd_at_15_usd_a_kilowatt() -> None:
    assert demand_charge_usd(10_000.0, 15.0, 730 * HOUR_S) == pytest.approx(150_000.0)


def test_each_period_pays_for_the_peak_inside_its_own_hours() -> None:
    run = ledger(meter=meter(IT_W))
    found = charges(charged(NIGHT, DAY, whole_usd=1.0), run)
    month = 1 / 730
    assert found["demand charge"] == pytest.approx(9.0 * 1.3 * 1.0 * month)
    assert found["demand charge: night"] == pytest.approx(9.0 * 1.3 * 2.0 * month)
    assert found["demand charge: day"] == pytest.approx(4.0 * 1.3 * 12.0 * month)


def test_a_charge_is_due_in_its_months_alone() -> None:
    summer = replace(DAY, name="summer", months=frozenset({7}))
    found = charges(charged(summer, NIGHT, DAY), ledger(meter=meter(IT_W)))  # the hour is one of January
    assert set(found) == {"demand charge", "demand charge: night", "demand charge: day"}


def test_a_span_shorter_than_a_quarter_of_an_hour_counts_as_a_whole() -> None:
    columns = meter(IT_W)
    assert highest_mean_kw(columns, [(900.0, 1500.0)]) == pytest.approx(1.5 * 1.3)
    assert highest_mean_kw(columns, [(0.0, HOUR_S)]) == peak_kw(columns, 0.0, HOUR_S)


def test_the_bill_has_a_line_for_each_charge() -> None:
    made, run = charged(NIGHT, DAY), ledger(meter=meter(IT_W))
    plan = apply_mix(made, None)
    pools = {name: each.pool for name, each in plan.pools.items()}
    lines = {line.item: line.usd for line in cost_lines(plan, run, metered(run, pools))}
    wanted = charges(made, run)
    assert {name: lines[name] for name in wanted} == pytest.approx(wanted)
