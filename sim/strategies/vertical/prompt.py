"""More said with every request: instructions and examples, or passages that are looked up first. Nothing is trained."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sim.catalog import entries
from sim.strategies.accuracy import effect_of, with_effect
from sim.strategies.effort import assumed_figures, technique_cost
from sim.strategies.plan import Deployment, UpFront
from sim.strategies.technique import Context

SPEAKS = "llm"  # the family that takes prompts


@dataclass(frozen=True, slots=True)
class Prompting:
    """Every prompt grows by as many tokens; looking up takes a fixed time before a replica has the request."""

    technique: entries.Technique
    added_tokens: int
    retrieval_s: float = 0.0
    documents: float = 0.0  # that are indexed

    @classmethod
    def build(cls, context: Context) -> Prompting:
        """From `customise: prompt` or `customise: rag`, whose options take the place of the technique's figures."""
        options = context.measure.options
        technique = context.catalogue.technique("customise", options["method"])
        figures = {**technique.figures, **{key: value for key, value in options.items() if key != "method"}}
        return cls(
            technique,
            int(figures["added_tokens"]),
            float(figures.get("retrieval_s", 0.0)),
            float(figures.get("documents", 0.0)),
        )

    def obstacle(self, target: Deployment) -> str | None:
        """Only language models take prompts, and each way of growing them is gone once."""
        name, variant = target.service.name, target.variant
        if variant.model.family != SPEAKS:
            return f"'{name}' runs a {variant.model.family} model, which takes no prompts"
        if self.technique.option in variant.steps:
            return f"'{name}' is customised by {self.technique.option} already"
        return None

    def apply(self, target: Deployment) -> Deployment:
        """The service with longer prompts, and the accuracy that they bring; nothing said more teaches nothing."""
        told = replace(
            target,
            variant=replace(target.variant, steps=(*target.variant.steps, self.technique.option)),
            added_tokens=target.added_tokens + self.added_tokens,
            decision_s=target.decision_s + self.retrieval_s,
        )
        return with_effect(told, *effect_of(self.technique, target)) if self.added_tokens else told

    def upfront(self, target: Deployment) -> UpFront:
        """The engineer, and the index over the documents."""
        cost = technique_cost("vertical", self.technique, target, target.variant.parameters)
        index_usd = self.documents * self.technique.figures.get("usd_per_document", 0.0)
        return replace(cost, data_usd=cost.data_usd + index_usd)

    def assumed(self) -> tuple[str, ...]:
        """The technique's assumed figures."""
        return assumed_figures(self.technique)
