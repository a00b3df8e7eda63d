"""Whether a model fits on its accelerators, and how many tokens of context it can hold there.

Plain arithmetic on catalogue entries, so that a scenario is checked without loading a numeric library. Called by the
scenario layer for validation and by `sim.models.serving` for the tables. Equation (serving-model literature, e.g.
PagedAttention, Kwon et al. 2023): KV capacity = (tp * (share * memory - overhead) - weights) / KV bytes per token.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import floor

from sim.catalog.entries import Accelerator, AIModel, Precision, ServingEngine

GIB = 2.0**30  # as makers count accelerator memory
TENSOR_PARALLEL_DEGREES = (1, 2, 4, 8, 16, 32, 64)  # what serving software offers


@dataclass(frozen=True, slots=True)
class MemoryNeed:
    """What one replica of a model must hold; `name` is how messages call it."""

    name: str
    parameters: float
    weight_bytes: float
    token_bytes: float  # of KV cache per token of context


def memory_need(model: AIModel, weights: Precision, kv_cache: Precision) -> MemoryNeed:
    """Need of a model as published, its weights and its KV cache in the given number formats."""
    return MemoryNeed(
        f"{model.name} {weights.name}",
        model.parameters,
        model.parameters * weights.bytes_per_value,
        kv_bytes_per_token(model, kv_cache.bytes_per_value),
    )


def kv_bytes_per_token(model: AIModel, bytes_per_value: float) -> float:
    """Bytes of key and value that one token of context holds in all layers."""
    return 2.0 * model.layers * model.kv_heads * model.head_size * bytes_per_value


def usable_bytes(engine: ServingEngine, accelerator: Accelerator, tensor_parallel: int) -> float:
    """Bytes that weights and KV cache of one replica may fill together."""
    return tensor_parallel * (engine.memory_share * accelerator.memory_bytes - engine.overhead_bytes)


def kv_capacity_tokens(need: MemoryNeed, engine: ServingEngine, accelerator: Accelerator, tensor_parallel: int) -> int:
    """Tokens of context that one replica holds beside its weights; 0 or less: the weights do not fit."""
    return floor((usable_bytes(engine, accelerator, tensor_parallel) - need.weight_bytes) / need.token_bytes)


def memory_fault(
    need: MemoryNeed,
    engine: ServingEngine,
    accelerator: Accelerator,
    tensor_parallel: int,
    *,
    alternatives: Iterable[Precision] = (),
) -> str | None:
    """Why a replica does not fit and what would, as a text; None where it fits.

    `alternatives`: number formats that may be suggested for the weights.
    """
    if kv_capacity_tokens(need, engine, accelerator, tensor_parallel) > 0:
        return None
    usable = usable_bytes(engine, accelerator, tensor_parallel)
    ways = [*_larger_group(need, engine, accelerator), *_smaller_format(need, alternatives, usable)]
    hint = ", or ".join(ways) or "a smaller model or a larger accelerator"
    holds = f"one {accelerator.name} has" if tensor_parallel == 1 else f"{tensor_parallel} {accelerator.name} have"
    memory_gib = tensor_parallel * accelerator.memory_bytes / GIB
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
