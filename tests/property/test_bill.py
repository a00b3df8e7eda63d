"""Laws of the bill on random hours: linear in prices, closed, never negative, and shared without a rest."""

from __future__ import annotations

from dataclasses import replace
from math import fsum

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handmade.runs import (
    ECONOMICS,
    HOUR_S,
    OWN,
    job_totals,
    jobs,
    ledger,
    measure,
    meter,
    pool,
    pool_totals,
    scenario,
    service,
    service_totals,
    site,
)
from sim.economics.costs import FAMILIES, CostLine, cost_lines, cost_terms, total_cost
from sim.economics.efficiency import efficiency
from sim.economics.metering import Metered, metered
from sim.economics.shares import shares
from sim.record.ledger import Ledger
from sim.scenario.specs import Acquire, Carbon, Tariff
from sim.strategies import Plan, apply_mix

POWERS = st.lists(st.floats(0.0, 1e6), min_size=12, max_size=12)
PRICES = st.lists(st.floats(0.0, 2.0), min_size=12, max_size=12)
WINDOWS = st.tuples(st.floats(0.0, 1700.0), st.floats(1800.0, HOUR_S))
SHARES = st.floats(0.0, 1.0)
ACQUIRED = st.sampled_from(
    [
        OWN,
        replace(OWN, kind="sunk"),
        Acquire(kind="rent", usd_per_accelerator_h=2.0),
        Acquire(kind="rent", usd_per_accelerator_h=2.0, includes=frozenset({"energy", "facility"})),
    ]
)
CHARGED = site(
    tariff=Tariff(energy_usd_per_kwh=0.1, demand_usd_per_kw_month=8.0),
    carbon=Carbon(g_per_kwh=400.0, usd_per_tonne=40.0),
)
MEASURES = (
    measure("algorithm", "quantise", quantise="fp8"),
    measure("energy", "power_cap_w", power_cap_w=500.0),
    measure("vertical", "customise", method="lora"),
)


def plan_of(first: Acquire, second: Acquire) -> Plan:
    return apply_mix(
        scenario(
            *MEASURES,
            pools=(pool("h100", acquire=first), pool("l4", "l4-8", nodes=2, acquire=second)),
            services=(service(), service("far", "llama-3.1-8b", pool="l4")),
            jobs=(jobs(),),
            site=CHARGED,
            economics=replace(ECONOMICS, staff_usd_per_y=150_000.0),
        ),
        "lean",
    )


def run_of(big: list[float], small: list[float], window_s: tuple[float, float], prices: list[float]) -> Ledger:
    columns = meter(
        [a + b for a, b in zip(big, small, strict=True)],
        pools={"h100": big, "l4": small},
        services=("chat", "far"),
        jobs=("batch",),
        price_usd_per_kwh=np.array(prices),
    )
    return ledger(
        window_s=window_s,
        meter=columns,
        services={"chat": service_totals(), "far": service_totals()},
        jobs={"batch": job_totals()},
        pools={"h100": pool_totals(), "l4": pool_totals(accelerator_s=16 * HOUR_S)},
    )


def hour(plan: Plan, run: Ledger) -> Metered:
    return metered(run, {name: each.pool for name, each in plan.pools.items()})


def bill(plan: Plan, run: Ledger) -> tuple[CostLine, ...]:
    return cost_lines(plan, run, hour(plan, run))


@given(POWERS, POWERS, WINDOWS, PRICES, ACQUIRED, ACQUIRED)
def test_no_line_is_negative_and_terms_sum_all_lines(
    big: list[float],
    small: list[float],
    window_s: tuple[float, float],
    prices: list[float],
    first: Acquire,
    second: Acquire,
) -> None:
    lines = bill(plan_of(first, second), run_of(big, small, window_s, prices))
    terms = cost_terms(lines)
    assert min(line.usd for line in lines) >= 0.0
    assert set(terms) == set(FAMILIES)
    assert total_cost(terms) == pytest.approx(fsum(line.usd for line in lines), rel=1e-9)


@given(POWERS, POWERS, WINDOWS, PRICES, st.floats(0.0, 50.0))
def test_prices_times_k_scale_the_energy_and_nothing_else(
    big: list[float], small: list[float], window_s: tuple[float, float], prices: list[float], k: float
) -> None:
    plan = plan_of(OWN, OWN)
    before = bill(plan, run_of(big, small, window_s, prices))
    after = bill(plan, run_of(big, small, window_s, [k * price for price in prices]))
    for one, other in zip(before, after, strict=True):
        if one.item.startswith("energy: "):
            assert other.usd == pytest.approx(k * one.usd, rel=1e-9, abs=1e-9)
        else:
            assert other == one


@given(POWERS, POWERS, WINDOWS, PRICES, PRICES)
def test_the_bill_is_linear_in_the_price(
    big: list[float], small: list[float], window_s: tuple[float, float], one: list[float], other: list[float]
) -> None:
    plan = plan_of(OWN, OWN)
    both = [a + b for a, b in zip(one, other, strict=True)]
    first, second, summed, none = (
        total_cost(cost_terms(bill(plan, run_of(big, small, window_s, prices))))
        for prices in (one, other, both, [0.0] * 12)
    )
    assert summed - none == pytest.approx((first - none) + (second - none), rel=1e-9, abs=1e-6)


@given(POWERS, POWERS, WINDOWS)
def test_energy_closes_over_parts_and_over_pools(
    big: list[float], small: list[float], window_s: tuple[float, float]
) -> None:
    plan = plan_of(OWN, OWN)
    whole = hour(plan, run_of(big, small, window_s, [0.1] * 12))
    assert whole.facility_kwh == pytest.approx(whole.it_kwh + whole.cooling_kwh + whole.losses_kwh, rel=1e-9)
    assert sum(each.facility_kwh for each in whole.pools.values()) == pytest.approx(whole.facility_kwh, rel=1e-9)
    assert sum(each.carbon_kg for each in whole.pools.values()) == pytest.approx(whole.carbon_kg, rel=1e-9)
    assert sum(each.water_l for each in whole.pools.values()) == pytest.approx(whole.water_l, rel=1e-9)


@given(POWERS)
def test_the_peak_of_whole_quarters_lies_between_the_mean_and_the_maximum(powers: list[float]) -> None:
    whole = hour(plan_of(OWN, OWN), run_of(powers, [0.0] * 12, (0.0, HOUR_S), [0.1] * 12))
    assert whole.facility_kwh * (1 - 1e-9) <= whole.peak_kw <= max(powers) * 1.3 / 1000 * (1 + 1e-9)


@given(POWERS, POWERS, PRICES, ACQUIRED, ACQUIRED)
def test_services_and_jobs_together_pay_the_whole_bill(
    big: list[float], small: list[float], prices: list[float], first: Acquire, second: Acquire
) -> None:
    plan, run = plan_of(first, second), run_of(big, small, (0.0, HOUR_S), prices)
    lines = bill(plan, run)
    paid = fsum(part.usd for part in shares(plan, run, hour(plan, run), lines).values() if part.usd is not None)
    assert paid == pytest.approx(fsum(line.usd for line in lines), rel=1e-9)


@given(SHARES, SHARES, SHARES, ACQUIRED, ACQUIRED)
def test_factors_stay_within_bounds(
    counted: float, allocated: float, idle: float, first: Acquire, second: Acquire
) -> None:
    held_s = allocated * 8 * HOUR_S
    accelerator_j = 1.2 * 3.6e6
    totals = pool_totals(
        it_j=2.0 * 3.6e6,  # as the meter below says
        allocated_accelerator_s=held_s,
        counted_accelerator_s=counted * held_s,
        accelerator_j=accelerator_j,
        idle_accelerator_j=idle * accelerator_j,
        best_clock_j=(1.0 - idle) * accelerator_j,
    )
    plan = plan_of(first, second)
    run = replace(run_of([2000.0] * 12, [2000.0] * 12, (0.0, HOUR_S), [0.1] * 12), pools={"h100": totals, "l4": totals})
    found = efficiency(plan, run, hour(plan, run), {})
    assert all(0.0 <= factor <= 1.0 for factor in found.factors.values())
