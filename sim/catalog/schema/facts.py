"""Data files of precisions, fields, techniques and plants."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal, Self

from pydantic import Field as Limits
from pydantic import model_validator

from sim.catalog.entries import (
    MATURITY_SPREAD,
    Amount,
    Field,
    FieldRule,
    Maturity,
    PlantType,
    Precision,
    Technique,
)
from sim.catalog.schema.base import (
    EntryFile,
    NonNegative,
    Positive,
    PositiveShare,
    Reference,
    Share,
    Table,
    Word,
    keys_as_references,
)
from sim.document import Strict, fault


class PrecisionFile(EntryFile):
    """A number format."""

    bytes_per_value: Positive
    compute: Annotated[list[str], Limits(min_length=1)]

    def references(self) -> Iterable[Reference]:
        """The formats it may compute in."""
        return (Reference(("compute",), "precisions", name) for name in self.compute)

    def entry(self, name: str, sources: Mapping[str, str]) -> Precision:
        """The format."""
        return Precision(
            name=name,
            title=self.title,
            sources=sources,
            bytes_per_value=self.bytes_per_value,
            compute=tuple(self.compute),
        )


class AmountBlock(Strict):
    """Mean and coefficient of variation of what a typical request brings (see `sim.catalog.entries.Amount`)."""

    mean: Positive
    cv: NonNegative


class RuleBlock(Strict):
    """What a field demands of the pools that serve it (see `sim.catalog.entries.FieldRule`)."""

    demand: Literal["on-premise", "own-building"]
    breach: Literal["refuse", "warn"]
    why: Word


class FieldFile(EntryFile):
    """An application field: its quality metric, its requests, what they are worth, what its data cost, its rules."""

    metric: Word
    floor: Share
    target: PositiveShare
    models: list[str] = Limits(default_factory=list)
    request: dict[Literal["input_tokens", "output_tokens", "items", "audio_s"], AmountBlock] = Limits(
        default_factory=dict
    )
    promise: dict[Literal["ttft_p99_s", "tpot_p99_s", "e2e_p99_s"], Positive] = Limits(default_factory=dict)
    value_usd: NonNegative | None = None
    data_usd_per_sample: NonNegative | None = None
    label_usd_per_sample: NonNegative | None = None
    rules: list[RuleBlock] = Limits(default_factory=list)

    @model_validator(mode="after")
    def _target_is_above_floor(self) -> Self:
        if self.floor > self.target:
            raise fault(f"floor ({self.floor:g}) must not exceed target ({self.target:g})", "floor")
        return self

    def references(self) -> Iterable[Reference]:
        """The models that are typical of it."""
        return (Reference(("models",), "models", name) for name in self.models)

    def entry(self, name: str, sources: Mapping[str, str]) -> Field:
        """The field."""
        return Field(
            name=name,
            sources=sources,
            models=tuple(self.models),
            request={what: Amount(mean=block.mean, cv=block.cv) for what, block in self.request.items()},
            rules=tuple(FieldRule(**block.model_dump()) for block in self.rules),
            **self.model_dump(exclude={"sources", "models", "request", "rules"}),
        )


class TechniqueFile(EntryFile):
    """A measure's effect and effort; the file is named `<measure>.<option>`."""

    accuracy_factor: dict[str, Positive] = Limits(default_factory=dict)
    accuracy_spread: dict[str, NonNegative] = Limits(default_factory=dict)
    accuracy_after: dict[Word, dict[str, Positive]] = Limits(default_factory=dict)
    maturity: Maturity = "production"
    accelerator_h_per_gparameter: NonNegative = 0.0
    accelerator_h: NonNegative = 0.0
    engineer_h: NonNegative
    data_usd: NonNegative = 0.0
    figures: dict[str, float] = Limits(default_factory=dict)

    def references(self) -> Iterable[Reference]:
        """The fields with an own effect."""
        yield from keys_as_references("accuracy_factor", "fields", self.accuracy_factor)
        yield from keys_as_references("accuracy_spread", "fields", self.accuracy_spread)
        for step, factors in self.accuracy_after.items():
            for reference in keys_as_references(step, "fields", factors):
                yield Reference(("accuracy_after", *reference.path), reference.kind, reference.name)

    def entry(self, name: str, sources: Mapping[str, str]) -> Technique:
        """The technique, its spreads as wide as its maturity makes them."""
        measure, _, option = name.partition(".")
        widened = {field: MATURITY_SPREAD[self.maturity] * spread for field, spread in self.accuracy_spread.items()}
        return Technique(
            name=name,
            measure=measure,
            option=option,
            sources=sources,
            accuracy_spread=widened,
            **self.model_dump(exclude={"sources", "accuracy_spread"}),
        )


class PlantFile(EntryFile):
    """A cooling plant; its model in `sim.facility` says which figures and tables it takes."""

    kind: Word
    figures: dict[str, float]
    tables: dict[str, Table] = Limits(default_factory=dict)

    def entry(self, name: str, sources: Mapping[str, str]) -> PlantType:
        """The plant."""
        return PlantType(name=name, sources=sources, **self.model_dump(exclude={"sources"}))
