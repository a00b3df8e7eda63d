"""A small draft proposes tokens, the model verifies them: more tokens per reading of the weights, the same answers."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sim.catalog import entries
from sim.models.speculation import Speculation
from sim.strategies.effort import assumed_figures, technique_cost
from sim.strategies.plan import Deployment, UpFront
from sim.strategies.technique import Context

MEASURE = "speculate"
USUAL = "eagle-3"  # technique whose draft stands in where none is named
LANGUAGE = "llm"  # the family that makes one token after another


@dataclass(frozen=True, slots=True)
class Speculating:
    """Drafts for a language model; what that makes faster follows from bytes, arithmetic and what is accepted."""

    speculation: Speculation
    technique: entries.Technique

    @classmethod
    def build(cls, context: Context) -> Speculating:
        """From `speculate: METHOD` or `speculate: {draft_tokens, acceptance}`."""
        options = context.measure.options
        technique = context.catalogue.technique(MEASURE, options.get("method", USUAL))
        return cls(drafted(technique, options.get("draft_tokens"), options.get("acceptance")), technique)

    def obstacle(self, target: Deployment) -> str | None:
        """Only language models make tokens one after another, and one draft is enough."""
        service, variant = target.service.name, target.variant
        if variant.model.family != LANGUAGE:
            return f"'{service}' runs a model of family {variant.model.family}; only language models verify drafts"
        if variant.speculation.draft_tokens:
            return f"'{service}' drafts {variant.speculation.draft_tokens} tokens already"
        return None

    def apply(self, target: Deployment) -> Deployment:
        """The service with a draft; without drafted tokens, as it was."""
        if not self.speculation.draft_tokens:
            return target
        steps = (*target.variant.steps, self.technique.option)
        return replace(target, variant=replace(target.variant, speculation=self.speculation, steps=steps))

    def upfront(self, target: Deployment) -> UpFront:
        """Training the draft on the model's own answers, and an engineer's time; nothing where nothing is drafted."""
        cost = technique_cost("algorithm", self.technique, target, target.variant.parameters)
        return cost if self.speculation.draft_tokens else UpFront(family=cost.family, measure=cost.measure)

    def assumed(self) -> tuple[str, ...]:
        """The technique's assumed figures."""
        return assumed_figures(self.technique)


def drafted(technique: entries.Technique, draft_tokens: int | None, acceptance: float | None) -> Speculation:
    """The technique's draft, with another length and another acceptance where they are given."""
    figures = technique.figures
    return Speculation(
        draft_tokens=int(figures["draft_tokens"]) if draft_tokens is None else draft_tokens,
        acceptance=figures["acceptance"] if acceptance is None else acceptance,
        step_share=figures["step_share"],
        memory_share=figures["memory_share"],
    )
