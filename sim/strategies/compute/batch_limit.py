"""A limit on the sequences that a replica runs at once: fewer share an iteration, so each gets its tokens sooner.

The price is a longer wait before the first token, and more joules per token: the weights are read for fewer sequences.
`promise` takes as many as keep the promised time per output token at the traffic's mean lengths, prompts included.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from sim.catalog import entries
from sim.strategies.effort import assumed_figures, set_up
from sim.strategies.plan import Deployment, UpFront
from sim.strategies.technique import Context


@dataclass(frozen=True, slots=True)
class BatchLimit:
    """At most so many sequences are in the batch of a replica."""

    limit: int | Literal["promise"]
    technique: entries.Technique

    @classmethod
    def build(cls, context: Context) -> BatchLimit:
        """From `batch_max: N` or `batch_max: promise`."""
        return cls(context.measure.options["batch_max"], context.catalogue.technique("batch-max", "any"))

    def obstacle(self, target: Deployment) -> str | None:
        """A fixed-time model has no batch, and without a promise there is nothing to keep."""
        service = target.service
        if target.variant.model.family == "fixed-time":
            return f"'{service.name}' takes one request at a time"
        if self.limit == "promise" and service.slo.tpot_p99_s is None:
            return f"'{service.name}' promises no time per output token"
        return None

    def apply(self, target: Deployment) -> Deployment:
        """The service with this limit."""
        return replace(target, batch_limit=self.limit)

    def upfront(self, target: Deployment) -> UpFront:
        """An engineer's hours."""
        return set_up("compute", self.technique, f"batch_max {self.limit}", target.service.name)

    def assumed(self) -> tuple[str, ...]:
        """The technique's assumed figures."""
        return assumed_figures(self.technique)
