"""Examples of a field to learn from: what one costs, and what training on them takes of accelerators."""

from __future__ import annotations

from sim.catalog import entries
from sim.models.peaks import peak_flops
from sim.models.variant import Variant
from sim.scenario.specs import Scenario
from sim.units import S_PER_H

TRAINING_PASSES = 3.0  # forward and twice backward (Kaplan et al. 2020, table 1)
PRICES = ("data_usd_per_sample", "label_usd_per_sample")


def sample_usd(field: entries.Field, otherwise: float) -> float:
    """Price of one example and the answer to it in a field [USD]; `otherwise` where the field does not know both."""
    data, label = field.data_usd_per_sample, field.label_usd_per_sample
    return otherwise if data is None or label is None else data + label


def assumed_prices(scenario: Scenario) -> tuple[str, ...]:
    """Dotted names of the prices of examples, in the fields that are served, that have no source but an assumption."""
    fields = {service.field.name: service.field for service in scenario.services}
    return tuple(f"fields.{name}.{key}" for name, each in fields.items() for key in each.assumed() if key in PRICES)


def sample_flops(model: entries.AIModel, field: entries.Field, otherwise_tokens: float) -> float:
    """FLOPs of one pass over one example: a typical request of the field, or one image of it.

    `otherwise_tokens` are those of an example to a language model where the field does not say.
    """
    if model.items is not None:
        speech = field.request.get("audio_s") if model.family == "speech" else None
        return model.items.flops * (speech.mean if speech else 1.0)
    told = [amount.mean for what, amount in field.request.items() if what.endswith("_tokens")]
    return 2.0 * model.active_parameters * (sum(told) or otherwise_tokens)


def training_hours(variant: Variant, flops: float, mfu: float, accelerator: entries.Accelerator) -> float:
    """Accelerator-hours of training on `flops` FLOPs of forward passes, in the format that the variant computes in."""
    return TRAINING_PASSES * flops / (mfu * peak_flops(variant, accelerator)) / S_PER_H
