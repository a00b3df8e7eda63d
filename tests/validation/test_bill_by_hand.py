"""The bill of two shipped scenarios worked out by hand from meter, totals, scenario and catalogue.

Everything here is written out a second time in plain Python, in other forms than the program's own where there are
any; nothing of `sim.economics` is used but the result that is checked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from math import inf, prod
from pathlib import Path
from typing import Any

import pytest

from sim.catalog import Catalogue
from sim.catalog.entries import AIModel, Precision
from sim.economics import appraise
from sim.engine import simulate
from sim.errors import ScenarioError
from sim.models.serving import serving_tables
from sim.models.variant import Variant
from sim.record.ledger import Ledger
from sim.scenario import load
from sim.scenario.specs import Pool, Service
from sim.strategies import Plan, apply_mix

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = Catalogue.built_in()
EQUAL = 1e-9
YEAR_H, MONTH_H = 8760.0, 730.0
FAMILIES = ("compute", "algorithm", "efficiency", "vertical")
PARTS = ("it", "cooling", "losses")
CHARGES = (
    "economics.staff_usd_per_y=150000",
    "site.carbon.usd_per_tonne=65",
    "site.water_usd_per_m3=4",
    "site.tariff.demand_usd_per_kw_month=9",
)
CASES: dict[str, tuple[str, tuple[str, ...], str]] = {
    "chatbot at noon, all measures": (
        "chatbot",
        ("horizon_h=2", "start=2023-07-05T12:00:00-06:00", *CHARGES),
        "all-four",
    ),
    "chatbot at night, another plant": ("chatbot", ("horizon_h=2", *CHARGES), "cooler"),
    "shared with jobs, after a warm-up": ("serve-and-train", ("horizon_h=9.1", *CHARGES), "scaled-fp8"),
    "rented without energy": (
        "chatbot",
        ("horizon_h=0.51", "pools.rented.acquire.rent.includes=[facility]", "warmup_h=0.2", *CHARGES),
        "scaled",
    ),
}


@dataclass(frozen=True)
class Case:
    """One run, and what it says of itself."""

    plan: Plan
    ledger: Ledger
    result: dict[str, Any]

    @property
    def hours(self) -> float:
        start_s, stop_s = self.ledger.window_s
        return (stop_s - start_s) / 3600.0

    @property
    def rows(self) -> list[tuple[int, float]]:
        """Rows of the meter inside the window, with their seconds."""
        meter, (start_s, stop_s) = self.ledger.meter, self.ledger.window_s
        inside = [i for i, begin in enumerate(meter.start_s) if start_s <= begin < stop_s]
        return [(i, float(meter.stop_s[i] - meter.start_s[i])) for i in inside]

    def pool(self, name: str) -> Pool:
        return self.plan.pools[name].pool


@cache
def case(name: str) -> Case:
    scenario, settings, mix = CASES[name]
    plan = apply_mix(load(ROOT / "scenarios" / f"{scenario}.yaml", list(settings)), mix)
    ledger = simulate(plan, 1)
    return Case(plan, ledger, appraise(plan, ledger, 1))


every_case = pytest.mark.parametrize("run", [pytest.param(name, id=name) for name in CASES])


def same(found: Any, expected: Any) -> None:
    assert found == pytest.approx(expected, rel=EQUAL, abs=0.0 if expected else 1e-12)


# --- energy, water, carbon, peak --------------------------------------------------------------------------------------


def kwh(run: Case, part: str) -> float:
    column = getattr(run.ledger.meter, f"{part}_w")
    return sum(float(column[i]) * seconds for i, seconds in run.rows) / 3.6e6


def shares_of(run: Case, pool: str) -> list[float]:
    """The pool's share of the IT power in each row of the window."""
    columns = run.ledger.meter.pool_it_w
    return [float(columns[pool][i]) / sum(float(each[i]) for each in columns.values()) for i, _ in run.rows]


def pool_sum(run: Case, pool: str, column: Any, weight: Any = None) -> float:
    """Sum over the window of share x column x seconds (x weight)."""
    weights = [1.0] * len(column) if weight is None else weight
    parts = zip(run.rows, shares_of(run, pool), strict=True)
    return sum(share * float(column[i]) * seconds * float(weights[i]) for (i, seconds), share in parts)


def highest_quarter_of_an_hour_kw(run: Case) -> float:
    """Every window of 15 minutes that begins or ends where the power changes, one after another."""
    meter, (start_s, stop_s) = run.ledger.meter, run.ledger.window_s
    rows = [(float(meter.start_s[i]), float(meter.stop_s[i]), float(meter.facility_w[i])) for i, _ in run.rows]
    span_s = min(900.0, stop_s - start_s)
    edges = [edge for begin, end, _ in rows for edge in (begin, end)]
    begins = [begin for edge in edges for begin in (edge, edge - span_s) if start_s <= begin <= stop_s - span_s]

    def mean_w(begin_s: float) -> float:
        end_s = begin_s + span_s
        return sum(max(min(end, end_s) - max(begin, begin_s), 0.0) * watts for begin, end, watts in rows) / span_s

    return max(mean_w(begin) for begin in begins) / 1000.0


@every_case
def test_energy_and_its_ratios(run: str) -> None:
    this, result = case(run), case(run).result
    meter = this.ledger.meter
    for part in (*PARTS, "facility"):
        same(result["energy_kwh"][part], kwh(this, part))
    same(kwh(this, "facility"), sum(kwh(this, part) for part in PARTS))
    litres = sum(float(meter.water_l_per_s[i]) * seconds for i, seconds in this.rows)
    same(result["water_l"], litres)
    same(result["pue"], kwh(this, "facility") / kwh(this, "it"))
    same(result["wue_l_per_kwh"], litres / kwh(this, "it"))
    same(sum(pool.it_j for pool in this.ledger.pools.values()) / 3.6e6, kwh(this, "it"))


@every_case
def test_peak(run: str) -> None:
    same(case(run).result["peak_kw"], highest_quarter_of_an_hour_kw(case(run)))


@every_case
def test_carbon_by_scope(run: str) -> None:
    this, result = case(run), case(run).result
    meter = this.ledger.meter
    grams = sum(float(meter.facility_w[i] * meter.carbon_g_per_kwh[i]) * seconds / 3.6e6 for i, seconds in this.rows)
    embodied_kg = 0.0
    for name, totals in this.ledger.pools.items():
        pool = this.pool(name)
        rented = pool.acquire.kind == "rent"
        node_h = totals.allocated_accelerator_s / 3600.0 / pool.node.accelerators if rented else pool.nodes * this.hours
        life_h = (pool.node.life_y if rented else pool.acquire.life_y) * YEAR_H
        assert pool.node.embodied_kg is not None
        embodied_kg += pool.node.embodied_kg * node_h / life_h
    same(result["carbon_kg"], grams / 1000.0)
    same(result["carbon_by_scope_kg"]["scope1"], 0.0)
    same(result["carbon_by_scope_kg"]["scope2"], grams / 1000.0)
    same(result["carbon_by_scope_kg"]["scope3_embodied"], embodied_kg)


# --- money ------------------------------------------------------------------------------------------------------------


def per_year(capital_usd: float, rate: float, life_y: float) -> float:
    """The payment that repays a capital: it is worth the capital if each year's is discounted by the years until it."""
    whole = int(life_y)
    assert whole == life_y
    return capital_usd / sum((1.0 + rate) ** -year for year in range(1, whole + 1))


def hourly(run: Case, name: str) -> dict[str, float]:
    """USD per hour of the whole pool by item."""
    pool, economics = run.pool(name), run.plan.scenario.economics
    house_usd = pool.nodes * pool.node.rated_w / 1000.0 * economics.facility_usd_per_kw
    facility = per_year(house_usd, economics.discount_rate, economics.facility_life_y) / YEAR_H
    if pool.acquire.kind == "rent":
        included = "facility" in pool.acquire.includes
        rent = pool.acquire.usd_per_accelerator_h * pool.nodes * pool.node.accelerators
        return {"rent": rent, "facility": 0.0 if included else facility}
    assert pool.acquire.kind == "own"
    capital_usd = pool.nodes * pool.acquire.capex_usd_per_node
    return {
        "capital": per_year(capital_usd, economics.discount_rate, pool.acquire.life_y) / YEAR_H,
        "maintenance": 0.03 * capital_usd / YEAR_H,
        "facility": facility,
    }


def accelerator_hour_usd(run: Case, name: str) -> float:
    return sum(hourly(run, name).values()) / (run.pool(name).nodes * run.pool(name).node.accelerators)


def fleet_lines(run: Case, name: str) -> dict[str, float]:
    """What a pool costs by item."""
    site, meter = run.plan.scenario.site, run.ledger.meter
    totals, acquire = run.ledger.pools[name], run.pool(name).acquire
    held = totals.allocated_accelerator_s / totals.accelerator_s
    lines = {item: usd * run.hours * (held if item == "rent" else 1.0) for item, usd in hourly(run, name).items()}
    if "energy" not in acquire.includes:
        for part in PARTS:
            column = getattr(meter, f"{part}_w")
            lines[f"energy: {part}"] = pool_sum(run, name, column, meter.price_usd_per_kwh) / 3.6e6
        kw = highest_quarter_of_an_hour_kw(run) * pool_sum(run, name, meter.facility_w) / 3.6e6 / kwh(run, "facility")
        lines["demand charge"] = kw * site.tariff.demand_usd_per_kw_month * run.hours / MONTH_H
        tonnes = pool_sum(run, name, meter.facility_w, meter.carbon_g_per_kwh) / 3.6e6 / 1e6
        lines["carbon price"] = tonnes * site.carbon.usd_per_tonne
    if "facility" not in acquire.includes:
        lines["water"] = pool_sum(run, name, meter.water_l_per_s) / 1000.0 * site.water_usd_per_m3
    return lines


def measure_lines(run: Case) -> list[tuple[str, str, str | None, float]]:
    """Family, item, service and USD of what the mix's measures cost up front, from the catalogue's techniques."""
    economics, plan = run.plan.scenario.economics, run.plan
    mix = next(mix for mix in plan.scenario.mixes if mix.name == plan.mix)
    lines: list[tuple[str, str, str | None, float]] = []

    def charge(
        family: str, item: str, service: str | None, usd: float, life_y: float = economics.measure_life_y
    ) -> None:
        share = run.hours / YEAR_H
        lines.append((family, item, service, per_year(usd, economics.discount_rate, life_y) * share))

    for one in mix.measures:
        options, wage = one.options, economics.engineer_usd_per_h
        for service in one.targets or [each.name for each in plan.scenario.services]:
            of = plan.deployments[service].service
            device_usd = accelerator_hour_usd(run, of.pool)
            if one.kind == "router":
                technique, item, family = (
                    CATALOGUE.technique("router", options["router"]),
                    "router least-loaded",
                    "compute",
                )
            elif one.kind == "autoscale":
                technique, item, family = CATALOGUE.technique("autoscale", "target-utilisation"), "autoscale", "compute"
            elif one.kind == "quantise":
                technique, item, family = CATALOGUE.technique("quantise", "fp8"), "quantise fp8", "algorithm"
            elif one.kind == "customise":
                technique, item, family = CATALOGUE.technique("customise", "lora"), "customise lora", "vertical"
            else:
                continue
            charge(family, f"{item}: engineers", service, technique.engineer_h * wage)
            device_h = technique.accelerator_h + technique.accelerator_h_per_gparameter * of.model.parameters / 1e9
            charge(family, f"{item}: accelerators", service, device_h * device_usd)
            charge(family, f"{item}: data", service, technique.data_usd)
        if one.kind == "power_cap_w":
            for _ in plan.pools:
                hours = CATALOGUE.technique("power-cap", "any").engineer_h
                charge("efficiency", f"power_cap_w {options['power_cap_w']:g}: engineers", None, hours * wage)
        if one.kind == "plant":
            new = CATALOGUE.technique("plant", "direct-liquid")
            own_kw = sum(each.pool.nodes * each.pool.node.rated_w for each in plan.pools.values()
                         if "facility" not in each.pool.acquire.includes) / 1000.0  # fmt: skip
            life_y = new.figures["life_y"]
            charge("efficiency", "plant direct-liquid: engineers", None, new.engineer_h * wage, life_y)
            capital_usd = new.figures["capital_usd_per_kw"] * own_kw
            charge("efficiency", "plant direct-liquid: capital", None, capital_usd, life_y)
    return [line for line in lines if line[3]]


def whole_bill(run: Case) -> list[tuple[str, str, str | None, str | None, float]]:
    """Family, item, pool, service, USD."""
    fleet = [
        ("compute", item, name, None, usd)
        for name in run.plan.pools
        for item, usd in fleet_lines(run, name).items()
        if usd
    ]
    staff_usd = run.plan.scenario.economics.staff_usd_per_y * run.hours / YEAR_H
    measures = [(family, item, None, service, usd) for family, item, service, usd in measure_lines(run)]
    return [*fleet, ("compute", "staff", None, None, staff_usd), *measures]


@every_case
def test_every_line_of_the_bill(run: str) -> None:
    lines = case(run).result["cost_lines"]
    found = sorted((x["family"], x["item"], x["pool"] or "", x["service"] or "", x["usd"]) for x in lines)
    expected = sorted(
        (f, item, pool or "", service or "", usd) for f, item, pool, service, usd in whole_bill(case(run))
    )
    assert [each[:4] for each in found] == [each[:4] for each in expected]
    for one, other in zip(found, expected, strict=True):
        same(one[4], other[4])


@every_case
def test_the_four_terms_and_the_month(run: str) -> None:
    result, bill = case(run).result, whole_bill(case(run))
    for family in FAMILIES:
        same(result["cost_usd"][family], sum(line[-1] for line in bill if line[0] == family))
    total = sum(line[-1] for line in bill)
    same(result["cost_usd"]["total"], total)
    same(result["usd_per_month"], total / case(run).hours * MONTH_H)


@every_case
def test_costs_and_joules_per_output(run: str) -> None:
    this, result = case(run), case(run).result
    bill, window_s = whole_bill(this), this.hours * 3600.0
    holders: dict[str, tuple[str, float, float]] = {}
    for name, each in this.plan.deployments.items():
        totals = this.ledger.services[name]
        holders[name] = (each.service.pool, totals.held_accelerator_s, totals.accelerator_j)
    for name, stream in this.plan.jobs.items():
        done = this.ledger.jobs[name]
        holders[name] = (stream.pool, done.accelerator_s, done.accelerator_j)

    def mine(name: str) -> tuple[float, float]:
        """USD and joules at the meter."""
        pool, held_s, joules = holders[name]
        of_pool = held_s / sum(each[1] for each in holders.values() if each[0] == pool)
        of_site = held_s / sum(each[1] for each in holders.values())
        of_heat = joules / sum(each[2] for each in holders.values() if each[0] == pool)
        usd = sum(x[-1] for x in bill if x[3] == name)
        usd += of_pool * sum(x[-1] for x in bill if x[2] == pool)
        usd += of_site * sum(x[-1] for x in bill if x[2] is None and x[3] is None)
        return usd, of_heat * pool_sum(this, pool, this.ledger.meter.facility_w)

    for name, each in result["services"].items():
        totals, (usd, joules) = this.ledger.services[name], mine(name)
        same(each["cost_usd"], usd)
        same(each["usd_per_useful_output"], usd / totals.met)
        same(each["usd_per_million_output_tokens"], usd / totals.outputs_in_window * 1e6)
        same(each["j_per_output_token"], joules / totals.outputs_in_window)
        same(each["j_per_useful_output"], joules / totals.met)
        same(each["output_tokens_per_s"], totals.outputs_in_window / window_s)
        same(each["goodput_per_s"], totals.met / window_s)
        same(each["slo_attainment"], totals.met / (totals.completed + totals.rejected + totals.late))
    for name, each in result["jobs"].items():
        usd, joules = mine(name)
        same(each["cost_usd"], usd)
        same(each["facility_kwh"], joules / 3.6e6)
    met = sum(each.met for each in this.ledger.services.values())
    same(result["useful_outputs_per_usd"], met / result["cost_usd"]["total"])
    same(result["useful_outputs_per_kwh"], met / kwh(this, "facility"))
    same(sum(mine(name)[0] for name in holders), result["cost_usd"]["total"])


# --- efficiency -------------------------------------------------------------------------------------------------------


def seconds_per_token(variant: Variant, service: Service, device: Any, run: Case) -> float:
    """Accelerator-seconds per output token at the run's mean batch and lengths, at full clock, without a cap."""
    totals = run.ledger.services[service.name]
    assert totals.mean_batch is not None
    prompt, output = totals.input_tokens / totals.completed, totals.output_tokens / totals.completed
    engine = replace(service.engine, batch_max=min(max(1, round(totals.mean_batch)), service.engine.batch_max))
    context = prompt + output / 2.0
    table = serving_tables(variant, engine, replace(device, tdp_w=inf), service.tensor_parallel, context, None, None)
    batch = table.batch_max
    step_s, kv_s = (float(x) for x in table.decode[-1, batch, :2])
    token_s, token2_s, request_s = (float(x) for x in table.prefill[-1, :3])
    decode_s = step_s + kv_s * batch * context
    prefill_s = batch / output * (token_s * prompt + token2_s * prompt**2 + request_s)
    return service.tensor_parallel * (decode_s + prefill_s) / batch


def after(accuracy: float, factor: float) -> float:
    return accuracy * factor if factor <= 1.0 else 1.0 - (1.0 - accuracy) / factor


def candidates(field: str) -> list[tuple[Variant, float]]:
    found = []
    for model in (CATALOGUE.model(name) for name in CATALOGUE.names("models")):
        if field not in model.accuracy:
            continue
        own = CATALOGUE.precision(model.precision)
        found.append((variant_of(model, own), model.accuracy[field]))
        for name in CATALOGUE.names("precisions"):
            narrow = CATALOGUE.precision(name)
            if f"quantise.{name}" in CATALOGUE.names("techniques") and narrow.bytes_per_value < own.bytes_per_value:
                effects = CATALOGUE.technique("quantise", name).accuracy_factor
                factor = effects.get(field, effects.get("*", 1.0))
                found.append((variant_of(model, narrow), after(model.accuracy[field], factor)))
    return found


def variant_of(model: AIModel, weights: Precision) -> Variant:
    own = CATALOGUE.precision(model.precision)
    return Variant(
        model=model, weights=weights, kv_cache=own if own.bytes_per_value >= 2.0 else CATALOGUE.precision("bf16")
    )


def lean(run: Case, name: str) -> tuple[float, float, str]:
    """Accelerator-seconds per token of the reference and of the variant used, and the reference's name."""
    deployment = run.plan.deployments[name]
    service, device = deployment.service, run.pool(deployment.service.pool).node.accelerator
    used_s = seconds_per_token(deployment.variant, service, device, run)
    known = [(used_s, deployment.variant.name)]
    for variant, accuracy in candidates(service.field.name):
        if accuracy >= service.field.floor:
            try:
                known.append((seconds_per_token(variant, service, device, run), variant.name))
            except ScenarioError:
                continue
    return (min(known)[0], used_s, min(known)[1])


def factors(run: Case) -> dict[str, float]:
    pools, services = run.ledger.pools, run.ledger.services
    paid = counted = idle_j = 0.0
    for name, totals in pools.items():
        rented = run.pool(name).acquire.kind == "rent"
        ours_s = totals.allocated_accelerator_s if rented else totals.accelerator_s
        counted += accelerator_hour_usd(run, name) * totals.counted_accelerator_s
        paid += accelerator_hour_usd(run, name) * ours_s
        around_j = totals.it_j - totals.accelerator_j
        idle_j += totals.idle_accelerator_j + around_j * (ours_s - totals.counted_accelerator_s) / ours_s
    it_j = sum(totals.it_j for totals in pools.values())
    best_j = sum(totals.best_clock_j for totals in pools.values())
    work = {name: (services[name].outputs_in_window, *lean(run, name)[:2]) for name in services}
    gains = {name: each.accuracy / each.service.field.target for name, each in run.plan.deployments.items()}
    completed = {name: services[name].completed for name in services}
    return {
        "compute": counted / paid,
        "algorithm": sum(n * r for n, r, _ in work.values()) / sum(n * u for n, _, u in work.values()),
        "efficiency": best_j / ((it_j - idle_j) * kwh(run, "facility") / kwh(run, "it")),
        "vertical": sum(completed[n] * min(gains[n], 1.0) for n in services) / sum(completed.values()),
    }


@every_case
def test_the_four_factors_of_efficiency(run: str) -> None:
    found, expected = case(run).result["efficiency"], factors(case(run))
    for family in FAMILIES:
        same(found[family], expected[family])
    same(found["total"], prod(expected.values()))
    for name, reference in case(run).result["reference_variants"].items():
        assert reference == lean(case(run), name)[2]
        assert lean(case(run), name)[0] < lean(case(run), name)[1], "the reference is another variant, so it can differ"
