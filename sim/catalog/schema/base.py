"""What all data files share: title, sources, references to other entries; and the kinds of numbers they hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from sim.document import Strict, fault

Positive = Annotated[float, Field(gt=0)]
NonNegative = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
PositiveShare = Annotated[float, Field(gt=0, le=1)]
Count = Annotated[int, Field(ge=1)]
Word = Annotated[str, Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class Reference:
    """A place of an entry that names another entry: `path` within the entry, `name` of the kind `kind`."""

    path: tuple[str, ...]
    kind: str
    name: str


class EntryFile(Strict):
    """One entry as its file has it; `sources` maps the text of a source to the dotted names of its figures."""

    title: str = ""
    sources: dict[Word, list[str]] = Field(default_factory=dict)

    def references(self) -> Iterable[Reference]:
        """Other entries that this one names."""
        return ()


def keys_as_references(path: str, kind: str, mapping: Mapping[str, object]) -> Iterable[Reference]:
    """The keys of a mapping of the entry as references; the wildcard `*` names nothing."""
    return (Reference((path, key), kind, key) for key in mapping if key != "*")


def _numeric_keys(value: object) -> object:
    """A table with its keys as numbers: JSON, and YAML files that quote them, write keys as text."""
    if not isinstance(value, dict):
        return value
    return {_number(key): held for key, held in value.items()}


def _number(key: object) -> object:
    """A key as a float where it reads as one; anything else stays, for the schema to refuse."""
    try:
        return float(key) if isinstance(key, str | int | float) else key
    except ValueError:
        return key


def _rising(table: dict[float, float]) -> dict[float, float]:
    """A table for linear interpolation: at least two points, arguments rising."""
    if len(table) < 2:
        raise fault("a table needs at least two points")
    for left, right in pairwise(table):
        if right <= left:
            raise fault(f"a table's arguments must rise, but {right:g} stands after {left:g}")
    return table


Table = Annotated[dict[float, float], BeforeValidator(_numeric_keys), AfterValidator(_rising)]
