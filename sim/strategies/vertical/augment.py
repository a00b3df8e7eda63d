"""More training examples from the field: every further sample teaches less than the one before, and bad ones mislead.

With n samples of quality q, factor = 1 + max_gain * n / (n + half_saturation_samples) * (q - q0) / (1 - q0): all of the
gain where every answer is right (q = 1), none at the technique's `useless_quality` q0, a loss below it. It comes on top
of what the technique does in the field anyway. Samples cost what the field says, training on them accelerator-hours
that grow with the model.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sim.catalog import entries
from sim.strategies.accuracy import in_field, with_effect
from sim.strategies.effort import assumed_figures, technique_cost
from sim.strategies.plan import Deployment, UpFront
from sim.strategies.published import FIXED_TIME
from sim.strategies.technique import Context
from sim.strategies.vertical.samples import assumed_prices, sample_usd

STEP = "augment"


@dataclass(frozen=True, slots=True)
class Augmentation:
    """Fine-tuning on added samples of the field."""

    samples: float
    technique: entries.Technique
    quality: float = 1.0  # share of the samples whose answer is right
    prices: tuple[str, ...] = ()  # assumed ones of the fields served

    @classmethod
    def build(cls, context: Context) -> Augmentation:
        """From `augment: {samples: N, quality: Q}`."""
        options, technique = context.measure.options, context.catalogue.technique("augment", "samples")
        quality = float(options.get("quality", 1.0))
        return cls(float(options["samples"]), technique, quality, assumed_prices(context.scenario))

    @property
    def saturation(self) -> float:
        """Share of what endless data would give, 0..1."""
        return self.samples / (self.samples + self.technique.figures["half_saturation_samples"])

    @property
    def lesson(self) -> float:
        """What a sample teaches over what a perfect one does: 1 at quality 1, negative where it misleads."""
        useless = self.technique.figures["useless_quality"]
        return (self.quality - useless) / (1.0 - useless)

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
        gain = 1.0 + self.technique.figures["max_gain"] * self.saturation * self.lesson
        factor = in_field(self.technique.accuracy_factor, field, 1.0) * gain
        spread = in_field(self.technique.accuracy_spread, field, 0.0) * self.saturation
        return with_effect(replace(target, variant=trained), factor, spread)

    def upfront(self, target: Deployment) -> UpFront:
        """The samples at the field's prices, training on them, and the engineer."""
        data_usd = self.samples * sample_usd(target.service.field, self.technique.figures["usd_per_sample"])
        cost = technique_cost("vertical", self.technique, target, target.variant.parameters)
        return replace(cost, measure=f"augment {self.samples:g} samples", data_usd=cost.data_usd + data_usd)

    def assumed(self) -> tuple[str, ...]:
        """The technique's assumed figures, and the fields' prices."""
        return assumed_figures(self.technique) + self.prices
