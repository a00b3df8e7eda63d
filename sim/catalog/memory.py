"""Whether a model fits on its accelerators, and how many tokens of context it can hold there.

Plain arithmetic on catalogue entries, so that a scenario is checked without loading a numeric library. Called by the
scenario layer for validation and by `sim.models.serving` for the tables. Equation (serving-model literature, e.g.
PagedAttention, Kwon et al. 2023): KV capacity = (N * (share * memory - overhead) - weights) / KV bytes per token.
Keys and values are split over tensor-parallel accelerators by head; beyond that, and for latent attention, whose one
latent vector serves all heads, each accelerator keeps a copy.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import floor

from sim.catalog.entries import Accelerator, AIModel, Precision, ServingEngine

GIB = 2.0**30  # as makers count accelerator memory
TENSOR_PARALLEL_DEGREES = (1, 2, 4, 8, 16, 32, 64)  # what serving software offers
KV_BLOCK_TOKENS = 16  # paged attention hands out room in blocks of so many tokens (vLLM's default)
CORE_BYTES = 2.0  # of what is not inside experts, where those are held in fewer than 8 bits


@dataclass(frozen=True, slots=True)
class MemoryNeed:
    """What one replica of a model must hold; `name` is how messages call it."""

    name: str
    parameters: float
    weight_bytes: float
    token_bytes: float  # of KV cache per token of context
    kv_splits: int = 0  # accelerators that can share one copy of the KV cache; 0: any number
    core_bytes: float = 0.0  # of `weight_bytes`, what each data-parallel rank keeps a copy of


def memory_need(
    model: AIModel, weights: Precision, kv_cache: Precision, context_tokens: float | None = None
) -> MemoryNeed:
    """Need of a model as published, its weights and its KV cache in the given number formats."""
    per_weight = mean_weight_bytes(model, weights)
    return MemoryNeed(
        f"{model.name} {weights.name}",
        model.parameters,
        model.parameters * per_weight,
        kv_bytes_per_token(model, kv_cache.bytes_per_value, context_tokens),
        kv_splits(model),
        model.parameters * per_weight - model.expert_parameters * weights.bytes_per_value,
    )


def mean_weight_bytes(model: AIModel, weights: Precision) -> float:
    """Bytes per weight on average.

    Formats under 8 bits are applied to the experts of a mixture alone, the rest stays in 16 bits, as in the published
    checkpoints of gpt-oss (MXFP4) and DeepSeek-R1 (NVFP4).
    """
    if model.experts == 1 or weights.bytes_per_value >= 1.0:
        return weights.bytes_per_value
    share = model.expert_parameters / model.parameters
    return share * weights.bytes_per_value + (1.0 - share) * CORE_BYTES


def kv_splits(model: AIModel) -> int:
    """Accelerators that can share one copy of the KV cache: one per KV head, one for latent attention."""
    return 1 if model.latent_size else model.kv_heads


def kv_bytes_per_token(model: AIModel, bytes_per_value: float, context_tokens: float | None = None) -> float:
    """Bytes that one token of context holds in all layers: key and value, or the latent vector.

    context_tokens: context of a sequence, of which layers with a sliding window keep only the window; None: no window
    is filled yet.
    """
    values = float(model.latent_size or 2 * model.kv_heads * model.head_size)
    kept = 1.0 if not model.window or not context_tokens else min(1.0, model.window / context_tokens)
    return (model.layers - model.window_layers * (1.0 - kept)) * values * bytes_per_value


def usable_bytes(engine: ServingEngine, accelerator: Accelerator, tensor_parallel: int) -> float:
    """Bytes that weights and KV cache of one replica may fill together."""
    return tensor_parallel * (engine.memory_share * accelerator.memory_bytes - engine.overhead_bytes)


def kv_capacity_tokens(
    need: MemoryNeed,
    engine: ServingEngine,
    accelerator: Accelerator,
    tensor_parallel: int,
    *,
    pipeline_parallel: int = 1,
    data_parallel: int = 1,
) -> int:
    """Tokens of context that one replica holds beside its weights; 0 or less: the weights do not fit."""
    weights = need.weight_bytes + (data_parallel - 1) * need.core_bytes
    count = tensor_parallel * pipeline_parallel * data_parallel
    copies = max(1.0, tensor_parallel / need.kv_splits) if need.kv_splits else 1.0
    return floor((usable_bytes(engine, accelerator, count) - weights) / (need.token_bytes * copies))


def memory_fault(
    need: MemoryNeed,
    engine: ServingEngine,
    accelerator: Accelerator,
    tensor_parallel: int,
    *,
    alternatives: Iterable[Precision] = (),
    pipeline_parallel: int = 1,
    data_parallel: int = 1,
) -> str | None:
    """Why a replica does not fit and what would, as a text; None where it fits.

    `alternatives`: number formats that may be suggested for the weights.
    """
    layout = {"pipeline_parallel": pipeline_parallel, "data_parallel": data_parallel}
    if kv_capacity_tokens(need, engine, accelerator, tensor_parallel, **layout) > 0:
        return None
    count = tensor_parallel * pipeline_parallel * data_parallel
    usable = usable_bytes(engine, accelerator, count)
    ways = [*_larger_group(need, engine, accelerator), *_smaller_format(need, alternatives, usable)]
    hint = ", or ".join(ways) or "a smaller model or a larger accelerator"
    holds = f"one {accelerator.name} has" if count == 1 else f"{count} {accelerator.name} have"
    memory_gib = count * accelerator.memory_bytes / GIB
    return f"{need.name} needs {need.weight_bytes / GIB:.0f} GiB; {holds} {memory_gib:.0f} GiB: use {hint}"


def _larger_group(need: MemoryNeed, engine: ServingEngine, accelerator: Accelerator) -> Iterator[str]:
    """The smallest tensor-parallel degree at which the weights fit, if any."""
    for degree in TENSOR_PARALLEL_DEGREES:
        if kv_capacity_tokens(need, engine, accelerator, degree) > 0:
            yield f"tensor_parallel {degree} or more"
            return


def _smaller_format(need: MemoryNeed, formats: Iterable[Precision], usable: float) -> Iterator[str]:
    """The widest of the offered formats in which the weights fit, if any."""
    fitting = [each for each in formats if need.parameters * each.bytes_per_value < usable]
    if fitting:
        yield max(fitting, key=lambda each: each.bytes_per_value).name
