"""Who pays for a shared pool: its cost is split by accelerator-seconds held, so idle time falls on all in that measure.

What no pool carries (staff, measures on the whole site) is split by accelerator-seconds held over all pools; what one
service alone caused (its own measures) it pays alone. Energy is split by the joules of the accelerators each held.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import fsum

from sim.economics.costs import CostLine
from sim.economics.metering import Metered
from sim.record.ledger import Ledger
from sim.strategies.plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A service or a stream of jobs, and what it held of its pool."""

    name: str
    pool: str
    is_service: bool
    held_s: float  # accelerator-seconds
    accelerator_j: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one holder pays and takes of the site."""

    usd: float | None  # None where nobody held anything
    facility_kwh: float | None


def holders(plan: Plan, ledger: Ledger) -> tuple[Holder, ...]:
    """All services, then all streams of jobs."""
    services = (
        Holder(
            name=name,
            pool=each.service.pool,
            is_service=True,
            held_s=ledger.services[name].held_accelerator_s,
            accelerator_j=ledger.services[name].accelerator_j,
        )
        for name, each in plan.deployments.items()
    )
    jobs = (
        Holder(
            name=name,
            pool=stream.pool,
            is_service=False,
            held_s=ledger.jobs[name].accelerator_s,
            accelerator_j=ledger.jobs[name].accelerator_j,
        )
        for name, stream in plan.jobs.items()
    )
    return (*services, *jobs)


def shares(plan: Plan, ledger: Ledger, meter: Metered, lines: Iterable[CostLine]) -> dict[tuple[bool, str], Share]:
    """Share of each holder by (is_service, name). All shares together are the whole bill where each pool is held."""
    paid, everyone = tuple(lines), holders(plan, ledger)
    return {
        (each.is_service, each.name): Share(
            usd=_usd(each, everyone, paid), facility_kwh=_facility_kwh(each, everyone, meter)
        )
        for each in everyone
    }


def _usd(each: Holder, everyone: Iterable[Holder], lines: Iterable[CostLine]) -> float | None:
    """Cost of one holder over the window."""
    of_pool = _part({one: one.held_s for one in everyone if one.pool == each.pool}, each)
    of_site = _part({one: one.held_s for one in everyone}, each)
    if of_pool is None or of_site is None:
        return None
    own = fsum(line.usd for line in lines if each.is_service and line.service == each.name)
    pooled = fsum(line.usd for line in lines if line.pool == each.pool)
    common = fsum(line.usd for line in lines if line.pool is None and line.service is None)
    return own + of_pool * pooled + of_site * common


def _facility_kwh(each: Holder, everyone: Iterable[Holder], meter: Metered) -> float | None:
    """Energy at the meter of one holder over the window."""
    of_pool = _part({one: one.accelerator_j for one in everyone if one.pool == each.pool}, each)
    return None if of_pool is None else of_pool * meter.pools[each.pool].facility_kwh


def _part(weights: Mapping[Holder, float], each: Holder) -> float | None:
    """Weight of one holder / weight of all; None where all are 0."""
    whole = fsum(weights.values())
    return weights[each] / whole if whole > 0.0 else None
