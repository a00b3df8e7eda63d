"""Other nodes in place of a pool's: other speed, other watts, other capital and embodied carbon.

The new nodes take over how the pool was come by, except that nodes which were written off are bought. Their price
follows the old one's in proportion to the catalogue, so that a discount stays. Tensor-parallel degrees stay as they
are. What is lost on the old nodes is `stranded_share` of their price: nothing where they are not bought yet, or are
sold for what they are still worth on the books.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sim.catalog import entries
from sim.scenario.specs import Pool
from sim.strategies.effort import assumed_figures, set_up
from sim.strategies.plan import PoolPlan, UpFront
from sim.strategies.technique import Context

RENTED = ("rent", "reserved")


@dataclass(frozen=True, slots=True)
class Hardware:
    """The nodes of a pool are replaced by others."""

    node: entries.NodeType
    options: Mapping[str, Any]
    technique: entries.Technique

    @classmethod
    def build(cls, context: Context) -> Hardware:
        """From `hardware: {pool, node, nodes, capex_usd_per_node, usd_per_accelerator_h, stranded_share}`."""
        options = context.measure.options
        return cls(context.catalogue.node(options["node"]), options, context.catalogue.technique("hardware", "any"))

    def obstacle(self, target: PoolPlan) -> str | None:
        """Nodes without a price, or as many accelerators as no whole number of nodes has, cannot take their place."""
        pool, size = target.pool, self.node.accelerators
        if self._price(pool) is None:
            key = "usd_per_accelerator_h" if pool.acquire.kind in RENTED else "capex_usd_per_node"
            return f"the catalogue knows no price of {self.node.name}: write {key}"
        if "nodes" not in self.options and pool.accelerators % size:
            return f"its {pool.accelerators} accelerators are no whole number of nodes of {size}: write nodes"
        if target.power_cap_w is not None or target.clock_mhz is not None:
            return f"power cap and clock of '{pool.name}' were set for the old accelerators: write hardware before them"
        return None

    def apply(self, target: PoolPlan) -> PoolPlan:
        """The pool with the new nodes."""
        return replace(target, pool=self._replaced(target.pool)) if self._is_other(target.pool) else target

    def upfront(self, target: PoolPlan) -> UpFront:
        """An engineer's hours, and what is lost on the old nodes. The price of the new ones is capital of the pool."""
        measure = f"hardware {self.node.name}"
        if not self._is_other(target.pool):
            return UpFront(family="efficiency", measure=measure)
        lost = self.options.get("stranded_share", 0.0) * target.pool.acquire.capex_usd_per_node * target.pool.nodes
        return replace(set_up("efficiency", self.technique, measure), capital_usd=lost)

    def assumed(self) -> tuple[str, ...]:
        """The assumed figures of the technique and of the new nodes."""
        parts = (("nodes", self.node), ("accelerators", self.node.accelerator))
        figures = tuple(f"{kind}.{entry.name}.{figure}" for kind, entry in parts for figure in entry.assumed())
        return (*assumed_figures(self.technique), *figures)

    def _nodes(self, pool: Pool) -> int:
        nodes: int = self.options.get("nodes", pool.accelerators // self.node.accelerators)
        return nodes

    def _is_other(self, pool: Pool) -> bool:
        return (self.node, self._nodes(pool)) != (pool.node, pool.nodes)

    def _replaced(self, pool: Pool) -> Pool:
        price, acquire = self._price(pool), pool.acquire
        assert price is not None
        if acquire.kind in RENTED:
            acquire = replace(acquire, usd_per_accelerator_h=price)
        else:
            life_y = self.node.life_y if acquire.life_y == pool.node.life_y else acquire.life_y
            acquire = replace(acquire, kind="own", capex_usd_per_node=price, life_y=life_y)
        return replace(pool, node=self.node, nodes=self._nodes(pool), acquire=acquire)

    def _price(self, pool: Pool) -> float | None:
        """USD per accelerator-hour where the pool is rented, else USD per node; None where nobody knows it."""
        acquire = pool.acquire
        if acquire.kind in RENTED:
            known = pool.node.accelerator.usd_per_h, self.node.accelerator.usd_per_h
            stated, paid = self.options.get("usd_per_accelerator_h"), acquire.usd_per_accelerator_h
        else:
            known = pool.node.capex_usd, self.node.capex_usd
            stated, paid = self.options.get("capex_usd_per_node"), acquire.capex_usd_per_node
        return _in_proportion(paid, *known) if stated is None else float(stated)


def _in_proportion(paid: float, old_list: float | None, new_list: float | None) -> float | None:
    """The price of the new in proportion to what was paid for the old; that of the catalogue where nothing is known."""
    if not paid or not old_list or new_list is None:
        return new_list
    return paid * (new_list / old_list)
