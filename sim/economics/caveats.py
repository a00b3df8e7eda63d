"""What a decision maker should know about a run before believing its bottom line."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from sim.economics.metering import Metered
from sim.economics.served import adaptation_notes
from sim.record.ledger import Floats, Ledger, ServiceTotals
from sim.scenario.grid_specs import TimeOfUse
from sim.strategies.plan import Plan
from sim.units import H_PER_MONTH, S_PER_H

WEEK_H = 168.0
IDLE_SHARE = 0.3  # counted accelerator time below this share of the paid one
TOO_MANY_SHARE = 0.05  # unfinished requests above this share of those arrived
LEFT_SHARE = 0.01  # and from this one on they are told; some are always under way at the end
MOST_NAMED = 5  # assumed figures named in the warning; provenance has all
DECISIVE = (  # parts of the names of figures that move the bottom line most, in the order to tell them
    "capex_usd",
    "usd_per_accelerator_h",
    ".pue",
    ".accuracy.",
    "accuracy_factor",
    "facility_usd_per_kw",
    "capital_usd_per_kw",
    "engineer_usd_per_h",
    "power.floor_w",
)


def run_warnings(plan: Plan, ledger: Ledger, meter: Metered, assumed: tuple[str, ...]) -> tuple[str, ...]:
    """Warnings in reading order, each once: of the input, the work, the fleet, the money, the assumptions."""
    texts = (
        *plan.scenario.warnings,
        *plan.warnings,
        *ledger.warnings,
        *_of_services(ledger),
        *adaptation_notes(plan, ledger),
        *_of_jobs(ledger),
        *_of_pools(plan, ledger),
        *_of_money(plan, meter),
        *_of_assumptions(plan, assumed),
    )
    return tuple(dict.fromkeys(texts))


def _of_services(ledger: Ledger) -> Iterator[str]:
    """Nothing completed, requests turned away, and queues that grow."""
    for name, totals in ledger.services.items():
        if not totals.completed:
            yield f"{name}: no request finished in the measured window; its latencies are undefined"
        if totals.rejected:
            yield f"{name}: {totals.rejected} of {totals.arrived} requests rejected"
        if _grows(ledger, name):
            yield (
                f"{name}: overloaded: {totals.in_flight} of {totals.arrived} requests unfinished at the end;"
                " its queue grows, so results depend on the horizon"
            )
        elif _too_many_left(totals):
            yield (
                f"{name}: {totals.in_flight} of {totals.arrived} requests unfinished at the end: it is overloaded or"
                " the window is too short, and latencies of the completed look better than they are"
            )
        elif totals.in_flight > LEFT_SHARE * totals.arrived:
            yield f"{name}: {totals.in_flight} of {totals.arrived} requests unfinished at the end"


def _too_many_left(totals: ServiceTotals) -> bool:
    """Whether too many requests are left over for latencies of the completed to tell the truth."""
    return totals.in_flight > TOO_MANY_SHARE * totals.arrived


def _grows(ledger: Ledger, service: str) -> bool:
    """Whether more requests wait in the last quarter of the window than in each quarter before, twice the first."""
    start_s, stop_s = ledger.window_s
    edges_s = np.linspace(start_s, stop_s, 5)
    waiting = ledger.meter.service_waiting[service]
    means = [_mean(ledger, waiting, edges_s[i], edges_s[i + 1]) for i in range(4)]
    return means[3] > 2.0 * means[0] + 1.0 and all(before < after for before, after in pairwise(means))


def _mean(ledger: Ledger, column: Floats, start_s: float, stop_s: float) -> float:
    """Mean of a column of the meter over a span [s]."""
    meter = ledger.meter
    seconds = np.maximum(np.minimum(meter.stop_s, stop_s) - np.maximum(meter.start_s, start_s), 0.0)
    return float(column @ seconds) / (stop_s - start_s)


def _of_jobs(ledger: Ledger) -> Iterator[str]:
    """Jobs turned away or not done."""
    for name, totals in ledger.jobs.items():
        if totals.rejected:
            asked = f"{totals.rejected} of {totals.arrived} jobs rejected"
            yield f"{name}: {asked} (more accelerators than jobs could ever get)"
        left = totals.running + totals.queued
        if left:
            yield f"{name}: {left} of {totals.arrived} jobs unfinished at the end ({totals.queued} not started)"


def _of_pools(plan: Plan, ledger: Ledger) -> Iterator[str]:
    """Fleets that idle, and accelerators that ran too hot for their clock."""
    for name, each in plan.pools.items():
        totals = ledger.pools[name]
        rented = each.pool.acquire.kind == "rent"
        paid_s = totals.allocated_accelerator_s if rented else totals.accelerator_s
        if paid_s > 0.0 and totals.counted_accelerator_s < IDLE_SHARE * paid_s:
            share = totals.counted_accelerator_s / paid_s
            yield f"{name}: idle fleet: only {100.0 * share:.2g}% of the paid accelerator time did work that counts"
        if totals.throttled_node_s > 0.0:
            hours = totals.throttled_node_s / S_PER_H
            yield f"{name}: throttled by heat for {hours:.3g} node-hours (hottest: {totals.hottest_c:.1f} degC)"


def _of_money(plan: Plan, meter: Metered) -> Iterator[str]:
    """Short windows scaled to months, and demand charges that a month's real peak would change."""
    hours = meter.window_s / S_PER_H
    if hours < WEEK_H:
        yield f"usd_per_month scales {hours:.4g} h to a month of {H_PER_MONTH:g} h: other days may differ"
    tariff = plan.scenario.site.tariff
    clock = tariff.energy_usd_per_kwh
    charged = isinstance(clock, TimeOfUse) and any(period.demand_usd_per_kw_month for period in clock.periods)
    if tariff.demand_usd_per_kw_month or charged:
        yield (
            f"demand charge: the window's 15-minute peak ({meter.peak_kw:.4g} kW), charged for {hours:.4g} h of a month"
            f" of {H_PER_MONTH:g} h; the month's own peak may be higher"
        )


def _of_assumptions(plan: Plan, assumed: tuple[str, ...]) -> Iterator[str]:
    """Stated PUE, unknown embodied carbon, and figures without a source, those that decide costs first."""
    plant = plan.plant
    pue = plant.overrides.get("pue", plant.type.figures.get("pue"))
    if pue is not None:
        yield f"PUE {pue:g} of plant '{plant.type.name}' is an input, not a result"
    unknown = sorted({each.pool.node.name for each in plan.pools.values() if each.pool.node.embodied_kg is None})
    if unknown:
        yield f"embodied carbon of {', '.join(unknown)} is unknown and left out of scope 3"
    if assumed:
        decisive = [name for word in DECISIVE for name in assumed if word in name]
        named = (decisive or list(assumed))[:MOST_NAMED]
        yield f"{len(assumed)} inputs are assumed, among them {', '.join(named)}; provenance.assumed has all"
