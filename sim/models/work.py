"""What one iteration of a language model must move and compute: bytes and FLOPs, before any hardware is named."""

from __future__ import annotations

from math import floor

import numpy as np
from numpy.typing import NDArray

from sim.catalog.memory import KV_BLOCK_TOKENS, MemoryNeed, kv_bytes_per_token, kv_splits
from sim.models.variant import Variant

Array = NDArray[np.float64]
ACTIVATION_BYTES = 2.0  # activations travel between accelerators in a 16-bit format


def expert_coverage(variant: Variant, tokens: Array) -> Array:
    """Share of the experts that `tokens` tokens meet; 0 tokens stand for an iteration of prompts, which meets all.

    Independent routing: of E experts with k per token, 1 - (1 - k/E)^tokens.
    """
    met = 1.0 - (1.0 - variant.model.experts_per_token / variant.model.experts) ** tokens
    return np.asarray(np.where(tokens == 0.0, 1.0, met), dtype=np.float64)


def group_imbalance(variant: Variant, coverage: Array, groups: int) -> Array:
    """Experts met in the busiest of `groups` expert-parallel groups over those met on average, at least 1.

    Each expert is met or not by chance, so a group's count has a binomial spread, and the largest of g normal draws
    lies about sqrt(2 ln g) standard deviations above their mean. Skewed routing would add to it and is not in it.
    """
    if groups == 1:
        return np.ones_like(coverage)
    own = variant.model.experts / groups
    spread = np.sqrt((1.0 - coverage) / np.maximum(own * coverage, 1e-9))
    return np.asarray(np.minimum(1.0 + spread * np.sqrt(2.0 * np.log(groups)), 1.0 / coverage), dtype=np.float64)


def weight_read_bytes(variant: Variant, batch: Array) -> Array:
    """Bytes of weights read in one iteration with `batch` tokens; batch 0 (prompts only) reads all of them."""
    expert = variant.expert_bytes
    return np.asarray(variant.weight_bytes - expert + expert * expert_coverage(variant, batch), dtype=np.float64)


def token_flops(variant: Variant) -> float:
    """FLOPs of one token without attention: two per active parameter."""
    return 2.0 * variant.active_parameters


def attention_width(variant: Variant) -> float:
    """Heads times head size: values of one token that take part in attention."""
    model = variant.model
    return float(model.heads * model.head_size) if model.heads and not model.latent_size else float(model.hidden)


def attention_flops(variant: Variant, prompt_tokens: float | None = None) -> float:
    """FLOPs of causal attention over a prompt of n tokens, divided by n^2: 2 W L for attention of width W.

    Layers with a sliding window attend to no more than the window, resolved at `prompt_tokens` where given.
    """
    model = variant.model
    near = min(1.0, 2.0 * model.window / prompt_tokens) if model.window and prompt_tokens else 1.0
    return 2.0 * attention_width(variant) * (model.layers - model.window_layers * (1.0 - near))


def context_flops(variant: Variant) -> float:
    """FLOPs per token of context that one decoded token spends in attention where they count.

    Latent attention multiplies the one latent vector with every head, twice (the keys and the values): at 128 heads as
    many FLOPs per byte as the ridge of an accelerator. For other attention they are far below its memory time: 0.
    """
    model = variant.model
    return 4.0 * model.layers * model.heads * model.latent_size


def context_bytes(variant: Variant, context_tokens: float | None = None) -> float:
    """Bytes of KV cache per token of context, read once for each token decoded after it.

    context_tokens: context of one sequence, at which layers with a sliding window are resolved.
    """
    return kv_bytes_per_token(variant.model, variant.kv_cache.bytes_per_value, context_tokens)


def windowed_bytes(variant: Variant, context_tokens: float) -> tuple[float, float]:
    """Bytes of KV cache of one sequence as (a fixed part, a part per token), exact around `context_tokens`."""
    model, values = variant.model, variant.kv_cache.bytes_per_value
    full = kv_bytes_per_token(model, values)
    if not model.window or context_tokens <= model.window:
        return 0.0, full
    per_layer = full / model.layers
    return model.window_layers * per_layer * model.window, (model.layers - model.window_layers) * per_layer


def memory_need(variant: Variant, context_tokens: float | None = None) -> MemoryNeed:
    """What one replica of the variant must hold, for `sim.catalog.memory`."""
    return MemoryNeed(
        f"{variant.model.name} {variant.weights.name}",
        variant.parameters,
        variant.held_bytes,
        context_bytes(variant, context_tokens) * (1.0 + variant.speculation.held_share),
        kv_splits(variant.model),
        variant.held_bytes - variant.expert_bytes,
    )


def message_bytes(variant: Variant) -> float:
    """Bytes of hidden state that one token sends through one all-reduce."""
    return variant.model.hidden * ACTIVATION_BYTES


def cached_tokens(prompt_tokens: float, hit_share: float) -> float:
    """Tokens of a prompt that a prefix cache holds: whole blocks of the share, never the last token."""
    blocks = floor(hit_share * prompt_tokens / KV_BLOCK_TOKENS)
    return max(0.0, min(float(blocks * KV_BLOCK_TOKENS), prompt_tokens - 1.0))


def held_context_tokens(mean_input: float, mean_output: float, cv_output: float) -> float:
    """Tokens that a sequence in flight holds on average: input + E[L^2] / (2 E[L]) for outputs of length L.

    Long outputs stay in flight longer, so a glance at the batch meets them more often (length bias). cv_output:
    standard deviation of the output length over its mean.
    """
    return mean_input + mean_output * (1.0 + cv_output**2) / 2.0
