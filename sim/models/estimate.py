"""What one replica of a language model does at constant batch, without a queue: the performance and power model alone.

Called by `sim.study.estimating`. A point that memory cannot hold is an answer (`fits` false, with the reason); a format
that the accelerator lacks, a cap that it cannot keep, or a model without tokens is a fault of the question.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Literal

import numpy as np

from sim.catalog.entries import Accelerator, AIModel, Precision, ServingEngine
from sim.catalog.memory import KV_BLOCK_TOKENS, TENSOR_PARALLEL_DEGREES, kv_capacity_tokens, memory_fault
from sim.errors import ScenarioError
from sim.models import pace, work
from sim.models.layout import Layout
from sim.models.peaks import peak_flops
from sim.models.serving import ServingTables, batch_in_memory, engine_fit, serving_tables
from sim.models.steady import steady_state
from sim.models.variant import Variant

WIDE_BYTES = 2.0
Bound = Literal["memory", "compute"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replica:
    """One replica and the requests that it serves; all of them are alike but for the spread of their outputs."""

    variant: Variant
    accelerator: Accelerator
    engine: ServingEngine
    layout: Layout
    input_tokens: float
    output_tokens: float
    output_cv: float = 0.0  # coefficient of variation of the outputs' lengths
    prefix_hit_share: float = 0.0  # of each prompt, what a prefix cache holds already
    cap_w: float | None = None  # per accelerator
    clock_mhz: float | None = None

    @property
    def cached_tokens(self) -> float:
        """Tokens of a prompt that need not be computed."""
        return work.cached_tokens(self.input_tokens, self.prefix_hit_share)

    @property
    def held_tokens(self) -> float:
        """Context that a sequence in flight holds on average."""
        return work.held_context_tokens(self.input_tokens, self.output_tokens, self.output_cv)


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """The replica at one batch. Figures that do not exist, because it does not fit, are None."""

    batch: int  # sequences decoding at once
    fits: bool
    why_not: str | None
    max_batch: int
    memory_bytes: float  # weights, context of the batch and the engine's own, all accelerators together
    ttft_s: float | None = None  # without a queue, the other sequences of the batch decoding beside the prompt
    tpot_s: float | None = None  # batch / output_tokens_per_s: each output token carries its share of prefill
    output_tokens_per_s: float | None = None  # of the whole replica
    power_w: float | None = None  # per accelerator
    energy_j_per_token: float | None = None  # accelerators alone, per output token
    bound: Bound | None = None  # what takes longer in a decode step: reading the weights, or arithmetic
    clock_mhz: float | None = None  # at which decoding settles under knob, cap and design power


def estimated(replica: Replica, batches: Sequence[int], *, formats: Sequence[Precision] = ()) -> tuple[Point, ...]:
    """The replica at each of the batches. `formats`: narrower ones that may be suggested where weights do not fit.

    Raises ScenarioError for a model without tokens, a format that the accelerator lacks and limits that cannot be kept.
    """
    _check(replica)
    room = _Room(replica, formats)
    fitting = [batch for batch in batches if room.fault(batch) is None]
    tables = _tables(replica, max(fitting)) if fitting else None
    return tuple(_point(replica, batch, room, tables) for batch in batches)


def _check(replica: Replica) -> None:
    model, weights, accelerator = replica.variant.model, replica.variant.weights, replica.accelerator
    if model.family != "llm":
        raise ScenarioError(
            f"{model.name} is of family {model.family}; an estimate is of llm models, which take tokens"
        )
    # a model published in a narrow format is served in it everywhere: engines unpack its weights where need be
    published_so = weights.name == model.precision and weights.bytes_per_value < WIDE_BYTES
    if not (computes_natively(weights, accelerator) or published_so):
        raise ScenarioError(f"{accelerator.name} has no {weights.name}; it computes in {', '.join(accelerator.flops)}")
    peak_flops(replica.variant, accelerator)
    _check_layout(model, replica.layout)


def _check_layout(model: AIModel, layout: Layout) -> None:
    """ScenarioError where heads, layers or experts cannot be split so."""
    heads, degree = model.heads or model.hidden // model.head_size, layout.tensor_parallel
    if heads % degree:
        raise ScenarioError(f"{model.name} has {heads} attention heads, which tensor_parallel {degree} does not divide")
    if layout.pipeline_parallel > model.layers:
        raise ScenarioError(f"{model.name} has {model.layers} layers: pipeline_parallel is at most that")
    if layout.expert_parallel > model.experts:
        has = f"{model.experts} experts" if model.experts > 1 else "no experts to share out"
        raise ScenarioError(f"{model.name} has {has}; expert_parallel is {layout.expert_parallel}")


def computes_natively(weights: Precision, accelerator: Accelerator) -> bool:
    """Whether the accelerator has the format's own arithmetic, or the format is of weights alone and needs none."""
    return weights.name not in weights.compute or weights.name in accelerator.flops


class _Room:
    """Memory of a replica: what it holds, and why it cannot hold more."""

    def __init__(self, replica: Replica, formats: Sequence[Precision]) -> None:
        layout, engine, accelerator = replica.layout, replica.engine, replica.accelerator
        group, ranks = layout.tensor_parallel, layout.data_parallel
        self.replica, self.need = replica, work.memory_need(replica.variant, replica.held_tokens)
        self.degrees = {"pipeline_parallel": layout.pipeline_parallel, "data_parallel": ranks}
        self.capacity_tokens = self._capacity_tokens(group)
        self.weights_fault = memory_fault(self.need, engine, accelerator, group, alternatives=formats, **self.degrees)
        self.request_tokens = replica.input_tokens + replica.output_tokens
        holds_one = self.capacity_tokens >= self.request_tokens
        self.max_batch = batch_in_memory(self.capacity_tokens, replica.held_tokens) if holds_one else 0

    def memory_bytes(self, batch: int) -> float:
        """Bytes that `batch` sequences ask of all accelerators together; each wastes half a block of KV on average."""
        need, layout = self.need, self.replica.layout
        copies = max(1.0, layout.tensor_parallel / need.kv_splits) if need.kv_splits else 1.0
        tokens = batch * (self.replica.held_tokens + KV_BLOCK_TOKENS / 2.0)
        weights = need.weight_bytes + (layout.data_parallel - 1) * need.core_bytes
        return weights + tokens * need.token_bytes * copies + layout.accelerators * self.replica.engine.overhead_bytes

    def fault(self, batch: int) -> str | None:
        """Why the batch does not fit, and what would; None where it does."""
        if self.weights_fault is not None:
            return self.weights_fault
        room = f"beside the weights of {self.need.name} there is room for {self.capacity_tokens:,} tokens of context"
        if self.max_batch == 0:
            asked = f"a request holds up to {self.request_tokens:,.0f} tokens"
            return f"{asked}; {room}: use {self._larger_group(self.request_tokens) or 'a larger accelerator'}"
        if batch > self.max_batch:
            held = batch * self.replica.held_tokens
            larger = self._larger_group(batch * (self.replica.held_tokens + KV_BLOCK_TOKENS / 2.0))
            ways = f"at most {self.max_batch:,} sequences" + (f", or {larger}" if larger else "")
            return f"{batch:,} sequences hold {held:,.0f} tokens on average; {room}: {ways}"
        return None

    def _capacity_tokens(self, group: int) -> int:
        return kv_capacity_tokens(self.need, self.replica.engine, self.replica.accelerator, group, **self.degrees)

    def _larger_group(self, tokens: float) -> str | None:
        """The smallest larger tensor-parallel degree with room for the tokens, in words."""
        larger = (degree for degree in TENSOR_PARALLEL_DEGREES if degree > self.replica.layout.tensor_parallel)
        found = next((degree for degree in larger if self._capacity_tokens(degree) >= tokens), None)
        return None if found is None else f"tensor_parallel {found} or more"


def _tables(replica: Replica, batch_max: int) -> ServingTables:
    """Tables up to a batch, whatever the engine's own limit is."""
    engine = replace(replica.engine, batch_max=batch_max)
    return serving_tables(
        replica.variant,
        engine,
        replica.accelerator,
        replica.layout.tensor_parallel,
        replica.held_tokens,
        replica.cap_w,
        replica.clock_mhz,
        pipeline_parallel=replica.layout.pipeline_parallel,
        expert_parallel=replica.layout.expert_parallel,
        data_parallel=replica.layout.data_parallel,
    )


def _point(replica: Replica, batch: int, room: _Room, tables: ServingTables | None) -> Point:
    why_not = room.fault(batch)
    known = Point(
        batch=batch,
        fits=why_not is None,
        why_not=why_not,
        max_batch=room.max_batch,
        memory_bytes=room.memory_bytes(batch),
    )
    if why_not is not None or tables is None:
        return known
    state = steady_state(
        tables, batch, replica.input_tokens, replica.output_tokens, cached_tokens=replica.cached_tokens
    )
    clock_mhz = _settled_clock_mhz(tables, batch)
    return replace(
        known,
        ttft_s=_ttft_s(replica, batch, tables),
        tpot_s=state.tpot_s,
        output_tokens_per_s=state.output_tokens_per_s,
        power_w=state.power_w,
        energy_j_per_token=state.j_per_output_token,
        bound=_bound(replica, batch, clock_mhz),
        clock_mhz=clock_mhz,
    )


def _ttft_s(replica: Replica, batch: int, tables: ServingTables) -> float:
    """Seconds until a prompt is taken in while the other sequences of the batch decode: one iteration, more where the
    engine's limit of tokens per iteration cuts the prompt up.
    """
    others, cached = batch - 1, replica.cached_tokens
    tokens, square = replica.input_tokens - cached, replica.input_tokens**2 - cached**2
    iterations = max(1, ceil(tokens / max(1, replica.engine.prefill_tokens_max - others)))
    alone_s = float(tables.decode[tables.top_level, 0, 0])
    step_s, kv_s = (float(value) for value in tables.decode[tables.top_level, others, :2])
    # the tables share an iteration that verifies drafts out among the tokens it yields; a prompt waits for all of it
    shared_by = replica.variant.speculation.tokens_per_step if others else 1.0
    decoding_s = (step_s + kv_s * others * replica.held_tokens) * shared_by
    # a prompt meets all experts, so its iteration never reads less than the whole model
    beside_s = iterations * max(alone_s, decoding_s)
    token_s, token2_s, request_s = (float(value) for value in tables.prefill[tables.top_level, :3])
    return beside_s + token_s * tokens + token2_s * square + request_s


def _settled_clock_mhz(tables: ServingTables, batch: int) -> float:
    """Clock of the lowest level whose row the highest one repeats."""
    rows = tables.decode[: tables.top_level + 1, batch, :4]
    return float(tables.clock_mhz[int(np.argmax((rows == rows[-1]).all(axis=1)))])


def _bound(replica: Replica, batch: int, clock_mhz: float) -> Bound:
    """Whether reading the weights or multiplying with them takes longer in a decode step."""
    accelerator, held = replica.accelerator, replica.held_tokens
    fit = engine_fit(replica.engine, accelerator, replica.variant.model)
    verified = replica.variant.speculation.verified_tokens
    load = pace.decode_work(replica.variant, accelerator, replica.layout, np.array(float(batch)), held, verified)
    read_s = load.weights_s / (fit.bandwidth_efficiency * (fit.narrow_efficiency if load.narrow else 1.0))
    flop_s = load.flop_s / fit.compute_efficiency * accelerator.clock.max_mhz / clock_mhz
    return "memory" if read_s >= flop_s else "compute"
