"""What one replica of a model that takes items does at constant batch: the counterpart of `sim.models.estimate`.

The figures keep their names, with one output per item: `output_tokens_per_s` counts items (seconds of speech), a batch
is as many items, and each waits for the whole batch.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.errors import ScenarioError
from sim.models.estimate import Point, Replica, computes_natively
from sim.models.items import batch_state, fits_fault, item_tables, item_work
from sim.models.peaks import peak_flops
from sim.models.serving import ServingTables

SPLIT = "diffusion"  # the family whose items are shared by the accelerators of a replica


def item_points(replica: Replica, batches: Sequence[int]) -> tuple[Point, ...]:
    """The replica at each of the batches.

    Raises ScenarioError for a format that the accelerator lacks, a cap that cannot be kept, or a replica of several
    accelerators where the work on an item cannot be shared.
    """
    variant, accelerator, count = replica.variant, replica.accelerator, replica.layout.accelerators
    if count > 1 and (variant.model.family != SPLIT or count != replica.layout.tensor_parallel):
        raise ScenarioError(
            f"a replica of a {variant.model.family} model runs on one accelerator"
            if variant.model.family != SPLIT
            else f"{variant.model.name} is shared by tensor_parallel alone"
        )
    if not computes_natively(variant.weights, accelerator) and variant.weights.name != variant.model.precision:
        raise ScenarioError(
            f"{accelerator.name} has no {variant.weights.name}; it computes in {', '.join(accelerator.flops)}"
        )
    peak_flops(variant, accelerator)
    fault = fits_fault(variant, accelerator, count)
    return tuple(_point(replica, batch, fault) for batch in batches)


def _point(replica: Replica, batch: int, fault: str | None) -> Point:
    variant, most = replica.variant, item_work(replica.variant).batch_max
    if fault is not None:
        return Point(batch=batch, fits=False, why_not=fault, max_batch=0, memory_bytes=variant.weight_bytes)
    tables = item_tables(variant, replica.accelerator, replica.layout.accelerators, replica.cap_w, replica.clock_mhz)
    state = batch_state(tables, variant, batch)
    fixed_s = float(tables.decode[tables.top_level, 0, 0])
    return Point(
        batch=batch,
        fits=True,
        why_not=None,
        max_batch=most,
        memory_bytes=variant.weight_bytes,
        ttft_s=state.batch_s,
        tpot_s=state.batch_s,
        output_tokens_per_s=state.items_per_s,
        power_w=state.power_w,
        energy_j_per_token=state.j_per_item,
        clock_mhz=_settled_clock_mhz(tables),
        bound="compute" if state.batch_s >= 2.0 * fixed_s else "memory",
    )


def _settled_clock_mhz(tables: ServingTables) -> float:
    """Clock of the lowest level whose row the highest one repeats."""
    same = np.all(tables.prefill == tables.prefill[tables.top_level], axis=1)
    return float(tables.clock_mhz[np.flatnonzero(same)[0]])


def item_warnings(replica: Replica, points: Sequence[Point]) -> tuple[str, ...]:
    """What a reader should know: figures assumed, accelerators and batches that were not measured."""
    model, name = replica.variant.model, replica.accelerator.name
    items = item_work(replica.variant)
    texts = [f"{model.name} takes items, not tokens: each figure per token is per {items.unit}"]
    texts += dict.fromkeys(point.why_not for point in points if point.why_not is not None)
    if name not in items.paces:
        known = ", ".join(items.paces) or "no accelerator"
        texts.append(f"the pace of {model.name} on {name} is assumed: from its data sheet and the pace on {known}")
    guessed = [figure for figure in model.assumed() if figure.startswith(("items.flops", f"items.paces.{name}."))]
    if guessed:
        texts.append(f"assumed of {model.name}: {', '.join(guessed)}")
    if any(point.batch > items.batch_max for point in points):
        texts.append(f"a batch above {items.batch_max:,} was not measured")
    if replica.accelerator.sources.get("power.floor_w", "").startswith("assumed"):
        texts.append(f"the power curve of {name} is {replica.accelerator.sources['power.floor_w']}")
    return tuple(texts)
