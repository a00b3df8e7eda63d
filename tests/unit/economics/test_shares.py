"""Who pays for a shared pool, for his own measures, and for what belongs to all."""

from __future__ import annotations

from dataclasses import replace

import pytest

from handmade.runs import HOUR_S, job_totals, jobs, ledger, meter, pool, pool_totals, scenario, service, service_totals
from sim.economics.costs import CostLine
from sim.economics.metering import Metered, metered
from sim.economics.shares import shares
from sim.record.ledger import Ledger
from sim.strategies import Plan, apply_mix

SHARED = apply_mix(scenario(services=(service(), service("eight")), jobs=(jobs(),)), None)
RUN = ledger(
    services={
        "chat": service_totals(held_accelerator_s=4 * HOUR_S, accelerator_j=100.0),
        "eight": service_totals(held_accelerator_s=1 * HOUR_S, accelerator_j=100.0),
    },
    jobs={"batch": job_totals(accelerator_s=3 * HOUR_S, accelerator_j=600.0)},
)
LINES = (
    CostLine(family="compute", item="pool", usd=16.0, pool="h100"),
    CostLine(family="compute", item="staff", usd=8.0),
    CostLine(family="algorithm", item="own", usd=5.0, service="eight"),
)


def hour(plan: Plan, run: Ledger) -> Metered:
    return metered(run, {name: each.pool for name, each in plan.pools.items()})


def test_a_pool_is_paid_by_time_held_and_own_measures_alone() -> None:
    parts = shares(SHARED, RUN, hour(SHARED, RUN), LINES)
    usd = {name: part.usd for (_, name), part in parts.items()}
    assert usd == pytest.approx({"chat": 12.0, "eight": 3.0 + 5.0, "batch": 9.0})
    assert sum(filter(None, usd.values())) == pytest.approx(sum(line.usd for line in LINES))


def test_energy_is_shared_by_joules() -> None:
    parts = shares(SHARED, RUN, hour(SHARED, RUN), LINES)
    kwh = {name: part.facility_kwh for (_, name), part in parts.items()}
    assert kwh == pytest.approx({"chat": 5.2 / 8, "eight": 5.2 / 8, "batch": 5.2 * 6 / 8})


def test_another_pool_is_not_paid_for() -> None:
    plan = apply_mix(scenario(pools=(pool(), pool("b")), services=(service(), service("far", pool="b"))), None)
    columns = meter(pools={"h100": [3000.0] * 12, "b": [1000.0] * 12}, services=("chat", "far"))
    run = ledger(
        meter=columns,
        services={"chat": service_totals(), "far": service_totals(held_accelerator_s=12 * HOUR_S)},
        pools={"h100": pool_totals(), "b": pool_totals()},
    )
    lines = (*LINES[:2], CostLine(family="compute", item="pool", usd=7.0, pool="b"))
    parts = shares(plan, run, hour(plan, run), lines)
    assert parts[True, "chat"].usd == pytest.approx(16.0 + 8.0 * 4 / 16)
    assert parts[True, "far"].usd == pytest.approx(7.0 + 8.0 * 12 / 16)
    assert parts[True, "far"].facility_kwh == pytest.approx(1.3)


def test_a_service_that_held_nothing_in_an_unheld_pool_has_no_cost() -> None:
    run = ledger(services={"chat": service_totals(held_accelerator_s=0.0, accelerator_j=0.0)})
    plan = apply_mix(scenario(), None)
    part = shares(plan, run, hour(plan, run), LINES)[True, "chat"]
    assert (part.usd, part.facility_kwh) == (None, None)


def test_a_service_and_a_stream_of_jobs_may_have_the_same_name() -> None:
    plan = apply_mix(scenario(jobs=(jobs("chat"),)), None)
    run = replace(RUN, services={"chat": RUN.services["chat"]}, jobs={"chat": RUN.jobs["batch"]})
    parts = shares(plan, run, hour(plan, run), LINES[:1])
    assert (parts[True, "chat"].usd, parts[False, "chat"].usd) == pytest.approx((16 * 4 / 7, 16 * 3 / 7))
