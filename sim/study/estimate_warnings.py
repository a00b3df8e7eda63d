"""What a reader should know before believing an estimate: figures assumed, and questions outside what was measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sim.catalog.entries import ASSUMED
from sim.models.coverage import out_of_range
from sim.models.estimate import Point, Replica, computes_natively
from sim.models.serving import engine_fit

POWER_TERMS = ("power.floor_w", "power.memory_w", "power.compute_w")


def estimate_warnings(replica: Replica, points: Sequence[Point]) -> tuple[str, ...]:
    """Warnings in reading order, each once."""
    texts = (
        *(point.why_not for point in points if point.why_not is not None),
        *_of_format(replica),
        *_of_range(replica, points),
        *_of_constants(replica),
        *_of_power(replica),
        *_of_batches(replica, points),
    )
    return tuple(dict.fromkeys(texts))


def _of_format(replica: Replica) -> Iterator[str]:
    weights, accelerator = replica.variant.weights, replica.accelerator
    if not computes_natively(weights, accelerator):
        used = next(name for name in weights.compute if name in accelerator.flops)
        yield f"{accelerator.name} has no native {weights.name}: weights are held in it, computing is {used}"


def _of_range(replica: Replica, points: Sequence[Point]) -> Iterator[str]:
    """What lies outside the measured rows, at the smallest and the largest batch that fit."""
    batches = [point.batch for point in points if point.fits]
    for batch in dict.fromkeys((min(batches), max(batches)) if batches else ()):
        group = replica.layout.tensor_parallel
        yield from out_of_range(replica.variant, replica.engine, replica.accelerator, group, batch)


def _of_constants(replica: Replica) -> Iterator[str]:
    """Constants of a measured device that no row tells."""
    engine, name = replica.engine, replica.accelerator.name
    block = "expert_fits" if replica.variant.model.experts > 1 and engine.expert_fallback is not None else "fits"
    guessed = {figure.rpartition(".")[2] for figure in engine.assumed() if figure.startswith(f"{block}.{name}.")}
    if felt := sorted(guessed - _without_effect(replica)):
        yield f"{engine.name} on {name}: assumed, as no measurement tells it: {', '.join(felt)}"


def _without_effect(replica: Replica) -> set[str]:
    """Constants of the engine that this replica does not feel."""
    fit, layout = engine_fit(replica.engine, replica.accelerator, replica.variant.model), replica.layout
    felt = {
        "narrow_efficiency": replica.variant.weights.bytes_per_value < 1.0,
        "exchange_s": layout.exchanges,
        "all_reduce_s": layout.tensor_parallel > 1,
        "prompt_s": fit.prompt_s > 0.0,
        "latent_launches": replica.variant.model.latent_size > 0,
        "quantised_launches": replica.variant.model.experts > 1 and replica.variant.weights.bytes_per_value == 1.0,
    }
    return {name for name, is_felt in felt.items() if not is_felt}


def _of_power(replica: Replica) -> Iterator[str]:
    accelerator = replica.accelerator
    if any(accelerator.sources.get(term, "").startswith(ASSUMED) for term in POWER_TERMS):
        why = accelerator.sources[POWER_TERMS[0]]
        yield f"the power curve of {accelerator.name} is {why}: power, energy and what a cap costs rest on it"
    model = replica.variant.model
    if model.experts > 1 and accelerator.name not in model.power_calibration:
        yield f"power of {model.name} on {accelerator.name} is not calibrated: the curve is that of dense models"


def _of_batches(replica: Replica, points: Sequence[Point]) -> Iterator[str]:
    limit = replica.engine.batch_max
    if any(point.fits and point.batch > limit for point in points):
        yield f"{replica.engine.name} decodes at most {limit:,} sequences at once unless told otherwise"
