"""Accelerator-seconds that a variant of a model needs per output token, and the leanest variant that would do.

The performance model answers for one replica at a constant batch, the run's mean, on the service's accelerators at
their full clock and without a power cap: clocks and caps belong to the energy family. Prompts take their share.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from math import inf

from sim.catalog import Catalogue
from sim.catalog.entries import Accelerator, AIModel, Precision
from sim.economics.served import lean_share
from sim.errors import Problem, ScenarioError
from sim.models.layout import Layout
from sim.models.variant import Variant
from sim.record.ledger import ServiceTotals
from sim.scenario.specs import Service
from sim.strategies.accuracy import changed_accuracy, in_field
from sim.strategies.plan import Deployment
from sim.strategies.published import FIXED_TIME, published_variant


@dataclass(frozen=True, slots=True, kw_only=True)
class Leanness:
    """A service's variant beside the leanest that keeps the field's floor (or the pinned one)."""

    reference: str  # name of the variant
    reference_s: float  # accelerator-seconds per output token
    used_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """The operating point at which variants are compared."""

    batch: int
    input_tokens: float  # of one request, mean
    output_tokens: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """A published variant and its accuracy in one field."""

    variant: Variant
    accuracy: float


def leanness(
    deployment: Deployment, totals: ServiceTotals, accelerator: Accelerator, catalogue: Catalogue
) -> Leanness | None:
    """The used variant against its reference; None where there are no tokens or nothing was completed.

    The used variant is a candidate itself, so the reference never takes longer. Candidates that do not fit the
    service's accelerators, or that these cannot compute, are left out.
    """
    load = operating_point(totals)
    if load is None or deployment.variant.model.family == FIXED_TIME:
        return None
    service = deployment.service
    used_s = accelerator_s_per_token(deployment.variant, service, accelerator, load)
    lean, share = deployment.lean, lean_share(totals)
    if lean is not None and share > 0.0:
        used_s += share * (accelerator_s_per_token(lean.variant, service, accelerator, load) - used_s)
    cascade = deployment.cascade
    if cascade is not None:  # every output has one of the first model behind it, those passed on one of their own
        first_s = accelerator_s_per_token(cascade.first.variant, cascade.first.service, accelerator, load)
        used_s = first_s + (1.0 - cascade.keep_share) * used_s
    best = Leanness(reference=deployment.variant.name, reference_s=used_s, used_s=used_s)
    for candidate in _candidates_for(service, catalogue):
        try:
            seconds = accelerator_s_per_token(candidate.variant, service, accelerator, load)
        except ScenarioError:
            continue
        if seconds < best.reference_s:
            best = Leanness(reference=candidate.variant.name, reference_s=seconds, used_s=used_s)
    return best


def operating_point(totals: ServiceTotals) -> Load | None:
    """Mean batch and lengths of the run; None where no token was produced."""
    if not totals.mean_batch or not totals.completed or not totals.output_tokens:
        return None
    return Load(
        batch=max(1, round(totals.mean_batch)),
        input_tokens=totals.input_tokens / totals.completed,
        output_tokens=totals.output_tokens / totals.completed,
    )


def accelerator_s_per_token(variant: Variant, service: Service, accelerator: Accelerator, load: Load) -> float:
    """Accelerator-seconds per output token, or ScenarioError where the variant cannot run.

    A variant whose memory holds fewer sequences than the load's batch is judged at what it holds.
    """
    context = load.input_tokens + load.output_tokens / 2.0
    if variant.model.family != "llm":
        return _of_items(variant, service, accelerator, load, context)
    from sim.models.full_clock import batch_at_most, time_per_token_s

    layout, engine = Layout(tensor_parallel=service.tensor_parallel), service.engine
    batch = batch_at_most(variant, engine, accelerator, layout, context, load.batch)
    lengths = (load.input_tokens, load.output_tokens, context)
    return service.tensor_parallel * time_per_token_s(variant, engine, accelerator, layout, batch, *lengths) / batch


def _of_items(variant: Variant, service: Service, accelerator: Accelerator, load: Load, context: float) -> float:
    """The same of models that take items, by their tables."""
    from sim.models.replica import replica_tables
    from sim.models.steady import steady_state

    engine = replace(service.engine, batch_max=min(load.batch, service.engine.batch_max))
    tables = replica_tables(variant, engine, _at_full_clock(accelerator), service.tensor_parallel, context)
    steady = steady_state(tables, min(load.batch, tables.batch_max), load.input_tokens, load.output_tokens)
    return service.tensor_parallel / steady.output_tokens_per_s


def _at_full_clock(accelerator: Accelerator) -> Accelerator:
    """The accelerator with the two ends of its clock grid alone and no power limit: small tables, the same top row."""
    clock = accelerator.clock
    return replace(
        accelerator, tdp_w=inf, clock=replace(clock, step_mhz=max(clock.max_mhz - clock.min_mhz, clock.step_mhz))
    )


def _candidates_for(service: Service, catalogue: Catalogue) -> Iterator[Candidate]:
    """The pinned reference alone, or every variant of the catalogue that keeps the field's floor."""
    known = candidates(catalogue, service.field.name)
    if service.reference is None:
        yield from (each for each in known if each.accuracy >= service.field.floor)
        return
    pinned = [each for each in known if each.variant.name == service.reference]
    if not pinned:
        names = ", ".join(each.variant.name for each in known)
        text = f"no variant '{service.reference}' with a known accuracy in field '{service.field.name}'; known: {names}"
        raise ScenarioError(Problem(text, path=f"services.{service.name}.reference"))
    yield from pinned


@lru_cache(maxsize=64)
def candidates(catalogue: Catalogue, field: str) -> tuple[Candidate, ...]:
    """Models with an accuracy in the field, as published and in each narrower format that can be quantised to."""
    models = (catalogue.model(name) for name in catalogue.names("models"))
    return tuple(
        each for model in models if field in model.accuracy for each in _in_all_formats(model, field, catalogue)
    )


def _in_all_formats(model: AIModel, field: str, catalogue: Catalogue) -> Iterator[Candidate]:
    """The model as published, then quantised."""
    own = catalogue.precision(model.precision)
    yield Candidate(published_variant(model, own, catalogue), model.accuracy[field])
    for weights in quantised_formats(catalogue):
        if weights.bytes_per_value < own.bytes_per_value:
            effects = catalogue.technique("quantise", weights.name).accuracy_factor
            accuracy = changed_accuracy(model.accuracy[field], in_field(effects, field, 1.0))
            yield Candidate(published_variant(model, weights, catalogue), accuracy)


def quantised_formats(catalogue: Catalogue) -> tuple[Precision, ...]:
    """Number formats for which the catalogue has a technique of quantising."""
    techniques = catalogue.names("techniques")
    return tuple(
        catalogue.precision(name) for name in catalogue.names("precisions") if f"quantise.{name}" in techniques
    )
