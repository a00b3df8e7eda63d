"""Total efficiency E, the product of four factors in [0, 1] that explain where a run loses; the cost decides.

E_compute     paid time used: USD of accelerator time that counted / USD paid for accelerators.
E_algorithm   leanness: accelerator-seconds per output of the reference variants / of the variants used.
E_efficiency  energy of the work: accelerator energy of the counted work at its most efficient clock / facility energy
              less the share of idle accelerators.
E_vertical    target reached: accuracy / target of the field, at most 1, weighted by requests completed.

A factor outside [0, 1] is a defect and raises; a factor that does not apply is 1 and named.
See docs/cost-and-efficiency.md for what each takes from the run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import fsum, prod

from sim.economics.capital import hourly_price
from sim.economics.leanness import Leanness
from sim.economics.metering import Metered
from sim.errors import InvariantError
from sim.record.ledger import Ledger
from sim.strategies.plan import Family, Plan
from sim.strategies.published import FIXED_TIME
from sim.units import J_PER_KWH

ROUNDING = 1e-9  # a quotient of equal sums may pass 1 in its last digits


@dataclass(frozen=True, slots=True, kw_only=True)
class Efficiency:
    """The factors; `accuracy_over_target` is E_vertical before its cut at 1, None where it does not apply."""

    factors: Mapping[Family, float]
    not_applicable: tuple[Family, ...]
    accuracy_over_target: float | None

    @property
    def total(self) -> float:
        """The product."""
        return total_efficiency(self.factors)


def total_efficiency(factors: Mapping[Family, float]) -> float:
    """Total efficiency E = E_compute * E_algorithm * E_efficiency * E_vertical."""
    return prod(factors.values())


def efficiency(plan: Plan, ledger: Ledger, meter: Metered, lean: Mapping[str, Leanness]) -> Efficiency:
    """The four factors of a run; `lean` holds the services that E_algorithm applies to."""
    found: dict[Family, float | None] = {
        "compute": paid_time_used(plan, ledger),
        "algorithm": mean_leanness(ledger, lean),
        "efficiency": energy_of_the_work(plan, ledger, meter),
        "vertical": target_reached(plan, ledger, cut=True),
    }
    return Efficiency(
        factors={family: 1.0 if value is None else _within_bounds(family, value) for family, value in found.items()},
        not_applicable=tuple(family for family, value in found.items() if value is None),
        accuracy_over_target=target_reached(plan, ledger, cut=False),
    )


def paid_time_used(plan: Plan, ledger: Ledger) -> float | None:
    """USD of accelerator time that counted / USD paid for accelerators; None where nothing is paid.

    Owned accelerators are paid all the time, rented ones while allocated. An accelerator-hour has the pool's all-in
    price in both (rent, capital, maintenance, facility; no energy), so a big device weighs as it costs.
    """
    counted, paid = [], []
    for name, each in plan.pools.items():
        totals, price = ledger.pools[name], hourly_price(each.pool, plan.scenario.economics).all_in
        rented = each.pool.acquire.kind == "rent"
        counted.append(price * totals.counted_accelerator_s)
        paid.append(price * (totals.allocated_accelerator_s if rented else totals.accelerator_s))
    return fsum(counted) / fsum(paid) if fsum(paid) > 0.0 else None


def mean_leanness(ledger: Ledger, lean: Mapping[str, Leanness]) -> float | None:
    """Accelerator-seconds that the outputs would take on the reference variants / on those used; None without any."""
    outputs = {name: ledger.services[name].outputs_in_window for name in lean}
    used_s = fsum(outputs[name] * each.used_s for name, each in lean.items())
    return fsum(outputs[name] * each.reference_s for name, each in lean.items()) / used_s if used_s > 0.0 else None


def energy_of_the_work(plan: Plan, ledger: Ledger, meter: Metered) -> float | None:
    """Best-clock energy of the counted work / facility energy less the share of idle accelerators.

    That share is taken off the whole facility energy, so an idle accelerator takes its part of cooling and losses with
    it. None where no accelerator worked.
    """
    it_j = fsum(pool.it_j for pool in ledger.pools.values())
    idle_j = fsum(_idle_it_j(plan, ledger, name) for name in plan.pools)
    best_j = fsum(pool.best_clock_j for pool in ledger.pools.values())
    if best_j == 0.0:
        return None
    return best_j / (meter.facility_kwh * J_PER_KWH * (1.0 - idle_j / it_j))


def _idle_it_j(plan: Plan, ledger: Ledger, name: str) -> float:
    """IT energy of a pool's idle accelerators: their own, and their part by time of what the nodes draw around them.

    Nodes that sleep draw nothing around theirs, but for the share of idle power that is left.
    """
    totals = ledger.pools[name]
    rented = plan.pools[name].pool.acquire.kind == "rent"
    present_s = totals.allocated_accelerator_s if rented else totals.accelerator_s
    present_s -= totals.asleep_accelerator_s
    if present_s <= 0.0:
        return 0.0
    around_j = totals.it_j - totals.accelerator_j
    return totals.idle_accelerator_j + around_j * (1.0 - totals.counted_accelerator_s / present_s)


def target_reached(plan: Plan, ledger: Ledger, *, cut: bool) -> float | None:
    """Accuracy over the field's target, cut at 1 or not, weighted by requests completed; None where nobody is judged.

    Services of fixed-time models answer nothing that could be right or wrong.
    """
    judged = {name: each for name, each in plan.deployments.items() if each.variant.model.family != FIXED_TIME}
    weights = {name: ledger.services[name].completed for name in judged}
    whole = sum(weights.values())
    if not whole:
        return None
    gains = {name: min(each.ungated_gain, 1.0) if cut else each.ungated_gain for name, each in judged.items()}
    return fsum(weights[name] * gain for name, gain in gains.items()) / whole


def _within_bounds(family: Family, value: float) -> float:
    """The factor, if it is one; the last digits of a rounded quotient may pass 1."""
    if not 0.0 <= value <= 1.0 + ROUNDING:
        raise InvariantError(f"the efficiency factor of the {family} family is {value!r}, not within 0 and 1")
    return min(value, 1.0)
