"""The four factors of E by hand, what weighs in each, and that none is ever cut to fit."""

from __future__ import annotations

from dataclasses import replace

import pytest

from handmade.runs import (
    ECONOMICS,
    HOUR_S,
    fixed_time_service,
    ledger,
    pool,
    pool_totals,
    scenario,
    service,
    service_totals,
)
from sim.economics.capital import hourly_price
from sim.economics.efficiency import (
    efficiency,
    energy_of_the_work,
    mean_leanness,
    paid_time_used,
    target_reached,
)
from sim.economics.leanness import Leanness
from sim.economics.metering import metered
from sim.errors import InvariantError
from sim.scenario.specs import Acquire
from sim.strategies import apply_mix

RENT = Acquire(kind="rent", usd_per_accelerator_h=2.0)
PLAN = apply_mix(scenario(), None)
LEAN = {"chat": Leanness(reference="small/fp8", reference_s=0.001, used_s=0.004)}


def test_owned_time_is_paid_whole() -> None:
    assert paid_time_used(PLAN, ledger()) == pytest.approx(2 / 8)


def test_rented_time_is_paid_while_allocated() -> None:
    plan = apply_mix(scenario(pools=(pool(acquire=RENT),)), None)
    assert paid_time_used(plan, ledger()) == pytest.approx(2 / 4)


def test_a_dear_pool_weighs_more_than_a_cheap_one() -> None:
    pools = (pool(), pool("cheap", "l4-8", acquire=replace(RENT, usd_per_accelerator_h=0.5)))
    run = ledger(
        pools={
            "h100": pool_totals(counted_accelerator_s=8 * HOUR_S, allocated_accelerator_s=8 * HOUR_S),
            "cheap": pool_totals(counted_accelerator_s=0.0, allocated_accelerator_s=8 * HOUR_S),
        }
    )
    dear, cheap = (hourly_price(each, ECONOMICS).all_in for each in pools)
    used = paid_time_used(apply_mix(scenario(pools=pools), None), run)
    assert used == pytest.approx(dear / (dear + cheap))
    assert dear > cheap


def test_nothing_paid_is_not_applicable() -> None:
    free = replace(RENT, usd_per_accelerator_h=0.0, includes=frozenset({"facility"}))
    assert paid_time_used(apply_mix(scenario(pools=(pool(acquire=free),)), None), ledger()) is None


def test_leanness_weighs_services_by_the_time_their_outputs_take() -> None:
    lean = {**LEAN, "other": Leanness(reference="r", reference_s=0.002, used_s=0.002)}
    run = ledger(
        services={"chat": service_totals(outputs_in_window=1000), "other": service_totals(outputs_in_window=3000)}
    )
    assert mean_leanness(run, lean) == pytest.approx((1000 * 0.001 + 3000 * 0.002) / (1000 * 0.004 + 3000 * 0.002))
    assert mean_leanness(run, {}) is None


def test_energy_of_the_work_leaves_idle_accelerators_out() -> None:
    run = ledger()  # facility 5.2, IT 4 kWh; accelerators 2.4, of which 1.6 idle; best clock 0.6; 2 of 8 h counted
    meter, plan = metered(run, {"h100": pool()}), apply_mix(scenario(), None)
    idle_it_kwh = 1.6 + (4.0 - 2.4) * (1 - 2 / 8)
    assert energy_of_the_work(plan, run, meter) == pytest.approx(0.6 / (5.2 * (1 - idle_it_kwh / 4.0)))


def test_without_work_its_energy_is_not_applicable() -> None:
    run = ledger(pools={"h100": pool_totals(idle_accelerator_j=2.4 * 3.6e6, best_clock_j=0.0)})
    assert energy_of_the_work(apply_mix(scenario(), None), run, metered(run, {"h100": pool()})) is None


def test_the_target_is_weighted_by_requests_completed_and_cut_at_one() -> None:
    plan = apply_mix(scenario(services=(service(), service("eight", "llama-3.1-8b"))), None)
    run = ledger(services={"chat": service_totals(completed=30), "eight": service_totals(completed=10)})
    mean = (30 * 0.793 + 10 * 0.667) / 40 / 0.85
    assert target_reached(plan, run, cut=True) == target_reached(plan, run, cut=False) == pytest.approx(mean)
    better = replace(
        plan, deployments={name: replace(each, ungated_gain=1.1) for name, each in plan.deployments.items()}
    )
    assert target_reached(better, run, cut=True) == 1.0
    assert target_reached(better, run, cut=False) == pytest.approx(1.1)


def test_fixed_time_services_have_no_target() -> None:
    plan = apply_mix(scenario(services=(fixed_time_service(),)), None)
    assert target_reached(plan, ledger(services={"queue": service_totals()}), cut=True) is None


def test_factors_that_do_not_apply_are_one_and_named() -> None:
    plan = apply_mix(scenario(services=()), None)
    run = ledger(services={})
    found = efficiency(plan, run, metered(run, {"h100": pool()}), {})
    assert found.not_applicable == ("algorithm", "vertical")
    assert (found.factors["algorithm"], found.factors["vertical"], found.accuracy_over_target) == (1.0, 1.0, None)
    assert found.total == pytest.approx(found.factors["compute"] * found.factors["efficiency"])


def test_a_factor_above_one_is_a_defect() -> None:
    run = ledger(pools={"h100": pool_totals(best_clock_j=1e9)})
    with pytest.raises(InvariantError, match="efficiency factor of the efficiency family"):
        efficiency(PLAN, run, metered(run, {"h100": pool()}), LEAN)


def test_the_last_digit_of_a_whole_quotient_is_not_a_defect() -> None:
    full = pool_totals(counted_accelerator_s=8 * HOUR_S * (1 + 1e-15), allocated_accelerator_s=8 * HOUR_S)
    run = ledger(pools={"h100": full})
    assert efficiency(PLAN, run, metered(run, {"h100": pool()}), LEAN).factors["compute"] == 1.0
