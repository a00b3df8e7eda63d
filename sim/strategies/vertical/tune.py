"""A model trained on examples of its field: all of its weights, or low-rank adapters beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

from sim.catalog import Catalogue, entries
from sim.scenario.specs import Pool
from sim.strategies.accuracy import effect_of, with_effect
from sim.strategies.effort import assumed_figures, technique_cost
from sim.strategies.plan import Deployment, UpFront
from sim.strategies.published import FIXED_TIME
from sim.strategies.technique import Context
from sim.strategies.vertical.samples import assumed_prices, sample_flops, sample_usd, training_hours

FULL, LORA = "full", "lora"
STATE_BYTES = 16.0  # per parameter while all are trained with Adam in mixed precision (arXiv 1910.02054, section 3.1)


@dataclass(frozen=True, slots=True)
class Tuning:
    """Adapters stay beside the weights and are read with them at every step; a full fine-tune leaves no trace there."""

    METHODS: ClassVar[tuple[str, ...]] = (FULL, LORA)

    technique: entries.Technique
    pools: Mapping[str, Pool] = field(default_factory=dict)
    catalogue: Catalogue | None = None
    prices: tuple[str, ...] = ()  # assumed ones of the fields served

    @classmethod
    def build(cls, context: Context) -> Tuning:
        """From `customise: full` or `customise: lora`."""
        technique = context.catalogue.technique("customise", context.measure.options["method"])
        pools = {pool.name: pool for pool in context.scenario.pools}
        return cls(technique, pools, context.catalogue, assumed_prices(context.scenario))

    def obstacle(self, target: Deployment) -> str | None:
        """A model is tuned once, if it has weights; to train all of them the pool must hold the optimiser's state."""
        name, variant = target.service.name, target.variant
        if variant.model.family == FIXED_TIME:
            return f"'{name}' runs a fixed-time model, which has no weights"
        tuned = [step for step in variant.steps if step in self.METHODS]
        if tuned:
            return f"'{name}' is customised by {tuned[0]} already"
        if self.technique.option != FULL:
            return None
        pool = self.pools[target.service.pool]
        needs, has = STATE_BYTES * variant.parameters, pool.accelerators * pool.node.accelerator.memory_bytes
        if needs > has:
            return f"training all of '{name}' keeps {needs / 1e9:,.0f} GB; pool '{pool.name}' has {has / 1e9:,.0f} GB"
        return None

    def apply(self, target: Deployment) -> Deployment:
        """The service on the tuned model."""
        variant, option = target.variant, self.technique.option
        tuned = replace(
            variant,
            adapter_byte_share=variant.adapter_byte_share + self.technique.figures.get("adapter_byte_share", 0.0),
            steps=(*variant.steps, option),
        )
        return with_effect(replace(target, variant=tuned), *effect_of(self.technique, target))

    def upfront(self, target: Deployment) -> UpFront:
        """Training that grows with the model, the engineer, and the examples at the field's prices."""
        figures, service = self.technique.figures, target.service
        cost = technique_cost("vertical", self.technique, target, target.variant.parameters)
        each_usd = sample_usd(service.field, figures.get("usd_per_sample", 0.0))
        return replace(
            cost,
            accelerator_h=cost.accelerator_h + self._training_hours(target),
            data_usd=cost.data_usd + figures.get("samples", 0.0) * each_usd,
        )

    def _training_hours(self, target: Deployment) -> float:
        """Accelerator-hours of a full fine-tune on the service's pool, in the format the model was published in."""
        figures, model = self.technique.figures, target.variant.model
        if self.technique.option != FULL or self.catalogue is None:
            return 0.0
        each = sample_flops(model, target.service.field, figures["sample_tokens"]) * target.variant.parameter_share
        trained = replace(target.variant, weights=self.catalogue.precision(model.precision))
        device = self.pools[target.service.pool].node.accelerator
        return training_hours(trained, figures["samples"] * figures["epochs"] * each, figures["mfu"], device)

    def assumed(self) -> tuple[str, ...]:
        """The technique's assumed figures, and the fields' prices."""
        return assumed_figures(self.technique) + self.prices
