"""Answers that are remembered: a request like one before is answered at once and never reaches a replica."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sim.catalog import entries
from sim.strategies.accuracy import effect_of, with_effect
from sim.strategies.effort import assumed_figures, technique_cost
from sim.strategies.plan import Deployment, ResponseCache, UpFront
from sim.strategies.published import FIXED_TIME
from sim.strategies.technique import Context


@dataclass(frozen=True, slots=True)
class Remembering:
    """A share of the requests, drawn by their number, hits; the technique's accuracy factor is that of hits alone.

    The look-up runs beside the queue, so requests that miss lose no time by it.
    """

    cache: ResponseCache
    technique: entries.Technique

    @classmethod
    def build(cls, context: Context) -> Remembering:
        """From `specialise: {cache: {hit_share: S}}`."""
        technique = context.catalogue.technique("specialise", "cache")
        options = {"answer_s": technique.figures["answer_s"], **context.measure.options["cache"]}
        return cls(ResponseCache(float(options["hit_share"]), float(options["answer_s"])), technique)

    def obstacle(self, target: Deployment) -> str | None:
        """A service remembers its answers once."""
        name = target.service.name
        if target.variant.model.family == FIXED_TIME:
            return f"'{name}' runs a fixed-time model, which answers nothing that could be remembered"
        return f"'{name}' remembers its answers already" if target.cache is not None else None

    def apply(self, target: Deployment) -> Deployment:
        """The service with a memory of answers, some of which are to another question."""
        share, (factor, spread) = self.cache.hit_share, effect_of(self.technique, target)
        return with_effect(replace(target, cache=self.cache), 1.0 - share * (1.0 - factor), share * spread)

    def upfront(self, target: Deployment) -> UpFront:
        """The engineer; the memory itself is an ordinary server that is there."""
        cost = technique_cost("vertical", self.technique, target, target.variant.parameters)
        return replace(cost, measure=f"response cache {self.cache.hit_share:g}")

    def assumed(self) -> tuple[str, ...]:
        """The technique's assumed figures."""
        return assumed_figures(self.technique)
