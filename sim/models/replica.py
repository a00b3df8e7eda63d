"""The performance model of a replica, whatever its model takes: tokens or items."""

from __future__ import annotations

from sim.catalog.entries import Accelerator, ServingEngine
from sim.models.items import batch_tokens, item_tables
from sim.models.serving import ServingTables, serving_tables
from sim.models.variant import Variant


def replica_tables(
    variant: Variant,
    engine: ServingEngine,
    accelerator: Accelerator,
    accelerators: int,
    context_tokens: float,
    cap_w: float | None = None,
    clock_mhz: float | None = None,
) -> ServingTables:
    """Tables of one replica on `accelerators` accelerators of one node; `context_tokens` matters to language models.

    Raises ScenarioError where the model does not fit, no number format is usable, or the cap cannot be kept.
    """
    if variant.model.items is not None:
        return item_tables(variant, accelerator, accelerators, cap_w, clock_mhz)
    return serving_tables(variant, engine, accelerator, accelerators, context_tokens, cap_w, clock_mhz)


def prompt_tokens_max(variant: Variant, engine: ServingEngine) -> int:
    """Most tokens of requests that one iteration takes in: the engine's limit, or the largest batch of items."""
    return engine.prefill_tokens_max if variant.model.items is None else batch_tokens(variant)
