"""Data files of AI models and serving engines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from sim.catalog.entries import AIModel, EngineFit, ServingEngine
from sim.catalog.schema.base import (
    Count,
    EntryFile,
    NonNegative,
    Positive,
    PositiveShare,
    Reference,
    Share,
    keys_as_references,
)
from sim.document import Strict, fault


class ModelFile(EntryFile):
    """An AI model: its shape, and its accuracy per field."""

    family: Literal["llm", "fixed-time"]
    parameters: NonNegative = 0.0
    active_parameters: NonNegative = 0.0
    layers: Annotated[int, Field(ge=0)] = 0
    hidden: Annotated[int, Field(ge=0)] = 0
    kv_heads: Annotated[int, Field(ge=0)] = 0
    head_size: Annotated[int, Field(ge=0)] = 0
    experts: Count = 1
    experts_per_token: Count = 1
    expert_parameters: NonNegative = 0.0
    precision: str = "bf16"
    accuracy: dict[str, Share] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _shape_is_whole(self) -> Self:
        shape = ("parameters", "active_parameters", "layers", "hidden", "kv_heads", "head_size")
        missing = [name for name in shape if not getattr(self, name)]
        if self.family == "llm" and missing:
            raise fault(f"a language model needs {', '.join(missing)} above 0")
        if self.active_parameters > self.parameters:
            raise fault("active_parameters must not exceed parameters", "active_parameters")
        if self.experts_per_token > self.experts:
            raise fault("experts_per_token must not exceed experts", "experts_per_token")
        if self.expert_parameters > self.parameters or (self.experts > 1) != (self.expert_parameters > 0):
            raise fault(
                "expert_parameters is the part of parameters inside experts: above 0 where experts > 1", "experts"
            )
        return self

    def references(self) -> Iterable[Reference]:
        """Its number format and the fields of its accuracy."""
        yield Reference(("precision",), "precisions", self.precision)
        yield from keys_as_references("accuracy", "fields", self.accuracy)

    def entry(self, name: str, sources: Mapping[str, str]) -> AIModel:
        """The model."""
        return AIModel(name=name, sources=sources, **self.model_dump(exclude={"sources"}))


class FitBlock(Strict):
    """Fitted constants of an engine on one accelerator (see `sim.catalog.entries.EngineFit`)."""

    bandwidth_efficiency: PositiveShare
    compute_efficiency: PositiveShare
    prefill_efficiency: PositiveShare
    layer_s: NonNegative
    sequence_s: NonNegative
    all_reduce_s: NonNegative

    def fit(self) -> EngineFit:
        """The constants."""
        return EngineFit(**self.model_dump())


class EngineFile(EntryFile):
    """Serving software."""

    fits: dict[str, FitBlock]
    fallback: FitBlock
    memory_share: PositiveShare
    overhead_bytes: NonNegative
    batch_max: Count
    prefill_tokens_max: Count
    kv_policy: Literal["reserve", "recompute"] = "recompute"
    start_s: NonNegative
    load_bytes_per_s: Positive

    def references(self) -> Iterable[Reference]:
        """The accelerators with an own fit."""
        return keys_as_references("fits", "accelerators", self.fits)

    def entry(self, name: str, sources: Mapping[str, str]) -> ServingEngine:
        """The engine."""
        return ServingEngine(
            name=name,
            sources=sources,
            fits={accelerator: block.fit() for accelerator, block in self.fits.items()},
            fallback=self.fallback.fit(),
            **self.model_dump(exclude={"sources", "fits", "fallback"}),
        )
