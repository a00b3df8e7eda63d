"""What must happen to a whole run when a price, a machine or a measure changes in a known way (same seed)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from made import at_site, chat, fixed_time, hot, measure, pool, scenario, training
from relations import equal, lines, mixed, physics, ran, reference
from sim.record.ledger import Ledger
from sim.scenario.specs import (
    Carbon,
    Mix,
    SeriesFile,
    Tariff,
    WeatherSource,
)

# --- prices and carbon: nothing but the lines that hold them ---


@pytest.mark.parametrize("k", [0.0, 0.5, 3.0])
def test_energy_prices_times_k_scale_energy_lines_alone(k: float) -> None:
    (before, plain), (after, scaled) = reference(), ran(at_site(mixed(), tariff=Tariff(energy_usd_per_kwh=0.08 * k)))
    equal(
        replace(before, meter=replace(before.meter, price_usd_per_kwh=before.meter.price_usd_per_kwh * 0.0)),
        replace(after, meter=replace(after.meter, price_usd_per_kwh=after.meter.price_usd_per_kwh * 0.0)),
    )
    assert physics(plain) == physics(scaled)
    assert lines(plain, but_for=["energy"]) == lines(scaled, but_for=["energy"])
    found, expected = lines(scaled), lines(plain)
    for key in (key for key in expected if key[2].startswith("energy")):
        assert found.get(key, 0.0) == pytest.approx(k * expected[key], rel=1e-12)


def test_carbon_times_k_scales_carbon_and_its_price_alone() -> None:
    (_, plain), (_, scaled) = reference(), ran(at_site(mixed(), carbon=Carbon(g_per_kwh=760.0, usd_per_tonne=40.0)))
    assert scaled["carbon_kg"] == pytest.approx(2.0 * plain["carbon_kg"], rel=1e-12)
    assert {**physics(plain), ".carbon_kg": None} == {**physics(scaled), ".carbon_kg": None}
    assert lines(plain, but_for=["carbon"]) == lines(scaled, but_for=["carbon"])
    for key in (key for key in lines(plain) if key[2] == "carbon price"):
        assert lines(scaled)[key] == pytest.approx(2.0 * lines(plain)[key], rel=1e-12)


def test_all_prices_times_k_change_the_currency_alone() -> None:
    made, k = mixed(), 7.0
    economics = made.economics
    dearer = replace(
        made,
        economics=replace(
            economics,
            facility_usd_per_kw=k * economics.facility_usd_per_kw,
            engineer_usd_per_h=k * economics.engineer_usd_per_h,
        ),
        pools=(
            replace(made.pools[0], acquire=replace(made.pools[0].acquire, capex_usd_per_node=k * 280_000.0)),
            replace(made.pools[1], acquire=replace(made.pools[1].acquire, usd_per_accelerator_h=k * 1.1)),
        ),
    )
    dearer = at_site(
        dearer,
        tariff=Tariff(energy_usd_per_kwh=k * 0.08),
        carbon=Carbon(g_per_kwh=380.0, usd_per_tonne=k * 40.0),
        water_usd_per_m3=k * 3.0,
    )
    (_, plain), (_, scaled) = reference(), ran(dearer)
    assert scaled["cost_usd"]["total"] == pytest.approx(k * plain["cost_usd"]["total"], rel=1e-12)
    assert lines(scaled) == pytest.approx({key: k * usd for key, usd in lines(plain).items()}, rel=1e-12)
    assert scaled["efficiency"] == pytest.approx(plain["efficiency"], rel=1e-12)


def test_a_sunk_pool_differs_from_an_owned_one_in_capital_lines_alone() -> None:
    capital = ("capital", "facility")
    results = {}
    for kind in ("own", "sunk"):
        results[kind] = ran(scenario([chat()], [pool(kind=kind)], [training()]))
    equal(results["own"][0], results["sunk"][0])
    own, sunk = results["own"][1], results["sunk"][1]
    assert lines(own, but_for=capital) == lines(sunk)
    assert set(lines(own)) - set(lines(sunk)) == {("h100", "", item) for item in capital}
    assert own["efficiency"] == pytest.approx(sunk["efficiency"], rel=1e-12), "E_compute is a quotient of prices"
    assert physics({**own, "efficiency": None}) == physics({**sunk, "efficiency": None})


def test_a_rented_pool_that_nobody_holds_draws_nothing_and_costs_no_rent() -> None:
    rented = pool("spare", kind="rent", usd_per_accelerator_h=3.0, includes=frozenset({"facility"}))
    ledger, result = ran(scenario([chat()], [pool(), rented]))
    alone, _ = ran(scenario([chat()], [pool()]))
    assert ledger.pools["spare"].it_j == ledger.pools["spare"].allocated_accelerator_s == 0.0
    assert [key for key in lines(result) if key[0] == "spare"] == []
    assert ledger.pools["h100"] == alone.pools["h100"]


def test_rented_accelerators_draw_by_the_time_they_are_held_and_none_is_idle_in_it() -> None:
    """Jobs that begin and end inside the intervals of the meter."""
    ledger, _ = ran(scenario([], [pool(kind="rent")], [training(200.0)]))
    totals, jobs = ledger.pools["h100"], ledger.jobs["train"]
    assert totals.idle_accelerator_j == 0.0
    assert totals.accelerator_j == pytest.approx(jobs.accelerator_j, rel=1e-12)
    node = pool().node
    around_j = (node.cpu_max_w + node.other_w) * jobs.accelerator_s / node.accelerators
    assert totals.it_j > totals.accelerator_j + around_j


def hourly(path: Path, first: str, values: Sequence[float]) -> SeriesFile:
    """A file of hourly values from an hour of a day of July on."""
    day, hour = first.split("T")
    rows = [f"2023-07-{day}T{int(hour) + i:02d}:00:00Z,{value}" for i, value in enumerate(values)]
    path.write_text("\n".join(["at,value", *rows]) + "\n", encoding="utf-8")
    return SeriesFile(path=path, time_column="at", value_column="value", timezone="UTC", scale=1.0)


def test_a_file_of_one_price_and_one_intensity_is_that_price_and_that_intensity(tmp_path: Path) -> None:
    tariff = Tariff(energy_usd_per_kwh=hourly(tmp_path / "price.csv", "01T00", [0.08] * 3))
    carbon = Carbon(g_per_kwh=hourly(tmp_path / "carbon.csv", "01T00", [380.0] * 3), usd_per_tonne=40.0)
    (one, plain), (two, filed) = reference(), ran(at_site(mixed(), tariff=tariff, carbon=carbon))
    assert one.services == two.services
    assert filed["cost_usd"] == pytest.approx(plain["cost_usd"], rel=1e-12)
    assert filed["carbon_kg"] == pytest.approx(plain["carbon_kg"], rel=1e-12)


def test_the_same_day_at_another_date_with_its_prices_changes_nothing(tmp_path: Path) -> None:
    """Constant weather and flat traffic; what varies is the price, hour by hour, and it moves along."""
    made, found = mixed(horizon_s=7200.0), []
    for days in (0, 4):
        name = f"{1 + days:02d}T00"
        price, intensity = ([0.05, 0.21, 0.02], [100.0, 700.0, 300.0])
        moved = at_site(
            replace(made, start=made.start + timedelta(days=days)),
            tariff=Tariff(energy_usd_per_kwh=hourly(tmp_path / f"price-{days}.csv", name, price)),
            carbon=Carbon(g_per_kwh=hourly(tmp_path / f"carbon-{days}.csv", name, intensity), usd_per_tonne=40.0),
        )
        found.append(ran(moved))
    (one, first), (two, second) = found
    equal(one, two)
    assert first["cost_usd"] == second["cost_usd"]
    assert first["carbon_kg"] == second["carbon_kg"]
    for column, values in ((one.meter.price_usd_per_kwh, (0.05, 0.21)), (one.meter.carbon_g_per_kwh, (100.0, 700.0))):
        assert np.array_equal(column, np.where(one.meter.start_s < 3600.0, *values))


# --- work and machines ---


def test_nothing_to_do_takes_idle_energy_alone() -> None:
    node = pool().node
    for made in (scenario(), scenario([chat(0.0, 4)]), scenario([fixed_time(0.0, 4)]), scenario([chat(0.0, 1)])):
        ledger, result = ran(made)
        totals = ledger.pools["h100"]
        replicas = made.services[0].replicas_max if made.services else 0
        idle_j = node.accelerators * node.accelerator.idle_w * 900.0
        lingering_j = (node.accelerator.power.floor_w - node.accelerator.idle_w) * node.accelerator.power.linger_s
        assert totals.accelerator_j == pytest.approx(idle_j + replicas * lingering_j, rel=1e-9)
        assert totals.idle_accelerator_j == pytest.approx(totals.accelerator_j, rel=1e-12)
        assert totals.counted_accelerator_s == totals.best_clock_j == 0.0
        assert result["efficiency"]["compute"] == 0.0
        assert "efficiency" in result["efficiency_not_applicable"]


def test_more_idle_power_takes_that_much_more_for_each_idle_second() -> None:
    def ran_at(idle_w: float) -> Ledger:
        made = pool()
        accelerator = replace(made.node.accelerator, idle_w=idle_w)
        return ran(scenario([], [replace(made, node=replace(made.node, accelerator=accelerator))], [training()]))[0]

    cool, warm = ran_at(75.0), ran_at(95.0)
    idle_s = 7200.0 - cool.pools["h100"].allocated_accelerator_s
    more_j = warm.pools["h100"].idle_accelerator_j - cool.pools["h100"].idle_accelerator_j
    assert more_j == pytest.approx(20.0 * idle_s, rel=1e-9)


@pytest.mark.parametrize("cap_w", [700.0, 5000.0])
def test_a_cap_above_design_power_is_none(cap_w: float) -> None:
    made = replace(mixed(), mixes=(Mix(name="test"),))
    capped = replace(made, mixes=(Mix(name="test", measures=(measure("energy", "power_cap_w", power_cap_w=cap_w),)),))
    equal(ran(made)[0], ran(capped)[0])


def test_a_lower_cap_never_draws_more_and_never_answers_sooner() -> None:
    runs = [
        ran(scenario([chat(40.0, 4)], measures=[measure("energy", "power_cap_w", power_cap_w=cap_w)]))[0]
        for cap_w in (700.0, 600.0, 500.0, 400.0)
    ]
    for higher, lower in pairwise(runs):
        before, after = higher.services["chat"], lower.services["chat"]
        assert lower.meter.pool_it_w["h100"].max() <= higher.meter.pool_it_w["h100"].max()
        for quantity in ("ttft_s", "tpot_s", "e2e_s"):
            assert getattr(after, quantity).mean >= getattr(before, quantity).mean
        assert after.accelerator_j / after.outputs_in_window <= before.accelerator_j / before.outputs_in_window


def test_a_lower_cap_holds_jobs_below_it_and_slows_them() -> None:
    runs = {
        cap_w: ran(scenario(jobs=[training()], measures=[measure("energy", "power_cap_w", power_cap_w=cap_w)]))[0].jobs
        for cap_w in (700.0, 500.0, 420.0)
    }
    turnarounds = [jobs["train"].turnaround_s.mean or 0.0 for jobs in runs.values()]
    assert turnarounds == sorted(turnarounds)
    assert turnarounds[0] < turnarounds[-1]
    for cap_w, jobs in runs.items():
        assert jobs["train"].accelerator_j <= cap_w * jobs["train"].accelerator_s * (1 + 1e-12)


def test_quantising_answers_sooner_with_fewer_joules_and_no_more_accuracy() -> None:
    (plain, before), (narrow, after) = (
        ran(scenario([chat(20.0, 4)], measures=measures))
        for measures in ([], [measure("algorithm", "quantise", quantise="fp8")])
    )
    one, other = plain.services["chat"], narrow.services["chat"]
    assert (one.arrived, one.rejected) == (other.arrived, other.rejected)
    for quantity in ("ttft_s", "tpot_s", "e2e_s"):
        assert getattr(other, quantity).mean < getattr(one, quantity).mean
    assert narrow.pools["h100"].accelerator_j < plain.pools["h100"].accelerator_j
    assert after["services"]["chat"]["accuracy"] <= before["services"]["chat"]["accuracy"]
    assert after["efficiency"]["algorithm"] > before["efficiency"]["algorithm"]


def test_worse_heat_transfer_under_load_lowers_tokens_per_second() -> None:
    loaded = chat(300.0, 8)
    cool, warm = (ran(scenario([loaded], [hot(pool(), factor)], horizon_s=600.0))[1] for factor in (1.0, 2.0))
    tokens = [each["services"]["chat"]["output_tokens_per_s"] for each in (cool, warm)]
    assert tokens[1] < 0.99 * tokens[0]


@pytest.mark.parametrize("plant", ["chilled-water", "direct-liquid", "direct-liquid-dry", "colocation"])
def test_warmer_outdoor_air_never_lowers_facility_energy(plant: str) -> None:
    made = scenario([chat(20.0)], plant=plant, horizon_s=300.0)
    kwh = []
    for dry_bulb_c in range(-20, 45, 4):
        weather = WeatherSource(dry_bulb_c=float(dry_bulb_c), relative_humidity=0.5)
        kwh.append(ran(at_site(made, weather=weather))[1]["energy_kwh"]["facility"])
    assert all(later >= earlier * (1 - 1e-9) for earlier, later in pairwise(kwh))
