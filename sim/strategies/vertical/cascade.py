"""A smaller model answers first; a share of its answers is kept, the rest of the requests go on to the model behind.

Both run on the service's pool, the smaller one on replicas of its own. The accuracy is the mix of both: of those kept,
between the smaller model's and the larger one's, by how well the technique tells good answers from bad (`skill`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sim.catalog import Catalogue, entries
from sim.strategies.accuracy import with_effect
from sim.strategies.effort import assumed_figures, technique_cost
from sim.strategies.plan import Cascade, Deployment, UpFront
from sim.strategies.published import FIXED_TIME, published
from sim.strategies.technique import Context

STEP = "cascade"


@dataclass(frozen=True, slots=True)
class Cascading:
    """The model that goes first, and what it takes with it from the service: format, prompts, cache, router."""

    first: entries.AIModel
    keep_share: float
    replicas: int
    tensor_parallel: int
    behind: int | None  # replicas of the larger model; None: as many as before
    technique: entries.Technique
    catalogue: Catalogue

    @classmethod
    def build(cls, context: Context) -> Cascading:
        """From `specialise: {cascade: {to: MODEL, keep_share: S, replicas: N}}`."""
        options = context.measure.options[STEP]
        return cls(
            first=context.catalogue.model(options["to"]),
            keep_share=float(options["keep_share"]),
            replicas=int(options.get("replicas", 1)),
            tensor_parallel=int(options.get("tensor_parallel", 1)),
            behind=options.get("replicas_behind"),
            technique=context.catalogue.technique("specialise", STEP),
            catalogue=context.catalogue,
        )

    def obstacle(self, target: Deployment) -> str | None:
        """The first model must be smaller, of the same family and known in the field; one cascade is enough."""
        name, model = target.service.name, target.variant.model
        if model.family == FIXED_TIME or self.first.family != model.family:
            return f"'{name}' runs a model of family {model.family}, not {self.first.family}"
        if self.first.parameters >= target.variant.parameters:
            return f"'{self.first.name}' is not smaller than the '{model.name}' of '{name}'"
        if target.service.field.name not in self.first.accuracy:
            return f"the catalogue knows no accuracy of '{self.first.name}' in field '{target.service.field.name}'"
        if target.cascade is not None:
            return f"'{target.cascade.first.variant.model.name}' goes first of '{name}' already"
        if target.adaptation is not None or target.sized:
            return f"the form or the fleet of '{name}' is another measure's, which a cascade does not follow"
        return None

    def apply(self, target: Deployment) -> Deployment:
        """The service with the smaller model before it, and the accuracy of the mix."""
        service = replace(
            target.service,
            model=self.first,
            tensor_parallel=self.tensor_parallel,
            replicas_min=self.replicas,
            replicas_max=self.replicas,
        )
        plain = published(service, self.first, target.variant.weights.name, self.catalogue)
        first = replace(
            plain,
            router=target.router,
            decision_s=target.decision_s,
            added_tokens=target.added_tokens,
            cache=target.cache,
        )
        whole = with_effect(target, *self._effect(target, first))
        named = replace(whole.variant, steps=(*whole.variant.steps, STEP))
        count = self.behind or target.service.replicas_max
        behind = replace(target.service, replicas_min=min(count, target.service.replicas_min), replicas_max=count)
        return replace(whole, variant=named, service=behind, cascade=Cascade(first, self.keep_share))

    def _effect(self, target: Deployment, first: Deployment) -> tuple[float, float]:
        """Accuracy of the mix over that of the model behind, and its standard deviation."""
        gap = max(0.0, 1.0 - first.accuracy / target.accuracy)
        lost = self.keep_share * gap
        return 1.0 - lost * (1.0 - self.technique.figures["skill"]), lost * self.technique.figures["skill_spread"]

    def upfront(self, target: Deployment) -> UpFront:
        """A model that judges answers, trained on some of them, and the engineer."""
        cost = technique_cost("vertical", self.technique, target, self.first.parameters)
        return replace(cost, measure=f"cascade {self.first.name} {self.keep_share:g}")

    def assumed(self) -> tuple[str, ...]:
        """The technique's assumed figures."""
        return assumed_figures(self.technique)
