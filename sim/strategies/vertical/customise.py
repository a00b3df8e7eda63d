"""A model tuned to its field with low-rank adapters: little to train, a few more bytes to read, fewer errors."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sim.catalog import entries
from sim.strategies.accuracy import in_field, with_effect
from sim.strategies.effort import assumed_figures, technique_cost
from sim.strategies.plan import Deployment, UpFront
from sim.strategies.published import FIXED_TIME
from sim.strategies.technique import Context


@dataclass(frozen=True, slots=True)
class Customisation:
    """Adapters stay beside the weights, so they are read with them at every step."""

    technique: entries.Technique

    @classmethod
    def build(cls, context: Context) -> Customisation:
        """From `customise: METHOD`."""
        return cls(context.catalogue.technique("customise", context.measure.options["customise"]))

    def obstacle(self, target: Deployment) -> str | None:
        """A model is customised once, and only if it has weights."""
        if target.variant.model.family == FIXED_TIME:
            return f"'{target.service.name}' runs a fixed-time model, which has no weights"
        if self.technique.option in target.variant.steps:
            return f"'{target.service.name}' is customised by {self.technique.option} already"
        return None

    def apply(self, target: Deployment) -> Deployment:
        """The service with adapters."""
        variant = target.variant
        adapted = replace(
            variant,
            adapter_byte_share=variant.adapter_byte_share + self.technique.figures.get("adapter_byte_share", 0.0),
            steps=(*variant.steps, self.technique.option),
        )
        field = target.service.field.name
        factor = in_field(self.technique.accuracy_factor, field, 1.0)
        spread = in_field(self.technique.accuracy_spread, field, 0.0)
        return with_effect(replace(target, variant=adapted), factor, spread)

    def upfront(self, target: Deployment) -> UpFront:
        """Training that grows with the model, the engineer, and what the technique needs of data."""
        return technique_cost("vertical", self.technique, target, target.variant.parameters)

    def assumed(self) -> tuple[str, ...]:
        """The technique's assumed figures."""
        return assumed_figures(self.technique)
