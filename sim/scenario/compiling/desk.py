"""What all of the compiling shares: the document, the catalogue, the faults found so far, the entries used."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from sim.catalog import Catalogue
from sim.catalog.entries import AIModel, Entry, Field, NodeType, PlantType, Precision, ServingEngine, Technique
from sim.document import Document, Route, Value
from sim.document.wording import printable, shown
from sim.errors import CatalogueError, Problem

PRICES = ("capex_usd", "life_y", "usd_per_h")  # figures that scenarios often state themselves
OF_EVERY_FIELD = ("floor", "target", "value_usd")  # what each run reads of a field; measures read its prices
AnyEntry = TypeVar("AnyEntry", bound=Entry)


@dataclass
class Desk:
    """Collects faults, so that all are told at once; hands out entries and files, and remembers which."""

    document: Document
    catalogue: Catalogue
    folder: Path  # of the scenario file: paths of the resolved document start here
    problems: list[Problem] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    moved: dict[Route, str] = field(default_factory=dict)  # paths that another file names, as seen from `folder`
    overridden: set[str] = field(default_factory=set)  # figures that the scenario states in place of the catalogue
    _used: dict[tuple[str, str], Entry] = field(default_factory=dict)
    _priced: set[str] = field(default_factory=set)

    def fault(self, path: Route, text: str, key: bool = False) -> None:
        """Notes a fault at a value of the document, or at its key."""
        self.problems.append(self.document.problem(path, text, key))

    def warn(self, path: Route, text: str) -> None:
        """Notes what a user should know though the scenario can run."""
        self.warnings.append(f"{self.document.dotted(path)}: {text}")

    def field(self, name: str) -> Field:
        """An application field of the catalogue."""
        return self._note("fields", self.catalogue.field(name))

    def model(self, name: str) -> AIModel:
        """An AI model of the catalogue."""
        return self._note("models", self.catalogue.model(name))

    def engine(self, name: str) -> ServingEngine:
        """A serving engine of the catalogue."""
        return self._note("engines", self.catalogue.engine(name))

    def precision(self, name: str) -> Precision:
        """A number format of the catalogue."""
        return self._note("precisions", self.catalogue.precision(name))

    def plant(self, name: str) -> PlantType:
        """A plant of the catalogue."""
        return self._note("plants", self.catalogue.plant(name))

    def technique(self, measure: str, option: str) -> Technique:
        """A technique of the catalogue."""
        return self._note("techniques", self.catalogue.technique(measure, option))

    def node(self, given: object, path: Route, pool: str) -> NodeType | None:
        """A node of the catalogue, or one described in the scenario; None where that is not right."""
        try:
            inline = not isinstance(given, str)
            node = self.catalogue.node_in(self.document, path, pool) if inline else self.catalogue.node(str(given))
        except CatalogueError as error:
            self.problems.extend(error.problems)
            return None
        self._note("accelerators", node.accelerator)
        return self._note("nodes", node)

    def price(self, entry: Entry, figure: str, stated: float | None) -> float | None:
        """A price or life that the scenario states, else the catalogue's; None where neither knows it."""
        if stated is not None:
            return stated
        self._priced.add(f"{entry.name}.{figure}")
        known: float | None = getattr(entry, figure)
        return known

    def file(self, text: str, path: Route) -> Path:
        """The absolute path of a file that the document names; notes a fault where there is no regular file."""
        named_in = self.document.place_of(path).source.folder
        found = Path(os.path.abspath(named_in / text))  # noqa: PTH100  # links stay as they are named
        if not Path(text).is_absolute() and os.path.abspath(named_in) != os.path.abspath(self.folder):  # noqa: PTH100
            self.moved[path] = os.path.relpath(found, self.folder)
        try:
            if not stat.S_ISREG(found.stat().st_mode):
                self.fault(path, f"{shown(text)} is not a regular file")
        except OSError as error:
            looked = printable(str(found))
            reason = "no file" if isinstance(error, FileNotFoundError) else "cannot read"
            self.fault(path, f"{reason} {shown(text)} (looked for {looked})")
        return found

    def resolved(self) -> Mapping[str, Value]:
        """The document as plain values, its relative paths as seen from the scenario's folder."""
        value = _with_paths(self.document.value, (), self.moved)
        return value if isinstance(value, dict) else {}

    def assumed(self) -> tuple[str, ...]:
        """Figures that the scenario leans on and that are only assumed: `accelerators.h100-sxm.idle_w`."""
        return tuple(
            f"{kind}.{name}.{key}"
            for (kind, name), entry in self._used.items()
            for key in entry.assumed()
            if self._is_read(entry, key) and f"{kind}.{name}.{key}" not in self.overridden
        )

    def _is_read(self, entry: Entry, key: str) -> bool:
        """Whether a run reads this figure of a used entry: of many fits and accuracies, those of what is used."""
        part, _, rest = key.partition(".")
        devices = {name for kind, name in self._used if kind == "accelerators"}
        if isinstance(entry, ServingEngine) and part == "fits":
            return any(rest.startswith(f"{device}.") for device in devices)
        if isinstance(entry, ServingEngine) and part == "fallback":
            return not devices <= set(entry.fits)
        if isinstance(entry, Field):
            return key in OF_EVERY_FIELD
        if key in PRICES:
            return f"{entry.name}.{key}" in self._priced
        return part != "accuracy" or ("fields", rest) in self._used

    def _note(self, kind: str, entry: AnyEntry) -> AnyEntry:
        self._used[kind, entry.name] = entry
        return entry


def _with_paths(value: Value, path: Route, moved: Mapping[Route, str]) -> Value:
    """A deep copy of plain values with some texts replaced."""
    if isinstance(value, dict):
        return {key: _with_paths(held, (*path, key), moved) for key, held in value.items()}
    if isinstance(value, list):
        return [_with_paths(held, (*path, index), moved) for index, held in enumerate(value)]
    return moved.get(path, value)
