"""What a reader should know before believing an estimate: figures assumed, and questions outside what was measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil, floor

from sim.catalog.entries import ASSUMED
from sim.models.estimate import Point, Replica, computes_natively
from sim.models.serving import engine_fit

BATCHES_NAMED = 5
SLACK = 0.95  # models of one size class differ by a few percent in their count of parameters
PARAMETERS_PER_GPARAMETER = 1e9
POWER_TERMS = ("power.floor_w", "power.memory_w", "power.compute_w")


def estimate_warnings(replica: Replica, points: Sequence[Point]) -> tuple[str, ...]:
    """Warnings in reading order, each once."""
    texts = (
        *(point.why_not for point in points if point.why_not is not None),
        *_of_format(replica),
        *_of_time(replica),
        *_of_range(replica, points),
        *_of_power(replica),
        *_of_batches(replica, points),
    )
    return tuple(dict.fromkeys(texts))


def _of_format(replica: Replica) -> Iterator[str]:
    weights, accelerator = replica.variant.weights, replica.accelerator
    if not computes_natively(weights, accelerator):
        used = next(name for name in weights.compute if name in accelerator.flops)
        yield f"{accelerator.name} has no native {weights.name}: weights are held in it, computing is {used}"


def _of_time(replica: Replica) -> Iterator[str]:
    """Devices without measurements, and constants that no measurement tells."""
    engine, name = replica.engine, replica.accelerator.name
    mixture = replica.variant.model.experts > 1 and engine.expert_fallback is not None
    fits, block = (engine.expert_fits, "expert_fits") if mixture else (engine.fits, "fits")
    models = "mixtures of experts" if mixture else "models"
    if name not in fits:
        measured = f"{models} were measured on {', '.join(fits)}" if fits else f"no {models} were measured"
        yield f"{engine.name} on {name} is outside what was measured ({measured}): its time constants are assumed"
        return
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
    }
    return {name for name, is_felt in felt.items() if not is_felt}


def _of_range(replica: Replica, points: Sequence[Point]) -> Iterator[str]:
    """Batches, model sizes and degrees of parallelism beyond the rows that the constants were fitted to."""
    fit = engine_fit(replica.engine, replica.accelerator, replica.variant.model)
    limits = fit.measured
    if limits is None:
        return
    where = f"of the {limits.rows} rows measured with {replica.engine.name} on {replica.accelerator.name}"
    least, most = floor(limits.batch_min), ceil(limits.batch_max)
    outside = [point.batch for point in points if point.fits and not least <= point.batch <= most]
    if outside:
        named = ", ".join(f"{batch:,}" for batch in outside[:BATCHES_NAMED])
        more = ", ..." if len(outside) > BATCHES_NAMED else ""
        yield f"batch {named}{more} is outside the measured range, {least:,} to {most:,} {where}"
    size = replica.variant.active_parameters / PARAMETERS_PER_GPARAMETER
    if not SLACK * limits.active_gparameters_min <= size <= limits.active_gparameters_max / SLACK:
        span = f"{limits.active_gparameters_min:.3g} to {limits.active_gparameters_max:.3g}"
        yield f"{size:.3g} billion active parameters are outside the measured range, {span} {where}"
    if replica.layout.tensor_parallel > limits.tensor_parallel_max:
        degree = replica.layout.tensor_parallel
        yield f"tensor_parallel {degree} is outside the measured range, up to {limits.tensor_parallel_max} {where}"


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
