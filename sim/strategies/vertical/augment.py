"""More training examples from the field: every further sample teaches less than the one before.

The effect saturates with the number of samples n: factor = 1 + max_gain * n / (n + half_saturation_samples), on top of
what the technique does in the field anyway. Samples cost `usd_per_sample` each, training on them accelerator-hours that
grow with the model.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sim.catalog import entries
from sim.strategies.accuracy import in_field, with_effect
from sim.strategies.effort import assumed_figures, technique_cost
from sim.strategies.plan import Deployment, UpFront
from sim.strategies.published import FIXED_TIME
from sim.strategies.technique import Context

STEP = "augment"


@dataclass(frozen=True, slots=True)
class Augmentation:
    """Fine-tuning on added samples of the field."""

    samples: float
    technique: entries.Technique

    @classmethod
    def build(cls, context: Context) -> Augmentation:
        """From `augment: {samples: N}`."""
        return cls(float(context.measure.options["samples"]), context.catalogue.technique("augment", "samples"))

    @property
    def saturation(self) -> float:
        """Share of what endless data would give, 0..1."""
        return self.samples / (self.samples + self.technique.figures["half_saturation_samples"])

    def obstacle(self, target: Deployment) -> str | None:
        """A model learns from added samples once, and only if it has weights."""
        if target.variant.model.family == FIXED_TIME:
            return f"'{target.service.name}' runs a fixed-time model, which has no weights"
        if STEP in target.variant.steps:
            return f"'{target.service.name}' is trained on added samples already"
        return None

    def apply(self, target: Deployment) -> Deployment:
        """The service with the accuracy that the samples bring; bytes and operations stay."""
        trained = replace(target.variant, steps=(*target.variant.steps, STEP))
        field = target.service.field.name
        gain = 1.0 + self.technique.figures["max_gain"] * self.saturation
        factor = in_field(self.technique.accuracy_factor, field, 1.0) * gain
        spread = in_field(self.technique.accuracy_spread, field, 0.0) * self.saturation
        return with_effect(replace(target, variant=trained), factor, spread)

    def upfront(self, target: Deployment) -> UpFront:
        """The samples, training on them, and the engineer."""
        data_usd = self.samples * self.technique.figures["usd_per_sample"]
        cost = technique_cost("vertical", self.technique, target, target.variant.parameters)
        return replace(cost, measure=f"augment {self.samples:g} samples", data_usd=cost.data_usd + data_usd)

    def assumed(self) -> tuple[str, ...]:
        """The technique's assumed figures."""
        return assumed_figures(self.technique)
