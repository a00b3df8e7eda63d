"""A service before any measure: the model as published, or in the narrower number format that the scenario names."""

from __future__ import annotations

from dataclasses import replace

from sim.catalog import Catalogue, entries
from sim.errors import Problem, ScenarioError
from sim.models.variant import Variant
from sim.scenario.specs import Service
from sim.strategies.accuracy import effect_of, with_effect
from sim.strategies.plan import Deployment

FIXED_TIME = "fixed-time"  # the family without weights: only its service times are known
CACHE_PRECISION = "bf16"  # serving engines keep the KV cache 16 bits wide by default, however narrow the weights are
CACHE_BYTES = 2.0


def published(service: Service, model: entries.AIModel, precision: str, catalogue: Catalogue) -> Deployment:
    """The service on a model in a number format, with the accuracy this has in the service's field.

    Weights narrower than the model was published in cost accuracy whoever quantised them, so the effect of the
    technique `quantise.<precision>` is in; what quantising costs is not.

    Raises ScenarioError where the catalogue knows no accuracy of the model in the field.
    """
    own, weights = catalogue.precision(model.precision), catalogue.precision(precision)
    accuracy = field_accuracy(service, model)
    plain = Deployment(
        service=service,
        variant=published_variant(model, own, catalogue),
        accuracy=accuracy,
        accuracy_sd=0.0,
        ungated_gain=accuracy / service.field.target,
    )
    if weights.bytes_per_value >= own.bytes_per_value:
        return with_weights(plain, weights)
    return quantised(plain, weights, catalogue.technique("quantise", precision))


def published_variant(model: entries.AIModel, weights: entries.Precision, catalogue: Catalogue) -> Variant:
    """The model with its weights in a format; the cache in the model's own, at least 16 bits wide."""
    own = catalogue.precision(model.precision)
    cache = own if own.bytes_per_value >= CACHE_BYTES else catalogue.precision(CACHE_PRECISION)
    return Variant(model=model, weights=weights, kv_cache=cache)


def quantised(deployment: Deployment, weights: entries.Precision, technique: entries.Technique) -> Deployment:
    """The service with its weights in a narrower format, and what that does to its accuracy in the field."""
    return with_effect(with_weights(deployment, weights), *effect_of(technique, deployment))


def with_weights(deployment: Deployment, weights: entries.Precision) -> Deployment:
    """The service with its weights in another format of the same quality."""
    return replace(deployment, variant=replace(deployment.variant, weights=weights))


def field_accuracy(service: Service, model: entries.AIModel) -> float:
    """Accuracy of a model on the metric of the service's field; 1 for fixed-time models, which answer nothing."""
    known = model.accuracy.get(service.field.name)
    if known is not None:
        return known
    if model.family == FIXED_TIME:
        return 1.0
    fields = ", ".join(sorted(model.accuracy)) or "none"
    text = f"the catalogue knows no accuracy of '{model.name}' in field '{service.field.name}'; it knows: {fields}"
    raise ScenarioError(Problem(text, path=f"services.{service.name}.field"))
