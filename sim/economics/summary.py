"""The result of a run, `dcsim.run/1`: what the engine's ledger means in money, energy, carbon and promises kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from importlib.metadata import version
from math import fsum

from sim.economics.carbon import carbon_by_scope
from sim.economics.caveats import run_warnings
from sim.economics.costs import CostLine, cost_lines, cost_terms, total_cost
from sim.economics.efficiency import Efficiency, efficiency
from sim.economics.feasibility import broken_promises
from sim.economics.leanness import Leanness, leanness
from sim.economics.metering import Metered, metered
from sim.economics.served import as_served
from sim.economics.shares import shares
from sim.economics.storage import battery_result
from sim.economics.value import net_benefit_usd, total_value_usd
from sim.economics.work import job_result, quotient, service_result, useful_outputs
from sim.kernels.draws import RANDOM_LAYOUT
from sim.record.ledger import Ledger
from sim.strategies import catalogue_of
from sim.strategies.plan import Family, Plan
from sim.units import H_PER_MONTH, S_PER_H

SCHEMA = "dcsim.run/1"
LINE_FIELDS = tuple(each.name for each in fields(CostLine))


def appraise(plan: Plan, ledger: Ledger, seed: int, lean: Mapping[str, Leanness] | None = None) -> dict[str, object]:
    """The `dcsim.run/1` object: plain numbers, texts, lists and mappings; None where a figure does not exist.

    lean: `leanness_of` the run where it is known already; no price is in it.

    Raises InvariantError where a law that holds on every run is broken, and ScenarioError for a reference variant that
    the catalogue does not have.
    """
    meter = metered(ledger, {name: each.pool for name, each in plan.pools.items()})
    lean = leanness_of(plan, ledger) if lean is None else lean
    plan = as_served(plan, ledger)
    lines = cost_lines(plan, ledger, meter)
    broken = broken_promises(plan, ledger, meter)
    assumed = tuple(dict.fromkeys((*plan.scenario.assumed, *plan.assumed)))
    return {
        "schema": SCHEMA,
        "scenario": plan.scenario.name,
        "mix": plan.mix,
        "seed": seed,
        "horizon_s": plan.scenario.horizon_s,
        "window_s": meter.window_s,
        "feasible": not broken,
        "broken": list(broken),
        "warnings": [*broken, *run_warnings(plan, ledger, meter, assumed)],
        **_money(lines, meter),
        **_efficiency(efficiency(plan, ledger, meter, lean), lean),
        **_energy(meter),
        "grid": {"drawn_kwh": meter.grid_kwh, "battery": battery_result(plan, ledger)},
        **_racks(ledger),
        **_carbon(plan, ledger, meter),
        **_outputs(plan, ledger, lines, meter),
        **_work(plan, ledger, meter, lines, lean),
        "engine": {
            "requests": ledger.requests,
            "iterations": ledger.iterations,
            "wall_s": ledger.wall_s,
            "events": ledger.events,
        },
        "provenance": {
            "dcsim": _own_version(),
            "random_layout": RANDOM_LAYOUT,
            "catalogue": catalogue_of(plan.scenario).digest(),
            "carbon_basis": plan.scenario.site.carbon.basis,
            "assumed": list(assumed),
        },
    }


@cache
def _own_version() -> str:
    """Version of this package; looking it up reads a file."""
    return version("dcsim")


def leanness_of(plan: Plan, ledger: Ledger) -> dict[str, Leanness]:
    """Used and reference variants of the services to which leanness applies."""
    catalogue, found = catalogue_of(plan.scenario), {}
    for name, deployment in plan.deployments.items():
        accelerator = plan.pools[deployment.service.pool].pool.node.accelerator
        each = leanness(deployment, ledger.services[name], accelerator, catalogue)
        if each is not None:
            found[name] = each
    return found


def _money(lines: tuple[CostLine, ...], meter: Metered) -> dict[str, object]:
    """Cost over the window with its terms and lines, and scaled to a month."""
    terms = cost_terms(lines)
    total = total_cost(terms)
    return {
        "cost_usd": _with_total(total, terms),
        "cost_lines": [{name: getattr(line, name) for name in LINE_FIELDS} for line in lines if line.usd != 0.0],
        "usd_per_month": total * H_PER_MONTH / (meter.window_s / S_PER_H),
    }


def _with_total(total: float, by_family: Mapping[Family, float]) -> dict[str, float]:
    """The whole, then what each family has in it."""
    return {"total": total} | {str(family): value for family, value in by_family.items()}


def _efficiency(factors: Efficiency, lean: Mapping[str, Leanness]) -> dict[str, object]:
    """The four factors, their product, and what stands beside them."""
    return {
        "efficiency": _with_total(factors.total, factors.factors),
        "efficiency_not_applicable": list(factors.not_applicable),
        "reference_variants": {name: each.reference for name, each in lean.items()},
        "accuracy_over_target": factors.accuracy_over_target,
    }


def _racks(ledger: Ledger) -> dict[str, object]:
    """How warm the racks were, in their order, of the pools whose racks are stated; no key without any."""
    racks = {
        name: {"inlet_c": list(totals.rack_inlet_c), "hottest_c": list(totals.rack_hottest_c)}
        for name, totals in ledger.pools.items()
        if totals.rack_inlet_c
    }
    return {"racks": racks} if racks else {}


def _energy(meter: Metered) -> dict[str, object]:
    """Energy by part, peak, and the ratios of the facility."""
    return {
        "energy_kwh": {
            "facility": meter.facility_kwh,
            "it": meter.it_kwh,
            "cooling": meter.cooling_kwh,
            "losses": meter.losses_kwh,
        },
        "peak_kw": meter.peak_kw,
        "pue": meter.pue,
        "wue_l_per_kwh": meter.wue_l_per_kwh,
        "water_l": meter.water_l,
    }


def _carbon(plan: Plan, ledger: Ledger, meter: Metered) -> dict[str, object]:
    """Carbon of operation, and by scope."""
    carbon = carbon_by_scope(plan, ledger, meter)
    return {
        "carbon_kg": carbon.operational_kg,
        "carbon_by_scope_kg": {
            "scope1": carbon.scope1_kg,
            "scope2": carbon.scope2_kg,
            "scope3_embodied": carbon.scope3_embodied_kg,
        },
    }


def _outputs(plan: Plan, ledger: Ledger, lines: tuple[CostLine, ...], meter: Metered) -> dict[str, object]:
    """Useful outputs of all services per USD and per kWh at the meter, and what they are worth."""
    useful = useful_outputs(plan.deployments, ledger.services)
    cost_usd, value_usd = fsum(line.usd for line in lines), total_value_usd(plan.deployments, ledger.services)
    return {
        "useful_outputs_per_usd": quotient(useful, cost_usd),
        "useful_outputs_per_kwh": quotient(useful, meter.facility_kwh),
        "value_usd": value_usd,
        "net_benefit_usd": net_benefit_usd(value_usd, cost_usd),
    }


def _work(
    plan: Plan, ledger: Ledger, meter: Metered, lines: tuple[CostLine, ...], lean: Mapping[str, Leanness]
) -> dict[str, object]:
    """Services and jobs by name."""
    parts = shares(plan, ledger, meter, lines)
    return {
        "services": {
            name: service_result(each, ledger.services[name], parts[True, name], lean.get(name), meter.window_s)
            for name, each in plan.deployments.items()
        },
        "jobs": {name: job_result(name, ledger.jobs[name], parts[False, name]) for name in plan.jobs},
    }
