"""More training examples from the field: every further sample teaches less than the one before.

The effect saturates with the number of samples n: the technique's accuracy factor f is what endless data would give,
and n samples give 1 + (f - 1) * n / (n + half), where `half` is the number that gives half the effect. Samples cost
`usd_per_sample` each; training on them costs accelerator-hours that grow with the samples and the model.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sim.catalog import entries
from sim.strategies.accuracy import in_field, with_effect
from sim.strategies.plan import Deployment, UpFront
from sim.strategies.published import FIXED_TIME
from sim.strategies.technique import Context
from sim.strategies.training import assumed_figures, technique_cost

HALF_SAMPLES = "half_samples"  # the technique's figures by these names
USD_PER_SAMPLE = "usd_per_sample"
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
    def share_of_effect(self) -> float:
        """Share of what endless data would give, 0..1."""
        return self.samples / (self.samples + self.technique.figures[HALF_SAMPLES])

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
        field, share = target.service.field.name, self.share_of_effect
        factor = 1.0 + (in_field(self.technique.accuracy_factor, field, 1.0) - 1.0) * share
        spread = in_field(self.technique.accuracy_spread, field, 0.0) * share
        return with_effect(replace(target, variant=trained), factor, spread)

    def upfront(self, target: Deployment) -> UpFront:
        """The samples, training on them, and the engineer."""
        data_usd = self.samples * self.technique.figures[USD_PER_SAMPLE]
        cost = technique_cost("vertical", self.technique, target, target.variant.parameters)
        return replace(cost, measure=f"augment {self.samples:g} samples", data_usd=cost.data_usd + data_usd)

    def assumed(self) -> tuple[str, ...]:
        """The technique's assumed figures."""
        return assumed_figures(self.technique)
