"""The bill line by line: who pays what, by how a pool is come by, and what measures cost up front."""

from __future__ import annotations

from dataclasses import replace

import pytest

from handmade.runs import ECONOMICS, HOUR_S, OWN, ledger, measure, pool, pool_totals, scenario, site
from sim.economics.capital import hourly_price
from sim.economics.costs import CostLine, cost_lines, cost_terms, total_cost
from sim.economics.metering import metered
from sim.record.ledger import Ledger
from sim.scenario.specs import Acquire, Carbon, PlantSpec, Scenario, Tariff
from sim.strategies import Plan, apply_mix
from sim.strategies.plan import UpFront

CRF_3, CRF_15 = 0.3880335140, 0.1168295449  # 8 %
RENT = Acquire(kind="rent", usd_per_accelerator_h=2.0)


def bill(plan: Plan, run: Ledger | None = None) -> tuple[CostLine, ...]:
    run = run or ledger()
    return cost_lines(plan, run, metered(run, {name: each.pool for name, each in plan.pools.items()}))


def items(plan: Plan, run: Ledger | None = None) -> dict[str, float]:
    return {line.item: line.usd for line in bill(plan, run) if line.usd}


def with_acquire(acquire: Acquire) -> Scenario:
    return scenario(pools=(pool(acquire=acquire),))


def test_an_owned_pool_is_paid_whether_used_or_not() -> None:
    price = hourly_price(pool(), ECONOMICS)
    paid = items(apply_mix(scenario(), None))
    assert paid == pytest.approx(
        {
            "capital": 8 * price.capital,
            "maintenance": 8 * price.maintenance,
            "facility": 8 * price.facility,
            "energy: it": 0.4,
            "energy: cooling": 0.1,
            "energy: losses": 0.02,
            "water": 0.0108,
        }
    )


def test_a_rented_pool_is_paid_while_allocated() -> None:
    paid = items(apply_mix(with_acquire(RENT), None))
    assert paid["rent"] == pytest.approx(4 * 2.0)
    assert paid["facility"] == pytest.approx(8 * hourly_price(pool(), ECONOMICS).facility)
    assert "capital" not in paid


def test_a_reserved_pool_is_paid_whether_used_or_not() -> None:
    paid = items(apply_mix(with_acquire(replace(RENT, kind="reserved")), None))
    assert paid["rent"] == pytest.approx(8 * 2.0)
    assert "capital" not in paid


def test_a_rent_that_includes_all_is_the_only_line() -> None:
    acquire = replace(RENT, includes=frozenset({"energy", "facility"}))
    assert items(apply_mix(with_acquire(acquire), None)) == pytest.approx({"rent": 8.0})


def test_a_rent_that_includes_energy_frees_the_demand_charge_and_the_carbon_price_too() -> None:
    charged = site(
        tariff=Tariff(energy_usd_per_kwh=0.1, demand_usd_per_kw_month=10.0),
        carbon=Carbon(g_per_kwh=400.0, usd_per_tonne=50.0),
    )
    acquire = replace(RENT, includes=frozenset({"energy"}))
    paid = items(apply_mix(scenario(pools=(pool(acquire=acquire),), site=charged), None))
    assert set(paid) == {"rent", "facility", "water"}


def test_a_sunk_pool_costs_no_capital_but_runs_on_money() -> None:
    paid = items(apply_mix(with_acquire(replace(OWN, kind="sunk")), None))
    assert set(paid) == {"maintenance", "energy: it", "energy: cooling", "energy: losses", "water"}


def test_demand_carbon_and_staff_are_charged_for_the_window() -> None:
    charged = site(
        tariff=Tariff(energy_usd_per_kwh=0.1, demand_usd_per_kw_month=10.0),
        carbon=Carbon(g_per_kwh=400.0, usd_per_tonne=50.0),
    )
    paid = items(apply_mix(scenario(site=charged, economics=replace(ECONOMICS, staff_usd_per_y=87_600.0)), None))
    assert paid["demand charge"] == pytest.approx(5.2 * 10 / 730)
    assert paid["carbon price"] == pytest.approx(2.08e-3 * 50)
    assert paid["staff"] == pytest.approx(10.0)


def test_a_measure_is_recovered_over_its_life() -> None:
    plan = apply_mix(scenario(measure("algorithm", "quantise", quantise="fp8")), "lean")
    lines = {line.item: line for line in bill(plan) if line.family == "algorithm" and line.usd}
    hourly = hourly_price(pool(), ECONOMICS).all_in
    assert lines["quantise fp8: engineers"].usd == pytest.approx(40 * 120 * CRF_3 / 8760)
    assert lines["quantise fp8: accelerators"].usd == pytest.approx(0.5 * hourly * CRF_3 / 8760)
    assert {line.service for line in lines.values()} == {"chat"}


def test_a_retrofit_leaves_the_old_plant_and_adds_the_new_one() -> None:
    plant = PlantSpec(type=site().plant.type, overrides={"pue": 1.1})
    before = items(apply_mix(scenario(), None))
    after = bill(apply_mix(scenario(measure("energy", "plant", plant=plant)), "lean"))
    compute = {line.item: line.usd for line in after if line.family == "compute" and line.usd}
    efficiency = {line.item: line.usd for line in after if line.family == "efficiency" and line.usd}
    assert compute == before
    assert efficiency == pytest.approx(
        {
            "plant colocation: capital": 10.2 * 2500 * CRF_15 / 8760,
            "plant colocation: engineers": 400 * 120 * CRF_15 / 8760,
        }
    )


def test_a_retrofit_leaves_out_pools_in_another_building() -> None:
    away = Acquire(kind="rent", usd_per_accelerator_h=2.0, includes=frozenset({"facility"}))
    plan = replace(
        apply_mix(with_acquire(away), None),
        upfront=(UpFront(family="efficiency", measure="plant", capital_usd_per_kw=1000.0),),
    )
    assert "plant: capital" not in items(plan)


def test_data_and_capital_are_lines_of_their_own() -> None:
    cost = UpFront(family="vertical", measure="m", data_usd=8760.0, capital_usd=17520.0, life_y=1.0)
    paid = items(replace(apply_mix(scenario(), None), upfront=(cost,)))
    assert (paid["m: data"], paid["m: capital"]) == pytest.approx((1.08, 2.16))


def test_accelerator_hours_of_a_measure_cost_the_rent_of_its_pool() -> None:
    acquire = replace(RENT, includes=frozenset({"energy", "facility"}))
    cost = UpFront(family="algorithm", measure="m", accelerator_h=8760.0, pool="h100", life_y=1.0)
    paid = items(replace(apply_mix(with_acquire(acquire), None), upfront=(cost,)))
    assert paid["m: accelerators"] == pytest.approx(2.0 * 1.08)


def test_an_idle_rented_pool_costs_no_rent() -> None:
    idle = ledger(pools={"h100": pool_totals(allocated_accelerator_s=0.0, counted_accelerator_s=0.0)})
    assert "rent" not in items(apply_mix(with_acquire(RENT), None), idle)


def test_two_hours_cost_twice_as_much() -> None:
    half = ledger(window_s=(0.0, HOUR_S / 2))
    plan = apply_mix(scenario(measure("algorithm", "quantise", quantise="fp8")), "lean")
    half_usd, whole_usd = (total_cost(cost_terms(bill(plan, run))) for run in (half, ledger()))
    assert whole_usd == pytest.approx(2 * half_usd)


def test_terms_sum_the_lines_of_their_family() -> None:
    lines = (
        CostLine(family="compute", item="a", usd=1.0),
        CostLine(family="compute", item="b", usd=2.0),
        CostLine(family="vertical", item="c", usd=4.0),
    )
    assert cost_terms(lines) == {"compute": 3.0, "algorithm": 0.0, "efficiency": 0.0, "vertical": 4.0}
