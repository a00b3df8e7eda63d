"""Keys and values of the context in fewer bits: more sequences fit, and less is read for each token decoded.

Attention unpacks them on the way, so no arithmetic of the format is needed and no peak changes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sim.catalog import entries
from sim.strategies.accuracy import effect_of, with_effect
from sim.strategies.algorithm.order import lost_work
from sim.strategies.effort import assumed_figures, technique_cost
from sim.strategies.plan import Deployment, UpFront
from sim.strategies.technique import Context

TECHNIQUE = "quantise-kv"
LANGUAGE = "llm"  # the family that keeps keys and values


@dataclass(frozen=True, slots=True)
class CacheQuantisation:
    """A narrower KV cache; half the bytes hold twice the context."""

    cache: entries.Precision
    technique: entries.Technique

    @classmethod
    def build(cls, context: Context) -> CacheQuantisation:
        """From `quantise_kv: PRECISION`, or `kv: PRECISION` beside `quantise`."""
        precision = context.measure.options["quantise_kv"]
        return cls(context.catalogue.precision(precision), context.catalogue.technique(TECHNIQUE, precision))

    def obstacle(self, target: Deployment) -> str | None:
        """Only language models keep a cache, and it is quantised once, to fewer bytes."""
        service, variant = target.service.name, target.variant
        if variant.model.family != LANGUAGE:
            return f"'{service}' runs a model of family {variant.model.family}, which keeps no keys and values"
        if variant.kv_cache.bytes_per_value <= self.cache.bytes_per_value:
            return f"the KV cache of '{service}' is {variant.kv_cache.name}: {self.cache.name} holds no fewer bytes"
        if any(step.startswith("kv-") for step in variant.steps):
            return f"the KV cache of '{service}' is quantised to {variant.kv_cache.name} already"
        return lost_work(target, "quantise_kv")

    def apply(self, target: Deployment) -> Deployment:
        """The service with a narrower cache."""
        steps = (*target.variant.steps, f"kv-{self.cache.name}")
        narrow = replace(target, variant=replace(target.variant, kv_cache=self.cache, steps=steps))
        return with_effect(narrow, *effect_of(self.technique, target))

    def upfront(self, target: Deployment) -> UpFront:
        """Calibration of scales, and tests at the longest contexts."""
        cost = technique_cost("algorithm", self.technique, target, target.variant.parameters)
        return replace(cost, measure=f"quantise kv {self.cache.name}")

    def assumed(self) -> tuple[str, ...]:
        """The technique's assumed figures."""
        return assumed_figures(self.technique)
