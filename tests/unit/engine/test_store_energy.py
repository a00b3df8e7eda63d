"""The battery of a site: what two prices earn, peaks that it shaves, energy that closes, and none of it at 0 kWh."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from made import at_site, chat, measure, pool, scenario
from sim.economics import appraise
from sim.engine import simulate
from sim.engine.store_energy import Storage
from sim.errors import ScenarioError
from sim.grid import StepSignal
from sim.record.kept import pack, unpack
from sim.record.ledger import Ledger
from sim.scenario.grid_specs import Period, TimeOfUse
from sim.scenario.specs import Scenario, Tariff
from sim.strategies import apply_mix
from sim.strategies.plan import Plan

DAY_S = 86_400.0
HIGH = Period(name="high", usd_per_kwh=0.4, hours=((16.0, 20.0),))
LOW = Period(name="low", usd_per_kwh=0.1)
CLOCK = Tariff(energy_usd_per_kwh=TimeOfUse(periods=(HIGH, LOW), utc_offset_h=0.0), demand_usd_per_kw_month=10.0)


def site_of_two_prices(horizon_s: float = 2 * DAY_S, **battery: Any) -> Scenario:
    """An idle node under a tariff with two prices; mix `test` has a battery."""
    made = scenario(measures=[measure("energy", "battery", **battery)], horizon_s=horizon_s)
    return at_site(made, tariff=CLOCK)


def ran(made: Scenario, mix: str = "test") -> tuple[Plan, Ledger, dict[str, Any]]:
    plan = apply_mix(made, mix)
    ledger = simulate(plan, seed=1)
    return plan, ledger, appraise(plan, ledger, 1)


def lines(result: dict[str, Any]) -> dict[str, float]:
    return {line["item"]: line["usd"] for line in result["cost_lines"]}


def balance_kwh(plan: Plan, ledger: Ledger) -> None:
    """Every interval closes: the grid gives what the building takes and what is stored."""
    meter, battery = ledger.meter, plan.battery
    seconds = meter.stop_s - meter.start_s
    lowest_j = (1.0 - battery.depth) * battery.capacity_j
    grown_j = np.diff(np.append(lowest_j, meter.stored_j))
    scale = np.abs(meter.grid_w * seconds).max()
    assert np.abs(meter.grid_w * seconds - meter.facility_w * seconds - grown_j).max() <= 1e-9 * scale
    parts = meter.it_w + meter.cooling_w + meter.losses_w
    assert np.abs(meter.facility_w - parts).max() <= 1e-9 * meter.facility_w.max()


def test_two_prices_earn_what_the_closed_form_says() -> None:
    kwh, spread_days = 2.0, 2
    made = site_of_two_prices(kwh=kwh, kw=1.0, depth=0.9, usd_per_kwh=0.0)
    plan, ledger, result = ran(made)
    _, _, plain = ran(made, "baseline")
    balance_kwh(plan, ledger)
    usable = kwh * 0.9
    # a cycle a day; the second night's charge stays in the store at the end of the run
    earned = spread_days * usable * 0.95 * 0.4 - 2 * usable / 0.95 * 0.1
    stored = result["grid"]["battery"]["stored_change_kwh"]
    saved = sum(lines(plain)[each] for each in lines(plain) if each.startswith("energy")) - sum(
        usd for item, usd in lines(result).items() if item.startswith("energy")
    )
    assert saved == pytest.approx(earned - stored / 0.95 * 0.1, rel=1e-9)
    assert result["grid"]["battery"]["cycles"] == pytest.approx(spread_days)


def test_charge_stays_within_its_depth_and_power_within_its_rating() -> None:
    plan, ledger, result = ran(site_of_two_prices(kwh=3.0, kw=1.5, depth=0.8))
    used = result["grid"]["battery"]
    assert used["lowest_charge"] == pytest.approx(0.2)
    assert used["highest_charge"] == pytest.approx(1.0)
    assert 0.0 <= used["lowest_charge"] <= used["highest_charge"] <= 1.0
    assert np.abs(ledger.meter.battery_w).max() <= 1500.0
    assert used["charged_kwh"] == pytest.approx(
        used["discharged_kwh"] + used["loss_kwh"] + used["stored_change_kwh"], rel=1e-9
    )
    assert ledger.meter.grid_w.min() >= 0.0
    balance_kwh(plan, ledger)


def test_a_battery_without_capacity_changes_nothing_to_the_last_bit() -> None:
    made = site_of_two_prices(horizon_s=DAY_S / 4, kwh=0.0)
    _, without, plain = ran(made, "baseline")
    _, with_none, same = ran(made)
    for name in ("facility_w", "losses_w", "grid_w", "battery_w", "stored_j"):
        assert np.array_equal(getattr(without.meter, name), getattr(with_none.meter, name))
    for name in ("cost_usd", "cost_lines", "energy_kwh", "carbon_kg", "peak_kw", "pue", "efficiency", "grid"):
        assert plain[name] == same[name]
    assert same["grid"]["battery"] is None


def test_shaving_peaks_holds_the_meter_at_the_target_and_lowers_the_demand_charge() -> None:
    busy = [chat(rate_per_s=1.0, replicas=4)]
    plain = scenario(busy, [pool()], horizon_s=7200.0)
    facility_kw = simulate(apply_mix(plain, None), 1).meter.facility_w / 1e3
    target_kw = float(np.quantile(facility_kw, 0.6))
    made = scenario(
        busy,
        [pool()],
        horizon_s=7200.0,
        measures=[measure("energy", "battery", kwh=20.0, dispatch="peak", target_kw=target_kw)],
    )
    made = at_site(made, tariff=CLOCK)
    plan, ledger, result = ran(made)
    _, _, before = ran(made, "baseline")
    over = ledger.meter.grid_w > 1e3 * target_kw * (1 + 1e-9)
    assert not (over & (ledger.meter.stored_j > plan.battery.capacity_j * 0.101)).any()
    assert result["peak_kw"] < before["peak_kw"]
    assert lines(result)["demand charge"] < lines(before)["demand charge"]
    balance_kwh(plan, ledger)


def test_capital_and_wear_are_efficiency_cost() -> None:
    _, _, result = ran(site_of_two_prices(kwh=2.0, kw=1.0, usd_per_kwh=0.1, cycles=500.0))
    found = lines(result)
    assert found["battery 2 kWh: capital"] > 0.0
    assert found["battery: wear"] > 0.0  # a cycle a day ends it in 1.4 years, the calendar in 15
    assert result["cost_usd"]["efficiency"] == pytest.approx(
        sum(usd for item, usd in found.items() if item.startswith("battery"))
    )
    _, _, dear = ran(site_of_two_prices(kwh=2.0, kw=1.0, usd_per_kwh=300.0, cycles=500.0))
    assert dear["grid"]["battery"]["cycles"] == 0.0  # .67 USD of wear for a kWh: it rests
    _, _, lasting = ran(site_of_two_prices(kwh=2.0, kw=1.0))
    assert "battery: wear" not in lines(lasting)


def test_it_knows_the_day_and_not_the_next_one() -> None:
    hours = np.array([0.1] * 24 + [0.1] * 12 + [0.5] * 12)
    later = hours.copy()
    later[24:] = 9.0
    kept = []
    for values in (hours, later):
        made = site_of_two_prices(kwh=2.0, kw=1.0)
        series = StepSignal.of([3600.0 * hour for hour in range(48)], values.tolist())
        plan = apply_mix(made, "test")
        kept.append(_through(plan, series))
    assert np.array_equal(kept[0][:96], kept[1][:96])


def _through(plan: Plan, price: StepSignal) -> np.ndarray:
    storage = Storage(plan, price, StepSignal.of([0.0], [400.0]))
    return np.array([storage.settle(900.0 * k, 900.0 * (k + 1), 3000.0).power_w for k in range(192)])


def test_a_ledger_read_back_has_the_battery_in_it() -> None:
    _, ledger, _ = ran(site_of_two_prices(horizon_s=DAY_S / 4, kwh=2.0, kw=1.0))
    back = unpack(pack(ledger))
    assert np.array_equal(back.meter.stored_j, ledger.meter.stored_j)
    assert np.array_equal(back.meter.grid_w, ledger.meter.grid_w)


def test_a_site_with_a_battery_takes_no_second_one() -> None:
    made = site_of_two_prices(kwh=2.0)
    battery = apply_mix(made, "test").battery
    with pytest.raises(ScenarioError, match="the site has a battery already"):
        apply_mix(replace(made, site=replace(made.site, battery=battery)), "test")
    standing = apply_mix(replace(made, site=replace(made.site, battery=battery)), "baseline")
    assert standing.battery == battery
    assert [each.capital_usd for each in standing.upfront] == [600.0]
