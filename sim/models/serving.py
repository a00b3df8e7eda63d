"""Seconds and joules of one serving iteration, tabled over clock level and batch for the engine's kernel.

An iteration is additive: the decode part of the sequences running, plus a part for each prompt taken in
(docs/models.md, "Serving"). Seconds are those of `sim.models.pace`; joules are static watts times seconds, plus charges
per byte and per FLOP (`sim.models.power`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.catalog.entries import Accelerator, AIModel, EngineFit, ServingEngine
from sim.catalog.memory import KV_BLOCK_TOKENS, kv_capacity_tokens, memory_fault
from sim.errors import ScenarioError
from sim.models import pace, work
from sim.models.layout import Layout
from sim.models.peaks import drawing_share
from sim.models.power import (
    clock_grid_mhz,
    power_limit_w,
    settled,
    softened,
    static_power_w,
    top_level,
    voltage_share,
)
from sim.models.variant import Variant

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ServingTables:
    """What the serving kernel reads for one replica; joules are of all its accelerators together.

    decode[level, B] = (step_s, kv_s, step_j, kv_j, best_step_j, best_kv_j): an iteration with B sequences that hold K
    tokens of context takes step_s + kv_s K seconds and step_j + kv_j K joules; row B = 0 is an iteration with prompts
    only. prefill[level] = (token_s, token2_s, request_s, token_j, token2_j, request_j, best_token_j, best_token2_j): a
    prompt of n tokens adds token_s n + token2_s n^2 + request_s. `best_*`: joules at the most energy-efficient clock.
    Clock knob and power cap are inside: levels above what they allow repeat the highest row that keeps them.
    """

    batch_max: int
    kv_capacity_tokens: int
    tensor_parallel: int  # accelerators of the replica: with other kinds of parallelism, their product
    context_tokens: float  # typical context of one sequence, at which cap and overlap were resolved
    decode: Array  # [levels, batch_max + 1, 6]
    prefill: Array  # [levels, 8]
    clock_mhz: Array  # [levels]
    top_level: int


def engine_fit(engine: ServingEngine, accelerator: Accelerator, model: AIModel | None = None) -> EngineFit:
    """Constants of the engine on the accelerator for the kind of model; the fall-back where it was not measured.

    A mixture that was measured with an older version alone takes the constants of that version.
    """
    if model is not None and model.experts > 1 and engine.expert_fallback is not None:
        older = engine.older_fits.get(accelerator.name)
        if older is not None and model.name in older.models:
            return older
        return engine.expert_fits.get(accelerator.name, engine.expert_fallback)
    return engine.fits.get(accelerator.name, engine.fallback)


def serving_tables(
    variant: Variant,
    engine: ServingEngine,
    accelerator: Accelerator,
    tensor_parallel: int,
    context_tokens: float,
    cap_w: float | None = None,
    clock_mhz: float | None = None,
    *,
    pipeline_parallel: int = 1,
    expert_parallel: int = 1,
    data_parallel: int = 1,
) -> ServingTables:
    """Tables of one replica of a language model.

    context_tokens: typical context of a running sequence (`work.held_context_tokens`).
    Raises ScenarioError where the model does not fit, no number format is usable, or the cap cannot be kept.
    """
    layout = Layout(
        tensor_parallel=tensor_parallel,
        pipeline_parallel=pipeline_parallel,
        expert_parallel=expert_parallel,
        data_parallel=data_parallel,
    )
    capacity = capacity_tokens(variant, engine, accelerator, layout, context_tokens)
    batch_max = max(1, min(engine.batch_max, batch_in_memory(capacity, context_tokens)))
    limits = Limits(power_limit_w(accelerator, cap_w), top_level(accelerator, clock_mhz))
    fit = engine_fit(engine, accelerator, variant.model)
    calibration = variant.model.power_calibration.get(accelerator.name, 1.0)
    power = watts(accelerator, tensor_parallel, calibration)
    power = power._replace(compute_w=power.compute_w * drawing_share(variant, accelerator))
    replica = _Replica(variant, fit, accelerator, layout, power, limits)
    return ServingTables(
        batch_max=batch_max,
        kv_capacity_tokens=capacity,
        tensor_parallel=layout.accelerators,
        context_tokens=context_tokens,
        decode=_decode_table(replica, np.arange(batch_max + 1.0), context_tokens),
        prefill=_prefill_table(replica, context_tokens),
        clock_mhz=clock_grid_mhz(accelerator),
        top_level=limits.top,
    )


def capacity_tokens(
    variant: Variant, engine: ServingEngine, accelerator: Accelerator, layout: Layout, context_tokens: float
) -> int:
    """Tokens of context a replica holds; raises ScenarioError where it cannot hold the weights."""
    if variant.model.family != "llm":
        raise ScenarioError(f"{variant.model.name} is of family {variant.model.family}; only llm models take tokens")
    need, group = work.memory_need(variant, context_tokens), layout.tensor_parallel
    stages, ranks = layout.pipeline_parallel, layout.data_parallel
    fault = memory_fault(need, engine, accelerator, group, pipeline_parallel=stages, data_parallel=ranks)
    if fault is not None:
        raise ScenarioError(fault)
    return kv_capacity_tokens(need, engine, accelerator, group, pipeline_parallel=stages, data_parallel=ranks)


def batch_in_memory(capacity: int, context_tokens: float) -> int:
    """Sequences of a typical context that the KV cache holds; each wastes half a block on average."""
    return int(capacity // (context_tokens + KV_BLOCK_TOKENS / 2.0))


class Watts(NamedTuple):
    """Power of one accelerator at each level, parts that broadcast to f8[levels, rows]."""

    static_w: Array  # busy, whatever it does
    memory_w: Array  # at full bandwidth
    sequence_w: Array  # while it works per sequence (sampling)
    compute_w: Array  # at the peak of the highest clock


class Limits(NamedTuple):
    """What holds the clock down."""

    power_w: float  # of one accelerator
    top: int  # level of the clock knob


class Rows(NamedTuple):
    """Parts of seconds and joules of one accelerator, each f8[levels, rows], after clock knob and cap."""

    seconds: tuple[Array, ...]
    joules: tuple[Array, ...]
    best_joules: tuple[Array, ...]  # f8[rows]: at the most energy-efficient clock


def watts(accelerator: Accelerator, tensor_parallel: Array | int, calibration: Array | float = 1.0) -> Watts:
    """Power of an accelerator at each level of its clock grid; `calibration` scales what is above idle."""
    clock, curve, idle_w = clock_grid_mhz(accelerator)[:, None], accelerator.power, accelerator.idle_w
    static_w = static_power_w(accelerator, clock, tensor_parallel)
    return Watts(
        static_w=idle_w + calibration * (static_w - idle_w),
        memory_w=np.asarray(calibration * curve.memory_w),
        sequence_w=np.asarray(calibration * curve.sequence_w),
        compute_w=calibration * curve.compute_w * voltage_share(accelerator, clock) ** 2,
    )


def decode_rows(
    load: pace.DecodeWork, fit: EngineFit, accelerator: Accelerator, power: Watts, limits: Limits, doing: str
) -> Rows:
    """A fixed part and a part per token of context of each row of `load`."""
    slowdown = accelerator.clock.max_mhz / clock_grid_mhz(accelerator)[:, None]
    seconds = pace.decode_seconds(load, fit, slowdown)
    moved_j = power.memory_w * (load.weights_s + load.window_s) + power.sequence_w * fit.sequence_s * load.sequences
    fixed_j = power.static_w * seconds.fixed + moved_j + power.compute_w * load.flop_s
    unit_j = power.static_w * seconds.unit + power.memory_w * load.context_s + power.compute_w * load.context_flop_s
    return _settle(seconds, (fixed_j, unit_j), (np.asarray(1.0), load.held), accelerator, limits, doing)


def prompt_rows(
    load: pace.PromptWork,
    fit: EngineFit,
    accelerator: Accelerator,
    power: Watts,
    limits: Limits,
    prompt_tokens: Array | float,
    doing: str,
) -> Rows:
    """Parts per token, per token squared and per prompt; the cap is resolved at prompts of `prompt_tokens`."""
    slowdown = accelerator.clock.max_mhz / clock_grid_mhz(accelerator)[:, None]
    token_s, square_s, request_s = pace.prompt_seconds(load, fit, slowdown)
    token_j = power.static_w * token_s + power.compute_w * load.flop_s
    square_j = power.static_w * square_s + power.compute_w * load.square_s
    weights = (np.asarray(1.0), np.asarray(prompt_tokens), np.asarray(0.0))
    joules = (token_j, square_j, power.static_w * request_s)
    return _settle((token_s, square_s, request_s), joules, weights, accelerator, limits, doing)


def _settle(
    seconds: tuple[Array, ...],
    joules: tuple[Array, ...],
    weights: tuple[Array, ...],
    accelerator: Accelerator,
    limits: Limits,
    doing: str,
) -> Rows:
    """Parts at the level where the clock settles; mean power is that of the parts' sum with the given weights.

    Thinned work idles for the rest of its time. Joules near the limit are a little lower, as its peaks are cut.
    """
    total_s = sum((part * weight for part, weight in zip(seconds, weights, strict=True)), np.asarray(0.0))
    total_j = sum((part * weight for part, weight in zip(joules, weights, strict=True)), np.asarray(0.0))
    power_w = total_j / total_s
    kept = power_w <= limits.power_w
    soft = np.where(kept, softened(np.minimum(power_w, limits.power_w), limits.power_w), 1.0)
    level, duty = settled(power_w, limits.power_w, limits.top, accelerator, doing)
    kept[0] = True
    best = np.argmin(np.where(kept, total_j * soft, np.inf), axis=0)[None]
    own_s = [np.take_along_axis(np.broadcast_to(part, power_w.shape), level, axis=0) for part in seconds]
    own_j = [np.take_along_axis(part * soft, level, axis=0) for part in joules]
    rested = [part * (1.0 / duty - 1.0) * accelerator.idle_w for part in own_s]
    return Rows(
        seconds=tuple(part / duty for part in own_s),
        joules=tuple(part + rest for part, rest in zip(own_j, rested, strict=True)),
        best_joules=tuple(np.take_along_axis(part * soft, best, axis=0)[0] for part in joules),
    )


class _Replica(NamedTuple):
    """One variant on its accelerators under its limits."""

    variant: Variant
    fit: EngineFit
    accelerator: Accelerator
    layout: Layout
    power: Watts
    limits: Limits


def _decode_table(replica: _Replica, batch: Array, context_tokens: float) -> Array:
    """The decode table of ServingTables.

    With drafts an iteration verifies several tokens of each sequence and keeps some of them. The kernel makes one token
    of each sequence per iteration, so a row is the share of an iteration that one token takes on average.
    """
    plain, drafts = _iterations(replica, batch, context_tokens, 1.0), replica.variant.speculation
    if not drafts.draft_tokens:
        return plain
    verifying = _iterations(replica, batch, context_tokens, drafts.verified_tokens)
    per_token = (verifying + drafts.drafting_share * plain) / drafts.tokens_per_step
    return np.where((batch > 0.0)[:, None], per_token, plain)


def _iterations(replica: _Replica, batch: Array, context_tokens: float, tokens_per_sequence: float) -> Array:
    """Iterations that work on so many tokens of each sequence, columns as in the decode table."""
    variant, fit, accelerator, layout, power, limits = replica
    load = pace.decode_work(variant, accelerator, layout, batch, context_tokens, tokens_per_sequence)
    rows = decode_rows(load, fit, accelerator, power, limits, f"serving {variant.name}")
    columns = (*rows.seconds, *(layout.accelerators * part for part in (*rows.joules, *rows.best_joules)))
    return np.stack(np.broadcast_arrays(*columns), axis=-1)


def _prefill_table(replica: _Replica, prompt_tokens: float) -> Array:
    """The prefill table of ServingTables."""
    variant, fit, accelerator, layout, power, limits = replica
    load = pace.prompt_work(variant, accelerator, layout, prompt_tokens)
    doing = f"taking in prompts of {variant.name}"
    rows = prompt_rows(load, fit, accelerator, power, limits, prompt_tokens, doing)
    joules = (layout.accelerators * part for part in (*rows.joules, *rows.best_joules[:2]))
    return np.concatenate(np.broadcast_arrays(*rows.seconds, *joules), axis=-1)
