"""What asks more of the serving model than its measured rows can back."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil, floor

from sim.catalog.entries import Accelerator, ServingEngine
from sim.models.serving import engine_fit
from sim.models.variant import Variant

STUCK = 0.05  # prefill efficiency below which something else than arithmetic rules
SLACK = 0.05  # models of one size class differ by a few percent in their count of parameters


def out_of_range(
    variant: Variant, engine: ServingEngine, accelerator: Accelerator, tensor_parallel: int, batch: float
) -> tuple[str, ...]:
    """Warnings where device, batch, model size or group lie outside what the engine's constants were fitted on."""
    return tuple(_warnings(variant, engine, accelerator, tensor_parallel, batch))


def _warnings(
    variant: Variant, engine: ServingEngine, accelerator: Accelerator, tensor_parallel: int, batch: float
) -> Iterator[str]:
    fit = engine_fit(engine, accelerator, variant.model)
    measured = fit.measured
    where = f"{engine.name} on {accelerator.name}"
    kind = "mixtures of experts" if variant.model.experts > 1 else "dense models"
    if measured is None:
        yield f"{where} was not measured with {kind}: its time constants are assumed"
        return
    if fit.models:
        yield f"{variant.model.name} on {where} was measured with older software alone: its time constants are of that"
    if fit.prefill_efficiency < STUCK:
        share = f"{fit.prefill_efficiency:.1%}"
        yield f"{where} was measured to take in prompts at {share} of the peak: that software held them up"
    if not floor(measured.batch_min) <= batch <= ceil(measured.batch_max):
        span = f"{measured.batch_min:g} to {measured.batch_max:g}"
        yield f"{where} was measured at batches of {span}; {batch:g} is outside"
    least, most = measured.active_gparameters_min, measured.active_gparameters_max
    size = variant.active_parameters / 1e9
    if not least * (1.0 - SLACK) <= size <= most * (1.0 + SLACK):
        span = f"{least:g} to {most:g} billion active parameters"
        yield f"{where} was measured with {kind} of {span}; {variant.model.name} has {size:.3g}"
    if tensor_parallel > measured.tensor_parallel_max:
        yield f"{where} was measured on up to {measured.tensor_parallel_max} accelerators; {tensor_parallel} are more"
