"""Jobs wait for the hours when energy is cheapest or cleanest, within a delay that their users accept.

It saves nothing where price or carbon is flat; it costs waiting, which counts from submission.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sim.catalog import entries
from sim.strategies.effort import assumed_figures, set_up
from sim.strategies.plan import PoolPlan, Shift, UpFront
from sim.strategies.technique import Context
from sim.units import S_PER_H


@dataclass(frozen=True, slots=True)
class Shifting:
    """The jobs of a pool may start later than submitted."""

    shift: Shift
    with_jobs: frozenset[str]  # pools that have jobs
    technique: entries.Technique

    @classmethod
    def build(cls, context: Context) -> Shifting:
        """From `shift: {by: price | carbon, max_delay_h: H}`."""
        options = context.measure.options
        shift = Shift(by=options["by"], max_delay_s=options["max_delay_h"] * S_PER_H)
        with_jobs = frozenset(stream.pool for stream in context.scenario.jobs)
        return cls(shift, with_jobs, context.catalogue.technique("shift", "any"))

    def obstacle(self, target: PoolPlan) -> str | None:
        """Requests cannot wait for hours: only jobs are shifted."""
        return None if target.pool.name in self.with_jobs else f"pool '{target.pool.name}' has no jobs"

    def apply(self, target: PoolPlan) -> PoolPlan:
        """The pool with jobs that wait."""
        return replace(target, shift=self.shift)

    def upfront(self, target: PoolPlan) -> UpFront:
        """An engineer's hours."""
        return set_up("efficiency", self.technique, f"shift by {self.shift.by}")

    def assumed(self) -> tuple[str, ...]:
        """The technique's assumed figures."""
        return assumed_figures(self.technique)
