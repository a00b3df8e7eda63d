"""What one iteration of a language model must move and compute: bytes and FLOPs, before any hardware is named."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.catalog.entries import Accelerator
from sim.catalog.memory import kv_bytes_per_token
from sim.errors import ScenarioError
from sim.models.variant import Variant

Array = NDArray[np.float64]
ACTIVATION_BYTES = 2.0  # activations travel between accelerators in a 16-bit format


def weight_read_bytes(variant: Variant, batch: Array) -> Array:
    """Bytes of weights read in one iteration with `batch` tokens; batch 0 (prompts only) reads all of them.

    Experts are met by chance: of E, with k per token, a share 1 - (1 - k/E)^B is read (independent routing).
    """
    model = variant.model
    expert_share = model.expert_parameters / model.parameters
    coverage = 1.0 - (1.0 - model.experts_per_token / model.experts) ** batch
    coverage = np.where(batch == 0.0, 1.0, coverage)
    return np.asarray(variant.weight_bytes * (1.0 - expert_share + expert_share * coverage), dtype=np.float64)


def token_flops(variant: Variant) -> float:
    """FLOPs of one token without attention: two per active parameter."""
    return 2.0 * variant.active_parameters


def attention_flops(variant: Variant) -> float:
    """FLOPs of causal attention over a prompt of n tokens, divided by n^2: 2 H L (serving-model literature)."""
    return 2.0 * variant.model.hidden * variant.model.layers


def context_bytes(variant: Variant) -> float:
    """Bytes of KV cache per token of context, read once for each token decoded after it."""
    return kv_bytes_per_token(variant.model, variant.kv_cache.bytes_per_value)


def message_bytes(variant: Variant) -> float:
    """Bytes of hidden state that one token sends through one all-reduce."""
    return variant.model.hidden * ACTIVATION_BYTES


def peak_flops(variant: Variant, accelerator: Accelerator) -> float:
    """Peak FLOP/s of the first of the format's compute formats that the accelerator has.

    Raises ScenarioError where it has none of them.
    """
    for name in variant.weights.compute:
        if name in accelerator.flops:
            return accelerator.flops[name]
    raise ScenarioError(
        f"{variant.model.name} in {variant.weights.name} computes in {' or '.join(variant.weights.compute)}; "
        f"{accelerator.name} has {', '.join(sorted(accelerator.flops))}"
    )
