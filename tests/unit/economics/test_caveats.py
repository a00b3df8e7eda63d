"""Warnings appear where a decision maker needs them, and only there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from handmade.runs import (
    CATALOGUE,
    HOUR_S,
    OWN,
    job_totals,
    jobs,
    ledger,
    meter,
    pool,
    pool_totals,
    scenario,
    service_totals,
    site,
)
from sim.economics.caveats import run_warnings
from sim.economics.metering import metered
from sim.record.ledger import Ledger
from sim.scenario.specs import Acquire, PlantSpec, Scenario, Tariff
from sim.strategies import apply_mix

WEEK_S = 168 * HOUR_S
BUSY = pool_totals(counted_accelerator_s=7 * HOUR_S, allocated_accelerator_s=8 * HOUR_S)


def caveats(run: Ledger, given: Scenario | None = None, assumed: tuple[str, ...] = ()) -> list[str]:
    plan = apply_mix(given or scenario(), None)
    return list(run_warnings(plan, run, metered(run, {name: each.pool for name, each in plan.pools.items()}), assumed))


def about(word: str, run: Ledger, given: Scenario | None = None, assumed: tuple[str, ...] = ()) -> list[str]:
    return [text for text in caveats(run, given, assumed) if word in text]


def test_less_than_a_week_is_scaled_to_a_month_with_a_warning() -> None:
    week = ledger(window_s=(0.0, WEEK_S), meter=meter(rows=168, step_s=HOUR_S))
    assert about("usd_per_month", ledger()) == ["usd_per_month scales 1 h to a month of 730 h: other days may differ"]
    assert about("usd_per_month", week) == []


def test_a_demand_charge_says_how_it_was_charged() -> None:
    charged = scenario(site=site(tariff=Tariff(energy_usd_per_kwh=0.1, demand_usd_per_kw_month=8.0)))
    assert "15-minute peak (5.2 kW), charged for 1 h of a month of 730 h" in about("demand", ledger(), charged)[0]
    assert about("demand", ledger()) == []


@pytest.mark.parametrize(("counted_h", "warned"), [(2.3, True), (2.5, False)])
def test_an_idle_fleet_is_one_that_works_less_than_a_third(counted_h: float, warned: bool) -> None:
    run = ledger(pools={"h100": pool_totals(counted_accelerator_s=counted_h * HOUR_S)})
    assert bool(about("idle fleet", run)) is warned


def test_a_fleet_that_hardly_works_is_not_said_to_do_nothing() -> None:
    run = ledger(pools={"h100": pool_totals(counted_accelerator_s=0.0104 * HOUR_S)})
    assert "only 0.13% of the paid" in about("idle fleet", run)[0]


def test_a_rented_fleet_idles_only_while_it_is_allocated() -> None:
    rented = scenario(pools=(pool(acquire=Acquire(kind="rent", usd_per_accelerator_h=2.0)),))
    assert about("idle fleet", ledger(), rented) == []
    assert about("idle fleet", ledger(), scenario(pools=(pool(acquire=OWN),))) != []


def test_many_unfinished_requests_are_an_overload_and_few_are_only_told() -> None:
    usual, few = service_totals(arrived=101, in_flight=1), service_totals(arrived=104, in_flight=4)
    many = service_totals(arrived=110, in_flight=10)
    assert about("chat", ledger(services={"chat": usual})) == []
    assert about("chat", ledger(services={"chat": few})) == ["chat: 4 of 104 requests unfinished at the end"]
    assert (
        "10 of 110 requests unfinished at the end: it is overloaded or"
        in about("chat", ledger(services={"chat": many}))[0]
    )


def test_a_queue_that_grows_is_an_overload_though_few_are_unfinished() -> None:
    growing = replace(meter(), service_waiting={"chat": np.arange(12.0)})
    steady = replace(meter(), service_waiting={"chat": np.full(12, 50.0)})
    assert about("overloaded", ledger(meter=growing)) != []
    assert about("overloaded", ledger(meter=steady)) == []


def test_nothing_completed_leaves_latencies_undefined() -> None:
    nothing = service_totals(arrived=3, completed=0, in_flight=3)
    assert "no request finished in the measured window" in about("chat", ledger(services={"chat": nothing}))[0]


def test_rejections_and_unfinished_jobs_are_told() -> None:
    given = scenario(jobs=(jobs(),))
    run = ledger(
        services={"chat": service_totals(arrived=102, rejected=2)},
        jobs={"batch": job_totals(arrived=16, rejected=1, running=2, queued=3)},
    )
    assert about("rejected", run, given) == [
        "chat: 2 of 102 requests rejected",
        "batch: 1 of 16 jobs rejected (more accelerators than jobs could ever get)",
    ]
    assert about("jobs unfinished", run, given) == ["batch: 5 of 16 jobs unfinished at the end (3 not started)"]


def test_throttling_is_told_with_its_temperature() -> None:
    hot = ledger(pools={"h100": replace(BUSY, throttled_node_s=7200.0, hottest_c=88.04)})
    assert about("throttled", hot) == ["h100: throttled by heat for 2 node-hours (hottest: 88.0 degC)"]
    assert about("throttled", ledger()) == []


def test_a_stated_pue_is_an_input() -> None:
    stated = scenario(site=replace(site(), plant=PlantSpec(type=CATALOGUE.plant("colocation"), overrides={"pue": 1.2})))
    assert about("PUE", ledger(), stated) == ["PUE 1.2 of plant 'colocation' is an input, not a result"]


def test_unknown_embodied_carbon_is_told() -> None:
    unknown = replace(CATALOGUE.node("hgx-h100-8"), embodied_kg=None)
    assert about("embodied", ledger(), scenario(pools=(replace(pool(), node=unknown),))) != []
    assert about("embodied", ledger()) == []


def test_assumed_figures_that_decide_costs_are_named_first() -> None:
    assumed = ("models.m.layers", "nodes.n.capex_usd", "plants.p.pue")
    (text,) = about("assumed", ledger(), assumed=assumed)
    assert text == "3 inputs are assumed, among them nodes.n.capex_usd, plants.p.pue; provenance.assumed has all"
    assert about("provenance", ledger()) == []


def test_warnings_of_input_and_engine_are_passed_on_once() -> None:
    run = ledger(warnings=("gap of 2 h",))
    assert caveats(run, scenario(warnings=("gap of 2 h",))).count("gap of 2 h") == 1
