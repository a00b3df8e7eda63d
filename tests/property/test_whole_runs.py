"""Laws that every run keeps, from the engine to the result: random small scenarios under random mixes."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from math import isclose, prod
from typing import Any, get_args

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from made import CATALOGUE, at_site, chat, fixed_time, hot, measure, pool, scenario, training
from sim.economics import appraise
from sim.engine import simulate
from sim.record.ledger import Ledger
from sim.scenario.schema.work import JobPolicy
from sim.scenario.specs import (
    Acquire,
    Carbon,
    JobStream,
    Measure,
    PlantSpec,
    Pool,
    Scenario,
    Service,
    Slo,
    Tariff,
    WeatherSource,
)
from sim.strategies import Plan, apply_mix

FAMILIES = ("compute", "algorithm", "efficiency", "vertical")
QUANTILES = ("mean", "p50", "p90", "p99", "max")
SEVERAL_PARTS = 1e-9  # relative, for sums that are made in another order
OVER_THE_CAP = 1.01  # a cap is resolved at the typical context; sequences that hold more draw a little more

ACQUIRED = (
    Acquire(kind="own", capex_usd_per_node=280_000.0, resale_share=0.1),
    Acquire(kind="sunk"),
    Acquire(kind="rent", usd_per_accelerator_h=2.5),
    Acquire(kind="rent", usd_per_accelerator_h=2.5, includes=frozenset({"energy"})),
    Acquire(kind="rent", usd_per_accelerator_h=2.5, includes=frozenset({"facility"})),
    Acquire(kind="rent", usd_per_accelerator_h=2.5, includes=frozenset({"energy", "facility"})),
)
LIQUID = PlantSpec(type=CATALOGUE.plant("direct-liquid"))
MEASURES: tuple[Measure, ...] = (
    measure("compute", "router", router="least-loaded"),
    measure("compute", "router", router="power-of-two"),
    measure("compute", "router", router="consolidate"),
    measure("compute", "admit", queue_max=2),
    measure("compute", "batch_max", batch_max=8),
    measure("compute", "decision_ms", decision_ms=50.0),
    measure("compute", "autoscale", target_utilisation=0.1, scale_down_delay_s=30.0, period_s=7.0),
    measure("algorithm", "distil", distil="llama-3.1-8b"),
    measure("algorithm", "quantise", quantise="fp8"),
    measure("algorithm", "quantise", quantise="int4"),
    measure("energy", "power_cap_w", power_cap_w=400.0),
    measure("energy", "clock_mhz", clock_mhz=1000.0),
    measure("compute", "placement", placement="pack"),
    measure("energy", "sleep", after_s=60.0, wake_s=45.0),
    measure("energy", "shift", by="price", max_delay_h=0.05),
    measure("energy", "oversubscribe", limit_kw=9.0),
    measure("energy", "plant", plant=LIQUID),
    measure("vertical", "customise", method="lora"),
    measure("vertical", "customise", method="rag"),
    measure("vertical", "augment", samples=20_000.0),
    measure("vertical", "specialise", cache={"hit_share": 0.4}),
    measure("vertical", "specialise", early_exit={"share": 0.3}),
)
FIRST = {"to": "llama-3.1-8b", "keep_share": 0.5, "replicas": 1, "replicas_behind": 1}
CASCADE = measure("vertical", "specialise", ("mail",), cascade=FIRST)


RULES: tuple[dict[str, Any], ...] = (
    {"target_utilisation": 0.05, "scale_down_delay_s": 30.0, "idle_s": 20.0},
    {"queue_per_replica": 1.0, "scale_down_delay_s": 15.0, "idle_s": 0.0},
    {"predictive": {"target_utilisation": 0.05, "ahead_s": 60.0}, "scale_down_delay_s": 0.0},
    {"schedule": {"00:00": 2, "00:03": 0, "00:08": 4}, "idle_s": 30.0},
)


@dataclass(frozen=True)
class Run:
    """A scenario's last mix, run and appraised."""

    plan: Plan
    ledger: Ledger
    result: dict[str, Any]


def ran(made: Scenario, seed: int = 1) -> Run:
    plan = apply_mix(made, made.mixes[-1].name)
    ledger = simulate(plan, seed)
    return Run(plan, ledger, appraise(plan, ledger, seed))


@st.composite
def pools(draw: st.DrawFn) -> tuple[Pool, ...]:
    names = ("h100", "other")[: draw(st.integers(1, 2))]
    nodes = st.sampled_from(("hgx-h100-8", "hgx-h100-8", "l40s-8", "generic-1"))
    return tuple(
        hot(
            replace(pool(name, draw(nodes), draw(st.integers(1, 3))), acquire=draw(st.sampled_from(ACQUIRED))),
            draw(st.sampled_from((1.0, 1.0, 2.5))),
        )
        for name in names
    )


@st.composite
def services(draw: st.DrawFn, fleet: tuple[Pool, ...]) -> tuple[Service, ...]:
    """Up to three services that find room on their pools."""
    free = {each.name: [each.node.accelerators] * each.nodes for each in fleet}
    found = []
    for name in ("chat", "mail", "desk")[: draw(st.integers(0, 3))]:
        where, each = draw(st.sampled_from(fleet)).name, draw(st.sampled_from((1, 1, 2)))
        room = sum(node // each for node in free[where])
        if room == 0:
            continue
        most = draw(st.integers(1, min(room, 4)))
        for _ in range(most):
            node = next(n for n, left in enumerate(free[where]) if left >= each)
            free[where][node] -= each
        rate = draw(st.sampled_from((0.0, 0.05, 2.0, 2.0, 20.0, 150.0)))
        promises = Slo(
            ttft_p99_s=draw(st.sampled_from((None, 0.05, 2.0))),
            tpot_p99_s=draw(st.sampled_from((None, 0.1))),
            e2e_p99_s=draw(st.sampled_from((None, None, 2.0))),
        )
        made = fixed_time(rate, most) if name == "desk" else chat(rate, most)
        made = replace(made, name=name, pool=where, tensor_parallel=each, slo=promises)
        if name == "mail":
            made = replace(made, model=CATALOGUE.model("qwen3-14b"))
        found.append(replace(made, replicas_min=draw(st.integers(0, most))))
    return tuple(found)


@st.composite
def jobs(draw: st.DrawFn, fleet: tuple[Pool, ...]) -> tuple[JobStream, ...]:
    where, policy = draw(st.sampled_from(fleet)).name, draw(st.sampled_from(get_args(JobPolicy)))
    return tuple(
        training(
            draw(st.sampled_from((None, 37.0, 111.1))), draw(st.integers(1, 12)), name=name, pool=where, policy=policy
        )
        for name in ("train", "tune")[: draw(st.integers(0, 2))]
    )


@st.composite
def mixes(
    draw: st.DrawFn, served: tuple[Service, ...], fleet: tuple[Pool, ...], submitted: tuple[JobStream, ...]
) -> list[Measure]:
    """Measures that find something to act on, in an order in which they may follow one another."""
    speaking = {service.name for service in served} - {"desk"}
    idle = {
        *(() if served else ("router", "admit", "decision_ms")),
        *(() if any(each.replicas_min < each.replicas_max for each in served) else ("autoscale",)),
        *(() if "mail" in speaking else ("distil",)),
        *(() if speaking else ("batch_max", "quantise", "customise", "augment", "specialise")),
        *(() if submitted else ("shift",)),
        *(("sleep",) if all(each.acquire.kind == "rent" for each in fleet) else ()),
        *(() if [each.nodes for each in fleet if each.node.accelerators == 8] == [2] else ("oversubscribe",)),
    }
    able = [each for each in MEASURES if each.kind not in idle]
    found = sorted(draw(st.lists(st.sampled_from(able), unique_by=lambda each: each.kind)), key=MEASURES.index)
    rule = draw(st.sampled_from(RULES))
    scaled = [replace(each, options=rule) if each.kind == "autoscale" else each for each in found]
    taken = any(each.kind in ("distil", "specialise") for each in found)
    return [*scaled, CASCADE] if not taken and roomy(served, fleet) and draw(st.booleans()) else scaled


def roomy(served: tuple[Service, ...], fleet: tuple[Pool, ...]) -> bool:
    """Whether a smaller model has room before one replica of the service `mail`, which has its pool to itself."""
    found = [each for each in served if each.name == "mail"]
    alone = [each for each in found if [other.pool for other in served].count(each.pool) == 1]
    sizes = {each.name: each.accelerators for each in fleet}
    return any(sizes[each.pool] > each.tensor_parallel for each in alone)


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    fleet = draw(pools())
    served = draw(services(fleet))
    horizon_s = draw(st.sampled_from((0.2501 * 3600.0, 1.1 * 600.0, 61.7, 0.9, 1800.0)))
    warmup_s = draw(st.sampled_from((0.0, 0.0, 0.1 * horizon_s, 333.3, 0.55 * 600.0)))
    submitted = draw(jobs(fleet))
    made = scenario(
        served,
        fleet,
        submitted,
        draw(mixes(served, fleet, submitted)),
        draw(st.sampled_from(("chilled-water", "direct-liquid", "direct-liquid-dry", "colocation"))),
        horizon_s,
        warmup_s=warmup_s if warmup_s < horizon_s else 0.0,
    )
    weather = WeatherSource(dry_bulb_c=draw(st.floats(-20.0, 45.0)), relative_humidity=draw(st.floats(0.1, 1.0)))
    tariff = Tariff(energy_usd_per_kwh=0.1, demand_usd_per_kw_month=draw(st.sampled_from((0.0, 8.0))))
    return at_site(made, weather=weather, tariff=tariff, carbon=Carbon(g_per_kwh=400.0, usd_per_tonne=50.0))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(scenarios())
def test_every_law_holds_on_every_run(made: Scenario) -> None:
    run = ran(made)
    json.dumps(run.result, allow_nan=False)
    work_is_conserved(run)
    money_and_efficiency_add_up(run)
    energy_closes(run)
    accelerators_keep_their_bounds(run)
    figures_that_do_not_exist_are_null(run)


def work_is_conserved(run: Run) -> None:
    for name, each in run.result["services"].items():
        totals = run.ledger.services[name]
        assert each["arrived"] == each["completed"] + each["rejected"] + each["in_flight"]
        assert totals.met <= min(totals.ttft_met, totals.tpot_met, totals.e2e_met) <= totals.completed
        slo = run.plan.deployments[name].service.slo
        if [slo.ttft_p99_s, slo.tpot_p99_s, slo.e2e_p99_s].count(None) >= 2:
            assert totals.met == min(totals.ttft_met, totals.tpot_met, totals.e2e_met)
        assert 0 <= totals.late <= totals.in_flight
        assert totals.busy_accelerator_s <= totals.held_accelerator_s * (1 + SEVERAL_PARTS)
        assert each["slo_attainment"] is None or 0.0 <= each["slo_attainment"] <= 1.0
        assert each["goodput_per_s"] <= each["throughput_per_s"]
        assert each["leanness"] is None or 0.0 < each["leanness"] <= 1.0
        if each["completed"]:
            assert all(each["e2e_s"][q] >= 0.0 for q in QUANTILES)
            assert each["e2e_s"]["p50"] <= each["e2e_s"]["p90"] <= each["e2e_s"]["p99"] <= each["e2e_s"]["max"]
    for name, each in run.result["jobs"].items():
        assert each["arrived"] == each["completed"] + each["running"] + each["queued"] + each["rejected"]
        totals_of_jobs = run.ledger.jobs[name]
        assert totals_of_jobs.kept_accelerator_s <= totals_of_jobs.accelerator_s * (1 + SEVERAL_PARTS)
        assert 0.0 <= each["utilisation"] <= 1.0 + SEVERAL_PARTS


def money_and_efficiency_add_up(run: Run) -> None:
    result = run.result
    cost, factors = result["cost_usd"], result["efficiency"]
    assert isclose(cost["total"], sum(cost[family] for family in FAMILIES), rel_tol=SEVERAL_PARTS)
    assert isclose(cost["total"], sum(line["usd"] for line in result["cost_lines"]), rel_tol=SEVERAL_PARTS)
    assert all(line["usd"] >= 0.0 for line in result["cost_lines"])
    assert isclose(factors["total"], prod(factors[family] for family in FAMILIES), rel_tol=SEVERAL_PARTS)
    assert all(0.0 <= value <= 1.0 for value in factors.values())
    parts = [each["cost_usd"] for each in (*result["services"].values(), *result["jobs"].values())]
    paid = sum(part for part in parts if part is not None)
    held = {name for name, totals in run.ledger.pools.items() if totals.allocated_accelerator_s > 0.0}
    if held == set(run.ledger.pools):
        assert isclose(paid, cost["total"], rel_tol=SEVERAL_PARTS)
    else:
        assert paid <= cost["total"] * (1 + SEVERAL_PARTS)


def energy_closes(run: Run) -> None:
    result, meter, (start_s, stop_s) = run.result, run.ledger.meter, run.ledger.window_s
    seconds = meter.stop_s - meter.start_s
    assert meter.start_s[0] == 0.0
    assert meter.stop_s[-1] == stop_s
    assert np.array_equal(meter.stop_s[:-1], meter.start_s[1:])
    assert seconds.min() > 1e-3, "no interval is as short as a rounding error"
    assert all(np.isfinite(column).all() for column in columns_of(meter))
    assert min(meter.it_w.min(), meter.cooling_w.min(), meter.losses_w.min(), meter.water_l_per_s.min()) >= 0.0
    kwh = result["energy_kwh"]
    assert isclose(kwh["facility"], kwh["it"] + kwh["cooling"] + kwh["losses"], rel_tol=SEVERAL_PARTS)
    it_j = sum(each.it_j for each in run.ledger.pools.values())
    assert isclose(kwh["it"] * 3.6e6, it_j, rel_tol=SEVERAL_PARTS, abs_tol=1e-6)
    assert result["pue"] is None or result["pue"] >= 1.0
    assert isclose(result["carbon_kg"], 0.4 * kwh["facility"], rel_tol=SEVERAL_PARTS)
    assert meter.facility_w.min() <= result["peak_kw"] * 1e3 * (1 + SEVERAL_PARTS)
    assert result["peak_kw"] * 1e3 <= meter.facility_w.max() * (1 + SEVERAL_PARTS)
    if stop_s - start_s <= 900.0:
        mean_kw = kwh["facility"] * 3600.0 / (stop_s - start_s)
        assert isclose(result["peak_kw"], mean_kw, rel_tol=SEVERAL_PARTS)
    assert meter.hottest_c.min() >= meter.supply_c.min()


def columns_of(meter: Any) -> list[Any]:
    columns = [getattr(meter, name) for name in meter.__slots__]
    return [each for column in columns for each in (column.values() if isinstance(column, dict) else (column,))]


def accelerators_keep_their_bounds(run: Run) -> None:
    for name, totals in run.ledger.pools.items():
        each = run.plan.pools[name].pool
        accelerator, rented = each.node.accelerator, each.acquire.kind == "rent"
        ours_s = totals.allocated_accelerator_s if rented else totals.accelerator_s
        limit_w = min(run.plan.pools[name].power_cap_w or accelerator.tdp_w, accelerator.tdp_w)
        idle_s = ours_s - totals.counted_accelerator_s
        assert 0.0 <= totals.counted_accelerator_s <= totals.allocated_accelerator_s * (1 + SEVERAL_PARTS)
        assert totals.allocated_accelerator_s <= totals.accelerator_s * (1 + SEVERAL_PARTS)
        if run.plan.pools[name].sleep is None:
            assert totals.accelerator_j >= accelerator.idle_w * ours_s * (1 - SEVERAL_PARTS) - 1e-6
        most_j = limit_w * OVER_THE_CAP * totals.counted_accelerator_s + accelerator.power.floor_w * idle_s
        assert totals.accelerator_j <= most_j * (1 + SEVERAL_PARTS) + 1e-6
        assert totals.idle_accelerator_j + totals.best_clock_j <= totals.accelerator_j * (1 + SEVERAL_PARTS) + 1e-6
        assert totals.accelerator_j <= totals.it_j * (1 + SEVERAL_PARTS)
        if rented and totals.allocated_accelerator_s == 0.0:
            assert totals.it_j == 0.0
            assert not [line for line in run.result["cost_lines"] if line["pool"] == name and line["item"] == "rent"]


def figures_that_do_not_exist_are_null(run: Run) -> None:
    nothing = dict.fromkeys(QUANTILES)
    for name, each in run.result["services"].items():
        speaks = run.plan.deployments[name].variant.model.family != "fixed-time"
        if not each["completed"]:
            assert each["ttft_s"] == each["tpot_s"] == each["e2e_s"] == nothing
            assert each["usd_per_useful_output"] is None
        if not each["arrived"]:
            assert each["slo_attainment"] is None
        if not speaks:
            assert each["ttft_s"] == each["tpot_s"] == nothing
            assert each["output_tokens_per_s"] is each["accuracy"] is each["j_per_output_token"] is None
    for each in run.result["jobs"].values():
        if not each["completed"]:
            assert each["turnaround_s"] == nothing
            assert each["makespan_s"] is None
        if not each["completed"] + each["running"]:
            assert each["wait_s"] == nothing
    if not run.plan.deployments:
        assert run.result["useful_outputs_per_usd"] is None
        assert set(run.result["efficiency_not_applicable"]) >= {"algorithm", "vertical"}
