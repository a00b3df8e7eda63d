"""Outputs leave the model early where it is sure of them: fewer layers on average, some answers the worse for it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sim.catalog import entries
from sim.models.early_exit import EarlyExit
from sim.strategies.accuracy import effect_of, with_effect
from sim.strategies.effort import assumed_figures, technique_cost
from sim.strategies.plan import Deployment, UpFront
from sim.strategies.published import FIXED_TIME
from sim.strategies.technique import Context

STEP = "early-exit"


@dataclass(frozen=True, slots=True)
class EarlyExiting:
    """A share of the layers is skipped on average; the technique's accuracy factor is that of outputs that left."""

    early_exit: EarlyExit
    technique: entries.Technique

    @classmethod
    def build(cls, context: Context) -> EarlyExiting:
        """From `specialise: {early_exit: {share: S}}`."""
        technique = context.catalogue.technique("specialise", STEP)
        share = float(context.measure.options["early_exit"]["share"])
        return cls(EarlyExit(skipped=share, depth=technique.figures["depth"]), technique)

    def obstacle(self, target: Deployment) -> str | None:
        """A model has layers to leave early from; at most all outputs leave, and a draft leaves early already."""
        name, variant = target.service.name, target.variant
        if variant.model.family == FIXED_TIME:
            return f"'{name}' runs a fixed-time model, which has no layers"
        if self.early_exit.leaving > 1.0:
            most = 1.0 - self.early_exit.depth
            return f"outputs that leave after {self.early_exit.depth:g} of the layers skip at most {most:g} of them"
        if STEP in variant.steps:
            return f"outputs of '{name}' leave early already"
        if variant.speculation.draft_tokens:
            return f"'{name}' verifies drafts, which runs all layers"
        return None

    def apply(self, target: Deployment) -> Deployment:
        """The service with exits; none skipped, as it was but for its name."""
        variant = replace(target.variant, early_exit=self.early_exit, steps=(*target.variant.steps, STEP))
        leaving, (factor, spread) = self.early_exit.leaving, effect_of(self.technique, target)
        return with_effect(replace(target, variant=variant), 1.0 - leaving * (1.0 - factor), leaving * spread)

    def upfront(self, target: Deployment) -> UpFront:
        """Training the exits, and the engineer."""
        cost = technique_cost("vertical", self.technique, target, target.variant.parameters)
        return replace(cost, measure=f"early exit {self.early_exit.skipped:g}")

    def assumed(self) -> tuple[str, ...]:
        """The technique's assumed figures."""
        return assumed_figures(self.technique)
