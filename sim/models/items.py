"""Models that take items (images, sequences, seconds of speech) in batches: tables for the serving kernel.

A batch of b items on N accelerators takes (docs/other-families.md)

    batch_s + split_s log2 N + b flops / (peak_share F) f_max/f ((1 - split_loss) / N + split_loss)          [s]

which is one iteration of the kernel that takes in b prompt tokens and decodes nothing, if one token is one item (one
step of 0.1 s of speech) and every request has one output. So the tables of language models serve these families too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import floor, log2
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim.catalog.entries import Accelerator, ItemPace, ItemWork
from sim.errors import ScenarioError
from sim.models.peaks import peak_flops
from sim.models.power import (
    OVERLAP_EXPONENT,
    clock_grid_mhz,
    power_limit_w,
    settled,
    static_power_w,
    top_level,
    voltage_share,
)
from sim.models.serving import ServingTables
from sim.models.variant import Variant
from sim.units import AUDIO_STEP_S

Array = NDArray[np.float64]
MEMORY_SHARE = 0.9  # of memory that weights may fill; the rest holds activations; assumed, as serving engines do
REQUESTS_MAX = 256  # that share one batch, however small; assumed
BELOW_DESIGN_POWER = 1.0 - 1e-9  # so that rounding alone never lowers the clock
NO_CONTEXT_LIMIT: Final = 2**40  # tokens: items leave nothing behind in memory
# 16-bit FLOP/s, bytes/s and design power of the accelerator that fall-backs are told for: A100 80 GB
REFERENCE = (312e12, 2.039e12, 400.0)
WIDE = ("bf16", "fp16")


def item_work(variant: Variant) -> ItemWork:
    """The work per item; raises ScenarioError for a model of a family without items."""
    if variant.model.items is None:
        raise ScenarioError(f"{variant.model.name} is of family {variant.model.family}; it takes no items")
    return variant.model.items


def item_pace(variant: Variant, accelerator: Accelerator) -> ItemPace:
    """The fitted pace on the accelerator; where it was not measured, the fall-back as its data sheet lets it be."""
    items = item_work(variant)
    if (measured := items.paces.get(accelerator.name)) is not None:
        return measured
    share = items.fallback.peak_share * reached_share(accelerator)
    return replace(items.fallback, peak_share=min(1.0, share))


def reached_share(accelerator: Accelerator) -> float:
    """Share of its peak that work on items reaches on an accelerator, relative to that on an A100.

    The time of an item is the p-norm of what arithmetic, memory and design power would each ask for alone, the three
    equal on an A100 (assumed; docs/other-families.md): a high peak is of use only as far as bytes and watts follow.
    """
    peak = next(
        (accelerator.flops[name] for name in WIDE if name in accelerator.flops), max(accelerator.flops.values())
    )
    capacity = np.array((peak, accelerator.bandwidth_bytes_per_s, accelerator.tdp_w)) / REFERENCE
    rate = np.mean(capacity**-OVERLAP_EXPONENT) ** (-1.0 / OVERLAP_EXPONENT)
    return float(rate / capacity[0])


def items_per_token(variant: Variant) -> float:
    """Items that one token of a request stands for: one, or a step of speech, whose items are seconds."""
    return AUDIO_STEP_S if variant.model.family == "speech" else 1.0


def batch_tokens(variant: Variant) -> int:
    """Tokens that fill the largest batch."""
    return floor(item_work(variant).batch_max / items_per_token(variant))


def item_tables(
    variant: Variant,
    accelerator: Accelerator,
    accelerators: int = 1,
    cap_w: float | None = None,
    clock_mhz: float | None = None,
) -> ServingTables:
    """Tables of one replica on `accelerators` accelerators of one node.

    Raises ScenarioError where the weights do not fit, the accelerator lacks the format, or the cap cannot be kept.
    """
    if (fault := fits_fault(variant, accelerator, accelerators)) is not None:
        raise ScenarioError(fault)
    costs = _costs(variant, accelerator, accelerators)
    limit_w, top = power_limit_w(accelerator, cap_w), top_level(accelerator, clock_mhz)
    batch = _held(costs.batch_s, costs.batch_j, limit_w, top, accelerator, accelerators)
    item = _held(costs.item_s, costs.item_j, limit_w, top, accelerator, accelerators)
    none, scale, levels = np.zeros(len(item)), items_per_token(variant), len(item)
    most = min(batch_tokens(variant), REQUESTS_MAX)
    row = np.column_stack((batch[:, 0], none, batch[:, 1], none, batch[:, 2], none))
    return ServingTables(
        batch_max=most,
        kv_capacity_tokens=NO_CONTEXT_LIMIT,
        tensor_parallel=accelerators,
        context_tokens=1.0,
        decode=np.ascontiguousarray(np.broadcast_to(row[:, None, :], (levels, most + 1, 6))),
        prefill=np.column_stack(
            (item[:, 0] * scale, none, none, item[:, 1] * scale, none, none, item[:, 2] * scale, none)
        ),
        clock_mhz=clock_grid_mhz(accelerator),
        top_level=top,
    )


@dataclass(frozen=True, slots=True)
class BatchState:
    """Batches of one size, one after another on one replica."""

    batch_s: float
    items_per_s: float  # of the replica
    power_w: float  # per accelerator
    j_per_item: float  # of all accelerators of the replica


def batch_state(tables: ServingTables, variant: Variant, batch: float) -> BatchState:
    """What batches of `batch` items take at the tables' top level; no queue is in it."""
    tokens = batch / items_per_token(variant)
    step_s, _, step_j, *_ = (float(value) for value in tables.decode[tables.top_level, 0])
    token_s, _, _, token_j, *_ = (float(value) for value in tables.prefill[tables.top_level])
    seconds, joules = step_s + tokens * token_s, step_j + tokens * token_j
    return BatchState(seconds, batch / seconds, joules / seconds / tables.tensor_parallel, joules / batch)


def batch_fixed_seconds(pace: ItemPace, accelerators: int = 1) -> float:
    """Seconds of a batch that neither its size nor the clock changes."""
    return pace.batch_s + pace.split_s * log2(accelerators)


def item_seconds(flops: float, pace: ItemPace, peak_flops: float, accelerators: int = 1) -> float:
    """Seconds that one item adds to a batch at the highest clock."""
    return flops / (pace.peak_share * peak_flops) * ((1.0 - pace.split_loss) / accelerators + pace.split_loss)


@dataclass(frozen=True, slots=True)
class _Costs:
    """Seconds and joules of a batch and of an item at each clock level: f8[levels] each."""

    batch_s: Array
    batch_j: Array
    item_s: Array
    item_j: Array


def _costs(variant: Variant, accelerator: Accelerator, accelerators: int) -> _Costs:
    items, pace = item_work(variant), item_pace(variant, accelerator)
    clock, peak = clock_grid_mhz(accelerator), peak_flops(variant, accelerator)
    flops = items.flops * variant.parameter_share * variant.early_exit.work
    full_s = item_seconds(flops, pace, peak, accelerators)
    item_s = full_s * clock[-1] / clock
    batch_s = np.full(len(clock), batch_fixed_seconds(pace, accelerators))
    static_w = accelerators * static_power_w(accelerator, clock)
    byte_j = accelerator.power.memory_w / accelerator.bandwidth_bytes_per_s
    compute_j = flops * accelerator.power.compute_w / peak * voltage_share(accelerator, clock) ** 2
    work_j = compute_j + byte_j * items.traffic_bytes
    # Paces were measured under design power, so where the general curve asks for more, the work on items costs less.
    room_w = BELOW_DESIGN_POWER * accelerators * accelerator.tdp_w - static_w[-1]
    work_j *= min(1.0, room_w * full_s / work_j[-1])
    read_bytes = variant.weight_bytes * variant.model.active_parameters / variant.model.parameters
    weights_j = min(byte_j * read_bytes, room_w * batch_s[-1])
    return _Costs(batch_s, static_w * batch_s + weights_j, item_s, static_w * item_s + work_j)


def _held(seconds: Array, joules: Array, limit_w: float, top: int, accelerator: Accelerator, count: int) -> Array:
    """Seconds, joules and best joules of `count` accelerators at each level under the limit of each: f8[levels, 3]."""
    power_w = np.divide(joules, seconds, out=np.zeros_like(joules), where=seconds > 0.0) / count
    level, duty = settled(power_w, limit_w, top, accelerator, "with this batch")
    thinned_s = seconds[level] / duty
    waiting_j = count * accelerator.idle_w * (thinned_s - seconds[level])
    return np.column_stack((thinned_s, joules[level] + waiting_j, np.full(len(level), joules.min())))


def fits_fault(variant: Variant, accelerator: Accelerator, accelerators: int = 1) -> str | None:
    """Why the weights do not fit, and what would help; None where they fit."""
    room = MEMORY_SHARE * accelerator.memory_bytes * accelerators
    if variant.weight_bytes <= room:
        return None
    return (
        f"{variant.name} needs {variant.weight_bytes / 2**30:.0f} GiB for its weights; {accelerators} "
        f"{accelerator.name} offer {room / 2**30:.0f} GiB: use a larger accelerator or a narrower format"
    )
