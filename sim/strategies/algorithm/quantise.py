"""Weights in fewer bits: fewer bytes to hold and read, and the peak of a narrower format where the device has one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sim.catalog import entries
from sim.strategies.algorithm.order import lost_work
from sim.strategies.effort import assumed_figures, technique_cost
from sim.strategies.plan import Deployment, UpFront
from sim.strategies.published import FIXED_TIME, quantised
from sim.strategies.technique import Context


@dataclass(frozen=True, slots=True)
class Quantisation:
    """Quantises a model after training; what that makes faster follows from bytes and peaks alone."""

    weights: entries.Precision
    technique: entries.Technique
    devices: Mapping[str, entries.Accelerator]  # by pool

    @classmethod
    def build(cls, context: Context) -> Quantisation:
        """From `quantise: PRECISION`."""
        precision = context.measure.options["quantise"]
        devices = {pool.name: pool.node.accelerator for pool in context.scenario.pools}
        technique = context.catalogue.technique("quantise", precision)
        return cls(context.catalogue.precision(precision), technique, devices)

    def obstacle(self, target: Deployment) -> str | None:
        """Only weights as published can be quantised, to fewer bytes, in a format that the device can compute from."""
        service, variant = target.service.name, target.variant
        if variant.model.family == FIXED_TIME:
            return f"'{service}' runs a fixed-time model, which has no weights"
        if variant.weights.bytes_per_value <= self.weights.bytes_per_value:
            return f"the weights of '{service}' are {variant.weights.name}: {self.weights.name} holds no fewer bytes"
        if variant.weights.bytes_per_value < 2.0 and variant.weights.name != variant.model.precision:
            return f"the weights of '{service}' are quantised to {variant.weights.name} already"
        device = self.devices[target.service.pool]
        if not any(name in device.flops for name in self.weights.compute):
            computes = " or ".join(self.weights.compute)
            return f"'{service}' runs on {device.name}, which computes in none of {computes} that it needs"
        return lost_work(target, "quantise")

    def apply(self, target: Deployment) -> Deployment:
        """The service with narrower weights."""
        return quantised(target, self.weights, self.technique)

    def upfront(self, target: Deployment) -> UpFront:
        """Calibration on accelerators and an engineer's time."""
        return technique_cost("algorithm", self.technique, target, target.variant.parameters)

    def assumed(self) -> tuple[str, ...]:
        """The technique's assumed figures."""
        return assumed_figures(self.technique)
