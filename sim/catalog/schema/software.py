"""Data files of AI models and serving engines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from sim.catalog.entries import AIModel, EngineFit, FitRange, ItemPace, ItemWork, ServingEngine
from sim.catalog.schema.base import (
    Count,
    EntryFile,
    NonNegative,
    Positive,
    PositiveShare,
    Reference,
    Share,
    Word,
    keys_as_references,
)
from sim.document import Strict, fault


class PaceBlock(Strict):
    """Pace of a model of items on one accelerator (see `sim.catalog.entries.ItemPace`)."""

    batch_s: NonNegative
    peak_share: PositiveShare
    split_loss: Share = 0.0
    split_s: NonNegative = 0.0

    def pace(self) -> ItemPace:
        """The pace."""
        return ItemPace(**self.model_dump())


class ItemsBlock(Strict):
    """Work per item of a model that takes no tokens (see `sim.catalog.entries.ItemWork`)."""

    unit: Word
    flops: Positive
    traffic_bytes: NonNegative
    batch_max: Count
    paces: dict[str, PaceBlock] = Field(default_factory=dict)
    fallback: PaceBlock

    def work(self) -> ItemWork:
        """The work."""
        return ItemWork(
            unit=self.unit,
            flops=self.flops,
            traffic_bytes=self.traffic_bytes,
            batch_max=self.batch_max,
            paces={name: block.pace() for name, block in self.paces.items()},
            fallback=self.fallback.pace(),
        )


class ModelFile(EntryFile):
    """An AI model: its shape, and its accuracy per field."""

    family: Literal["llm", "vision", "encoder", "speech", "recommendation", "tabular", "diffusion", "fixed-time"]
    parameters: NonNegative = 0.0
    active_parameters: NonNegative = 0.0
    layers: Annotated[int, Field(ge=0)] = 0
    hidden: Annotated[int, Field(ge=0)] = 0
    kv_heads: Annotated[int, Field(ge=0)] = 0
    head_size: Annotated[int, Field(ge=0)] = 0
    experts: Count = 1
    experts_per_token: Count = 1
    expert_parameters: NonNegative = 0.0
    heads: Annotated[int, Field(ge=0)] = 0
    latent_size: Annotated[int, Field(ge=0)] = 0
    window: Annotated[int, Field(ge=0)] = 0
    window_layers: Annotated[int, Field(ge=0)] = 0
    power_calibration: dict[str, Positive] = Field(default_factory=dict)
    precision: str = "bf16"
    items: ItemsBlock | None = None
    accuracy: dict[str, Share] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _shape_is_whole(self) -> Self:
        shape = ("parameters", "active_parameters", "layers", "hidden", "kv_heads", "head_size")
        missing = [name for name in shape if not getattr(self, name)]
        if self.family == "llm" and missing:
            raise fault(f"a language model needs {', '.join(missing)} above 0")
        if (self.items is None) != (self.family in ("llm", "fixed-time")):
            raise fault(f"a model of family {self.family} {'needs' if self.items is None else 'has no'} items", "items")
        if self.active_parameters > self.parameters:
            raise fault("active_parameters must not exceed parameters", "active_parameters")
        if self.experts_per_token > self.experts:
            raise fault("experts_per_token must not exceed experts", "experts_per_token")
        if self.expert_parameters > self.parameters or (self.experts > 1) != (self.expert_parameters > 0):
            raise fault(
                "expert_parameters is the part of parameters inside experts: above 0 where experts > 1", "experts"
            )
        if self.window_layers > self.layers or (self.window > 0) != (self.window_layers > 0):
            raise fault("window and window_layers go together; no more window_layers than layers", "window_layers")
        return self

    def references(self) -> Iterable[Reference]:
        """Its number format and the fields of its accuracy."""
        yield Reference(("precision",), "precisions", self.precision)
        yield from keys_as_references("accuracy", "fields", self.accuracy)
        yield from keys_as_references("power_calibration", "accelerators", self.power_calibration)
        for name in self.items.paces if self.items else ():
            yield Reference(("items", "paces", name), "accelerators", name)

    def entry(self, name: str, sources: Mapping[str, str]) -> AIModel:
        """The model."""
        figures = self.model_dump(exclude={"sources", "items"})
        return AIModel(name=name, sources=sources, items=self.items.work() if self.items else None, **figures)


class RangeBlock(Strict):
    """What the rows of a fit covered (see `sim.catalog.entries.FitRange`)."""

    rows: Count
    batch_min: NonNegative
    batch_max: Positive
    tensor_parallel_max: Count
    active_gparameters_min: Positive
    active_gparameters_max: Positive


class FitBlock(Strict):
    """Fitted constants of an engine on one accelerator (see `sim.catalog.entries.EngineFit`)."""

    bandwidth_efficiency: PositiveShare
    compute_efficiency: PositiveShare
    prefill_efficiency: PositiveShare
    layer_s: NonNegative
    sequence_s: NonNegative
    all_reduce_s: NonNegative
    narrow_efficiency: PositiveShare = 1.0
    prompt_s: NonNegative = 0.0
    exchange_s: NonNegative = 0.0
    latent_launches: Positive = 2.0
    quantised_launches: NonNegative = 0.0
    measured: RangeBlock | None = None
    spread: dict[str, NonNegative] = Field(default_factory=dict)
    models: list[str] = Field(default_factory=list)

    def fit(self) -> EngineFit:
        """The constants."""
        measured = FitRange(**self.measured.model_dump()) if self.measured else None
        figures = self.model_dump(exclude={"measured", "models"})
        return EngineFit(measured=measured, models=tuple(self.models), **figures)


class EngineFile(EntryFile):
    """Serving software."""

    version: str = ""
    year: Annotated[int, Field(ge=2000)] | None = None
    fits: dict[str, FitBlock]
    fallback: FitBlock
    expert_fits: dict[str, FitBlock] = Field(default_factory=dict)
    expert_fallback: FitBlock | None = None
    older_fits: dict[str, FitBlock] = Field(default_factory=dict)
    memory_share: PositiveShare
    overhead_bytes: NonNegative
    batch_max: Count
    prefill_tokens_max: Count
    kv_policy: Literal["reserve", "recompute"] = "recompute"
    start_s: NonNegative
    load_bytes_per_s: Positive

    def references(self) -> Iterable[Reference]:
        """The accelerators with an own fit."""
        yield from keys_as_references("fits", "accelerators", self.fits)
        yield from keys_as_references("expert_fits", "accelerators", self.expert_fits)
        yield from keys_as_references("older_fits", "accelerators", self.older_fits)
        for accelerator, block in self.older_fits.items():
            for model in block.models:
                yield Reference(("older_fits", accelerator, "models"), "models", model)

    def entry(self, name: str, sources: Mapping[str, str]) -> ServingEngine:
        """The engine."""
        return ServingEngine(
            name=name,
            sources=sources,
            fits={accelerator: block.fit() for accelerator, block in self.fits.items()},
            fallback=self.fallback.fit(),
            expert_fits={accelerator: block.fit() for accelerator, block in self.expert_fits.items()},
            expert_fallback=self.expert_fallback.fit() if self.expert_fallback else None,
            older_fits={accelerator: block.fit() for accelerator, block in self.older_fits.items()},
            **self.model_dump(exclude={"sources", "fits", "fallback", "expert_fits", "expert_fallback", "older_fits"}),
        )
