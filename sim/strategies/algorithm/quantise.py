"""Weights in fewer bits: fewer bytes to hold and read, and the peak of a narrower format where the device has one."""

from __future__ import annotations

from dataclasses import dataclass

from sim.catalog import entries
from sim.strategies.effort import assumed_figures, technique_cost
from sim.strategies.plan import Deployment, UpFront
from sim.strategies.published import FIXED_TIME, quantised
from sim.strategies.technique import Context


@dataclass(frozen=True, slots=True)
class Quantisation:
    """Quantises a model after training; what that makes faster follows from bytes and peaks alone."""

    weights: entries.Precision
    technique: entries.Technique

    @classmethod
    def build(cls, context: Context) -> Quantisation:
        """From `quantise: PRECISION`."""
        precision = context.measure.options["quantise"]
        return cls(context.catalogue.precision(precision), context.catalogue.technique("quantise", precision))

    def obstacle(self, target: Deployment) -> str | None:
        """Only weights as published can be quantised, and only to fewer bytes."""
        service, variant = target.service.name, target.variant
        if variant.model.family == FIXED_TIME:
            return f"'{service}' runs a fixed-time model, which has no weights"
        if variant.weights.bytes_per_value <= self.weights.bytes_per_value:
            return f"the weights of '{service}' are {variant.weights.name}: {self.weights.name} holds no fewer bytes"
        if variant.weights.bytes_per_value < 2.0 and variant.weights.name != variant.model.precision:
            return f"the weights of '{service}' are quantised to {variant.weights.name} already"
        return None

    def apply(self, target: Deployment) -> Deployment:
        """The service with narrower weights."""
        return quantised(target, self.weights, self.technique)

    def upfront(self, target: Deployment) -> UpFront:
        """Calibration on accelerators and an engineer's time."""
        return technique_cost("algorithm", self.technique, target, target.variant.parameters)

    def assumed(self) -> tuple[str, ...]:
        """The technique's assumed figures."""
        return assumed_figures(self.technique)
