"""Nodes that nobody uses draw little: they go to sleep after a while, and take their time to wake when needed.

A node without replicas or jobs still draws idle accelerators, processors, memory and fans. Packing the work and letting
the rest sleep (race to idle) pays where whole nodes are empty for longer than they take to wake.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sim.catalog import entries
from sim.strategies.effort import assumed_figures, set_up
from sim.strategies.plan import PoolPlan, Sleep, UpFront
from sim.strategies.technique import Context

FIGURES = ("after_s", "node_share", "wake_s")


@dataclass(frozen=True, slots=True)
class Sleeping:
    """Empty nodes of a pool go to sleep."""

    sleep: Sleep
    stated: frozenset[str]  # figures that the scenario gives
    technique: entries.Technique

    @classmethod
    def build(cls, context: Context) -> Sleeping:
        """From `sleep: {after_s, node_share, wake_s}`, each absent one the technique's."""
        options, technique = context.measure.options, context.catalogue.technique("sleep", "any")
        figures = {name: float(options.get(name, technique.figures[name])) for name in FIGURES}
        return cls(Sleep(**figures), frozenset(options), technique)

    def obstacle(self, target: PoolPlan) -> str | None:
        """Rented accelerators go back when nobody uses them, so there is nothing of ours to sleep."""
        if target.pool.acquire.kind == "rent":
            return f"'{target.pool.name}' is rented: accelerators that nobody uses are given back"
        return None

    def apply(self, target: PoolPlan) -> PoolPlan:
        """The pool with nodes that sleep."""
        return replace(target, sleep=self.sleep)

    def upfront(self, target: PoolPlan) -> UpFront:
        """An engineer's hours."""
        return set_up("efficiency", self.technique, "sleep")

    def assumed(self) -> tuple[str, ...]:
        """The technique's assumed figures, without those that the scenario gives."""
        figures = assumed_figures(self.technique)
        return tuple(name for name in figures if name.rpartition(".")[2] not in self.stated)
