"""Carbon by scope of the GHG Protocol: fuel burnt on site, electricity (location based), what the machines embody."""

from __future__ import annotations

from dataclasses import dataclass

from sim.economics.metering import Metered
from sim.record.ledger import Ledger
from sim.strategies.plan import Plan, PoolPlan
from sim.units import H_PER_YEAR, S_PER_H


@dataclass(frozen=True, slots=True, kw_only=True)
class CarbonByScope:
    """kg CO2-equivalent over the window. Scope 3 is the machines' alone, None where no node's figure is known."""

    scope1_kg: float
    scope2_kg: float
    scope3_embodied_kg: float | None

    @property
    def operational_kg(self) -> float:
        """Scope 1 + scope 2."""
        return self.scope1_kg + self.scope2_kg


def carbon_by_scope(plan: Plan, ledger: Ledger, meter: Metered) -> CarbonByScope:
    """Scope 1 is 0, since nothing here burns fuel; scope 2 is energy x intensity; scope 3 the nodes' share of life."""
    embodied = [kg for name, each in plan.pools.items() if (kg := _embodied_kg(each, ledger, name, meter)) is not None]
    return CarbonByScope(
        scope1_kg=0.0,
        scope2_kg=meter.carbon_kg,
        scope3_embodied_kg=sum(embodied) if embodied else None,
    )


def _embodied_kg(each: PoolPlan, ledger: Ledger, name: str, meter: Metered) -> float | None:
    """Embodied carbon of a pool's nodes x window / life; rented nodes count while allocated, like their rent."""
    node, acquire = each.pool.node, each.pool.acquire
    if node.embodied_kg is None:
        return None
    totals = ledger.pools[name]
    rented = acquire.kind == "rent"
    present = totals.allocated_accelerator_s / totals.accelerator_s if rented else 1.0
    life_h = (node.life_y if rented else acquire.life_y) * H_PER_YEAR
    return node.embodied_kg * each.pool.nodes * present * meter.window_s / S_PER_H / life_h
