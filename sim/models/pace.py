"""Seconds of serving work from its ideal seconds: what peak rates would take, and what an engine makes of them.

Ideal seconds are of one accelerator of the replica, at peak bandwidth and at the peak FLOP/s of the highest clock. All
fields may be numbers or arrays that broadcast; the calibration evaluates all measured rows in one call.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.catalog.entries import Accelerator, EngineFit
from sim.catalog.memory import kv_splits
from sim.models import work
from sim.models.early_exit import EarlyExit
from sim.models.layout import Layout
from sim.models.peaks import peak_flops
from sim.models.power import OVERLAP_EXPONENT
from sim.models.variant import Variant

Array = NDArray[np.float64]
LINK_EFFICIENCY = 0.7  # of the link's rate that an all-reduce reaches; assumed, as peers do


class DecodeWork(NamedTuple):
    """One iteration that decodes; `held` tokens of context in the whole replica."""

    weights_s: Array  # ideal seconds of reading weights
    window_s: Array  # of reading the filled sliding windows
    context_s: Array  # of reading context, per token held
    flop_s: Array  # of arithmetic
    context_flop_s: Array  # of attention's arithmetic, per token held
    held: Array  # context at which memory and arithmetic are weighed against each other
    layers: Array
    latent: Array  # 1 where attention is latent, else 0
    quantised: Array  # 1 for mixtures of experts in 8 bits, else 0: every matrix quantises its activations first
    sequences: Array  # of one data-parallel rank and pipeline stage; each counts for every token verified
    reduces: Array  # all-reduces
    exchanges: Array  # all-to-alls
    message_s: Array  # on the links
    narrow: Array  # 1 where weights have fewer than 8 bits, else 0
    sparse: Array  # seconds of reading the weights over those of their bytes: above 1 where zeros are left out


class PromptWork(NamedTuple):
    """Prompts taken in, per token, per token squared and per prompt."""

    flop_s: Array  # ideal seconds per token
    square_s: Array  # per token squared
    message_s: Array  # on the links, per token
    layers: Array  # per prompt
    latent: Array  # as in DecodeWork
    quantised: Array


class Seconds(NamedTuple):
    """A fixed part, and one per token of context held."""

    fixed: Array
    unit: Array


def decode_work(
    variant: Variant,
    accelerator: Accelerator,
    layout: Layout,
    batch: Array,
    context_tokens: float,
    tokens_per_sequence: float = 1.0,
) -> DecodeWork:
    """Work of iterations with each of `batch` sequences, each of which holds `context_tokens`.

    tokens_per_sequence: more than 1 where drafted tokens are verified. Batch 0 is an iteration of prompts only.
    """
    stage = batch / layout.pipeline_parallel
    tokens = stage * tokens_per_sequence
    group = layout.tensor_parallel * layout.data_parallel
    bandwidth, peak = accelerator.bandwidth_bytes_per_s, peak_flops(variant, accelerator)
    core = (variant.weight_bytes - variant.expert_bytes) / layout.tensor_parallel
    coverage = work.expert_coverage(variant, tokens)
    experts = variant.expert_bytes * coverage * work.group_imbalance(variant, coverage, layout.expert_parallel) / group
    window, per_token = work.windowed_bytes(variant, context_tokens)
    copies = max(1.0, layout.tensor_parallel / kv_splits(variant.model))
    rank = stage / layout.data_parallel
    load = DecodeWork(
        weights_s=(core + experts) / bandwidth,
        window_s=stage * window * copies / group / bandwidth,
        context_s=np.asarray(per_token * copies / layout.accelerators / bandwidth),
        flop_s=work.token_flops(variant) * tokens / group / peak,
        context_flop_s=np.asarray(work.context_flops(variant) * tokens_per_sequence / layout.accelerators / peak),
        held=batch * context_tokens,
        layers=np.asarray(float(variant.model.layers)),
        latent=np.asarray(float(variant.model.latent_size > 0)),
        quantised=_quantised(variant),
        sequences=rank * tokens_per_sequence,
        reduces=np.asarray(2.0 * variant.model.layers if layout.tensor_parallel > 1 else 0.0),
        exchanges=np.asarray(2.0 * variant.model.layers if layout.exchanges else 0.0),
        message_s=rank * tokens_per_sequence * message_s(variant, accelerator, layout),
        narrow=np.asarray(float(variant.weights.bytes_per_value < 1.0)),
        sparse=np.asarray(variant.read_slowdown),
    )
    return left_early(load, variant.early_exit, tokens) if variant.early_exit.skipped else load


def left_early(load: DecodeWork, early_exit: EarlyExit, tokens: Array) -> DecodeWork:
    """The iterations with layers skipped: what each token works, and what is read and launched for any of them."""
    all_left = (1.0 - early_exit.depth) * early_exit.leaving**tokens
    run, work_left = np.where(tokens == 0.0, 1.0, 1.0 - all_left), early_exit.work  # no tokens: prompts, which run all
    return load._replace(
        weights_s=load.weights_s * run,
        window_s=load.window_s * work_left,
        context_s=load.context_s * work_left,
        flop_s=load.flop_s * work_left,
        context_flop_s=load.context_flop_s * work_left,
        layers=load.layers * run,
        reduces=load.reduces * run,
        exchanges=load.exchanges * run,
        message_s=load.message_s * work_left,
    )


def prompt_work(
    variant: Variant, accelerator: Accelerator, layout: Layout, prompt_tokens: float | None = None
) -> PromptWork:
    """Work of taking prompts in; windows of attention are resolved at `prompt_tokens`."""
    peak = layout.accelerators * peak_flops(variant, accelerator)
    share = layout.data_parallel * layout.pipeline_parallel
    return PromptWork(
        flop_s=np.asarray(work.token_flops(variant) / peak),
        square_s=np.asarray(work.attention_flops(variant, prompt_tokens) / peak),
        message_s=np.asarray(message_s(variant, accelerator, layout) / share),
        layers=np.asarray(variant.model.layers / share),
        latent=np.asarray(float(variant.model.latent_size > 0)),
        quantised=_quantised(variant),
    )


def _quantised(variant: Variant) -> Array:
    return np.asarray(float(variant.model.experts > 1 and variant.weights.bytes_per_value == 1.0))


def launches(load: DecodeWork | PromptWork, fit: EngineFit) -> Array:
    """Layers, counted by what they launch: those of attention that is not latent, in 16 bits, count as 1."""
    more = load.latent * (fit.latent_launches - 1.0) + load.quantised * fit.quantised_launches
    return np.asarray(load.layers * (1.0 + more))


def message_s(variant: Variant, accelerator: Accelerator, layout: Layout) -> float:
    """Seconds that the hidden state of one token spends on the links, all layers, all-reduces and all-to-alls."""
    rate = LINK_EFFICIENCY * accelerator.link_bytes_per_s
    reduced = 4.0 * variant.model.layers * (layout.tensor_parallel - 1) / layout.tensor_parallel
    sent = 2.0 * variant.model.layers * variant.model.experts_per_token if layout.exchanges else 0.0
    hops = layout.pipeline_parallel - 1
    return (reduced + sent / layout.expert_parallel + hops) * work.message_bytes(variant) / rate


def decode_seconds(load: DecodeWork, fit: EngineFit, slowdown: Array | float = 1.0) -> Seconds:
    """Seconds of the iterations, linear in the context held and exact at `load.held`.

    slowdown: highest clock over the clock. Memory time and compute time overlap by the p-norm, whose tangent in the
    context is taken. As the norm is convex and scales with its arguments, the fixed part is never negative.
    """
    narrow = np.where(load.narrow > 0.0, fit.narrow_efficiency, 1.0)
    reading = (load.sparse * load.weights_s / narrow + load.window_s) / fit.bandwidth_efficiency
    context = load.context_s / fit.bandwidth_efficiency
    arithmetic = slowdown * load.flop_s / fit.compute_efficiency
    attention = slowdown * load.context_flop_s / fit.compute_efficiency
    memory, compute = reading + context * load.held, arithmetic + attention * load.held
    norm = (memory**OVERLAP_EXPONENT + compute**OVERLAP_EXPONENT) ** (1.0 / OVERLAP_EXPONENT)
    by_memory, by_compute = ((part / norm) ** (OVERLAP_EXPONENT - 1.0) for part in (memory, compute))
    fixed = by_memory * reading + by_compute * arithmetic
    host = fit.layer_s * launches(load, fit) + fit.sequence_s * load.sequences + load.message_s
    host = host + fit.all_reduce_s * load.reduces + fit.exchange_s * load.exchanges
    return Seconds(np.asarray(fixed + host), np.asarray(by_memory * context + by_compute * attention))


def prompt_seconds(load: PromptWork, fit: EngineFit, slowdown: Array | float = 1.0) -> tuple[Array, Array, Array]:
    """Seconds per token of a prompt, per token squared, and per prompt."""
    token = slowdown * load.flop_s / fit.prefill_efficiency + load.message_s
    square = slowdown * load.square_s / fit.prefill_efficiency
    return np.asarray(token), np.asarray(square), np.asarray(fit.prompt_s * launches(load, fit))
