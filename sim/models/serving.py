"""Seconds and joules of one serving iteration, tabled over clock level and batch for the engine's kernel.

An iteration is additive: the decode part of the sequences running, plus a part for each prompt taken in
(docs/models.md, "Serving"; symbols of the serving-model literature):

decode  = max(weights read / (tp e_bw BW), FLOPs / (tp e_fl F) f_max/f) + context bytes / (tp e_bw BW)
          + layer_s L + sequence_s B + [tp > 1] 2 L (all_reduce_s + 2 (tp-1)/tp B H 2 / (.7 link))
prefill = (FLOPs n + attention n^2) / (tp e_pf F) f_max/f + [tp > 1] 2 L 2 (tp-1)/tp n H 2 / (.7 link)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.catalog.entries import Accelerator, EngineFit, ServingEngine
from sim.catalog.memory import MemoryNeed, kv_capacity_tokens, memory_fault
from sim.errors import ScenarioError
from sim.models import work
from sim.models.power import capped_levels, clock_grid_mhz, power_limit_w, static_power_w, top_level, voltage_share
from sim.models.variant import Variant

Array = NDArray[np.float64]
LINK_EFFICIENCY = 0.7  # of the link's rate that an all-reduce reaches; assumed, as peers do


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
    tensor_parallel: int
    context_tokens: float  # typical context of one sequence, at which the cap was resolved
    decode: Array  # [levels, batch_max + 1, 6]
    prefill: Array  # [levels, 8]
    clock_mhz: Array  # [levels]
    top_level: int


class _Terms(NamedTuple):
    """Seconds and joules at full freedom of the clock: a fixed part (f8[levels, ...]) and one per unit."""

    fixed_s: Array
    unit_s: Array
    fixed_j: Array
    unit_j: Array


def engine_fit(engine: ServingEngine, accelerator: Accelerator) -> EngineFit:
    """Constants of the engine on the accelerator; the fall-back where it was not measured."""
    return engine.fits.get(accelerator.name, engine.fallback)


def serving_tables(
    variant: Variant,
    engine: ServingEngine,
    accelerator: Accelerator,
    tensor_parallel: int,
    context_tokens: float,
    cap_w: float | None = None,
    clock_mhz: float | None = None,
) -> ServingTables:
    """Tables of one replica of a language model on `tensor_parallel` accelerators of one node.

    context_tokens: typical context of a running sequence (prompt and what it has decoded so far).
    Raises ScenarioError where the model does not fit, no number format is usable, or the cap cannot be kept.
    """
    capacity = _capacity_tokens(variant, engine, accelerator, tensor_parallel)
    batch_max = max(1, min(engine.batch_max, int(capacity // context_tokens)))
    replica = _Replica(variant, engine_fit(engine, accelerator), accelerator, tensor_parallel)
    limit_w, top = power_limit_w(accelerator, cap_w), top_level(accelerator, clock_mhz)
    batch = np.arange(batch_max + 1.0)
    return ServingTables(
        batch_max=batch_max,
        kv_capacity_tokens=capacity,
        tensor_parallel=tensor_parallel,
        context_tokens=context_tokens,
        decode=_decode_table(replica, batch, context_tokens, limit_w, top),
        prefill=_prefill_table(replica, context_tokens, limit_w, top),
        clock_mhz=replica.clock_mhz,
        top_level=top,
    )


def _capacity_tokens(variant: Variant, engine: ServingEngine, accelerator: Accelerator, tensor_parallel: int) -> int:
    """Tokens of context a replica holds; raises ScenarioError where it cannot hold the weights."""
    if variant.model.family != "llm":
        raise ScenarioError(f"{variant.model.name} is of family {variant.model.family}; only llm models take tokens")
    name = f"{variant.model.name} {variant.weights.name}"
    need = MemoryNeed(name, variant.parameters, variant.weight_bytes, work.context_bytes(variant))
    fault = memory_fault(need, engine, accelerator, tensor_parallel)
    if fault is not None:
        raise ScenarioError(fault)
    return kv_capacity_tokens(need, engine, accelerator, tensor_parallel)


class _Replica:
    """One variant on its accelerators: rates, charges per byte and FLOP, static watts at each clock."""

    def __init__(self, variant: Variant, fit: EngineFit, accelerator: Accelerator, tensor_parallel: int) -> None:
        self.variant, self.fit, self.accelerator, self.count = variant, fit, accelerator, tensor_parallel
        self.clock_mhz = clock_grid_mhz(accelerator)
        self.slowdown = self.clock_mhz[-1] / self.clock_mhz
        peak = work.peak_flops(variant, accelerator)
        self.bytes_per_s = tensor_parallel * fit.bandwidth_efficiency * accelerator.bandwidth_bytes_per_s
        self.decode_flops = tensor_parallel * fit.compute_efficiency * peak
        self.prefill_flops = tensor_parallel * fit.prefill_efficiency * peak
        self.static_w = tensor_parallel * static_power_w(accelerator, self.clock_mhz, tensor_parallel)
        self.byte_j = accelerator.power.memory_w / accelerator.bandwidth_bytes_per_s
        self.flop_j = accelerator.power.compute_w / peak * voltage_share(accelerator, self.clock_mhz) ** 2

    def message_s(self) -> float:
        """Seconds that the hidden state of one token spends on the links, all layers and both all-reduces."""
        share = (self.count - 1) / self.count
        rate = LINK_EFFICIENCY * self.accelerator.link_bytes_per_s
        return 4.0 * self.variant.model.layers * share * work.message_bytes(self.variant) / rate if share else 0.0

    def latency_s(self) -> float:
        """Seconds of one iteration that no clock and no batch changes: launches and all-reduce latency."""
        reduces = 2.0 * self.fit.all_reduce_s if self.count > 1 else 0.0
        return self.variant.model.layers * (self.fit.layer_s + reduces)


def _decode_terms(replica: _Replica, batch: Array) -> _Terms:
    """Decode part of an iteration: fixed f8[levels, batch], per token of context f8[levels, 1]."""
    read = work.weight_read_bytes(replica.variant, batch)
    flops = work.token_flops(replica.variant) * batch
    compute_s = replica.slowdown[:, None] * flops / replica.decode_flops
    host_s = replica.latency_s() + (replica.fit.sequence_s + replica.message_s()) * batch
    fixed_s = np.maximum(read / replica.bytes_per_s, compute_s) + host_s
    context = work.context_bytes(replica.variant)
    unit_s = np.full((len(replica.clock_mhz), 1), context / replica.bytes_per_s)
    static_w = replica.static_w[:, None]
    fixed_j = static_w * fixed_s + replica.byte_j * read + replica.flop_j[:, None] * flops
    return _Terms(fixed_s, unit_s, fixed_j, static_w * unit_s + replica.byte_j * context)


def _prefill_terms(replica: _Replica) -> tuple[Array, Array, Array, Array]:
    """Seconds per prompt token and per token squared, joules likewise: each f8[levels]."""
    flops, attention = work.token_flops(replica.variant), work.attention_flops(replica.variant)
    token_s = replica.slowdown * flops / replica.prefill_flops + replica.message_s()
    token2_s = replica.slowdown * attention / replica.prefill_flops
    token_j = replica.static_w * token_s + replica.flop_j * flops
    return token_s, token2_s, token_j, replica.static_w * token2_s + replica.flop_j * attention


def _decode_table(replica: _Replica, batch: Array, context_tokens: float, limit_w: float, top: int) -> Array:
    """The decode table of ServingTables."""
    terms = _decode_terms(replica, batch)
    held = batch * context_tokens
    joules = terms.fixed_j + terms.unit_j * held
    power_w = joules / (terms.fixed_s + terms.unit_s * held) / replica.count
    level = capped_levels(power_w, limit_w, top, replica.accelerator, f"serving {replica.variant.name}")
    columns = np.broadcast_arrays(*terms)
    table = np.empty((*power_w.shape, 6))
    for index, column in enumerate(columns):
        table[:, :, index] = np.take_along_axis(column, level, axis=0)
    best = np.argmin(joules, axis=0)
    for index in (2, 3):
        table[:, :, index + 2] = columns[index][best, np.arange(len(batch))]
    return table


def _prefill_table(replica: _Replica, prompt_tokens: float, limit_w: float, top: int) -> Array:
    """The prefill table of ServingTables; the cap is resolved at a prompt of `prompt_tokens`."""
    token_s, token2_s, token_j, token2_j = _prefill_terms(replica)
    joules = token_j + token2_j * prompt_tokens
    power_w = joules / (token_s + token2_s * prompt_tokens) / replica.count
    level = capped_levels(power_w, limit_w, top, replica.accelerator, f"taking in prompts of {replica.variant.name}")
    best = int(np.argmin(joules))
    none = np.zeros_like(token_s)
    capped = np.column_stack((token_s, token2_s, none, token_j, token2_j, none))[level]
    chosen = np.broadcast_to([token_j[best], token2_j[best]], (len(level), 2))
    return np.column_stack((capped, chosen))
