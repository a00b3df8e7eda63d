"""The catalogue: entries read from data files when they are asked for, checked, and turned into SI.

One YAML file per entry stands in `data/<kind>/<name>.yaml`; a user's file, one mapping kind -> name -> entry, adds
entries or replaces built-in ones, in the same format and under the same checks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TypeVar

from sim.catalog import schema
from sim.catalog.entries import Accelerator, AIModel, Field, NodeType, PlantType, Precision, ServingEngine, Technique
from sim.catalog.sources import figure_sources, figures, source_problems
from sim.document import Document, Route, Value, load_document, nearest, validated
from sim.errors import CatalogueError, Problem

DATA = Path(__file__).parent / "data"
ANY_OPTION = "any"  # the file of a technique for options that have no own one
OWN_INPUT = "input"  # source of the figures of a node that a scenario describes itself

KINDS: Mapping[str, type[schema.EntryFile]] = {
    "accelerators": schema.AcceleratorFile,
    "nodes": schema.NodeFile,
    "models": schema.ModelFile,
    "engines": schema.EngineFile,
    "precisions": schema.PrecisionFile,
    "fields": schema.FieldFile,
    "techniques": schema.TechniqueFile,
    "plants": schema.PlantFile,
}

File = TypeVar("File", bound=schema.EntryFile)
Sources = dict[str, str]


@dataclass(frozen=True, slots=True)
class Stored:
    """Where an entry stands: a document, and the keys that lead to the entry inside."""

    document: Document
    at: Route = ()

    @property
    def value(self) -> Value:
        """The entry as its file has it."""
        return self.document.part(self.at)


class Catalogue:
    """Entries by kind and name. A name that does not exist raises CatalogueError with the nearest one that does."""

    def __init__(self, data: Path = DATA, files: tuple[Document, ...] = ()) -> None:
        self._data = data
        self._files = files
        self._added = {key: stored for file in files for key, stored in _entries_of(file).items()}
        self._read: dict[tuple[str, str], tuple[schema.EntryFile, Sources]] = {}

    @staticmethod
    def built_in() -> Catalogue:
        """The catalogue that comes with the program."""
        return _built_in()

    def with_file(self, path: Path) -> Catalogue:
        """This catalogue with the entries of a user's file over it, all of them checked."""
        document = load_document(path, CatalogueError)
        wider = Catalogue(self._data, (*self._files, document))
        problems: list[Problem] = []
        for kind, name in _entries_of(document):
            try:
                wider.check(kind, name)
            except CatalogueError as error:
                problems.extend(error.problems)
        if problems:
            raise CatalogueError(problems)
        return wider

    def accelerator(self, name: str) -> Accelerator:
        """An accelerator."""
        file, sources = self._file("accelerators", name, schema.AcceleratorFile)
        return file.entry(name, sources)

    def node(self, name: str) -> NodeType:
        """A node with its accelerators."""
        file, sources = self._file("nodes", name, schema.NodeFile)
        return file.entry(name, sources, self.accelerator(file.accelerator))

    def node_in(self, document: Document, at: Route, name: str) -> NodeType:
        """A node that a scenario describes itself, in the format of node files; its figures need no sources."""
        stored = Stored(document, at)
        file = validated(schema.NodeFile, document, at=at, error=CatalogueError)
        self._refuse(self._unknown_references(stored, file))
        sources = dict.fromkeys(figures(stored.value), OWN_INPUT) | figure_sources(stored.value)
        return file.entry(name, sources, self.accelerator(file.accelerator))

    def model(self, name: str) -> AIModel:
        """An AI model."""
        file, sources = self._file("models", name, schema.ModelFile)
        return file.entry(name, sources)

    def engine(self, name: str) -> ServingEngine:
        """Serving software."""
        file, sources = self._file("engines", name, schema.EngineFile)
        return file.entry(name, sources)

    def precision(self, name: str) -> Precision:
        """A number format."""
        file, sources = self._file("precisions", name, schema.PrecisionFile)
        return file.entry(name, sources)

    def field(self, name: str) -> Field:
        """An application field."""
        file, sources = self._file("fields", name, schema.FieldFile)
        return file.entry(name, sources)

    def technique(self, measure: str, option: str) -> Technique:
        """Effect and effort of a measure with an option; `<measure>.any` stands for options without an own file."""
        name, fallback = f"{measure}.{option}", f"{measure}.{ANY_OPTION}"
        known = self.names("techniques")
        chosen = fallback if name not in known and fallback in known else name
        file, sources = self._file("techniques", chosen, schema.TechniqueFile)
        return file.entry(chosen, sources)

    def plant(self, name: str) -> PlantType:
        """A cooling plant with its electrical chain."""
        file, sources = self._file("plants", name, schema.PlantFile)
        return file.entry(name, sources)

    def kinds(self) -> tuple[str, ...]:
        """Kinds of entries."""
        return tuple(KINDS)

    def names(self, kind: str) -> tuple[str, ...]:
        """Names of a kind, sorted."""
        if kind not in KINDS:
            raise CatalogueError(f"no kind '{kind}' in the catalogue{_did_you_mean(kind, KINDS)} (dcsim catalog list)")
        files = {path.stem for path in (self._data / kind).glob("*.yaml")}
        return tuple(sorted(files | {name for of_kind, name in self._added if of_kind == kind}))

    def entry_document(self, kind: str, name: str) -> dict[str, Value]:
        """An entry as its file has it, checked."""
        self.check(kind, name)
        value = self._stored(kind, name).value
        return dict(value) if isinstance(value, dict) else {}

    def check(self, kind: str, name: str) -> None:
        """Reads one entry; raises CatalogueError with all that is wrong with it."""
        self._file(kind, name, KINDS.get(kind, schema.EntryFile))

    def digest(self) -> str:
        """SHA-256 over the built-in data files, and over the entries of the user's file where there is one."""
        return self._digest

    @cached_property
    def _digest(self) -> str:
        total = hashlib.sha256()
        for path in sorted(self._data.glob("*/*.yaml")):
            total.update(f"{path.parent.name}/{path.name}\0".encode() + path.read_bytes())
        for file in self._files:
            total.update(repr(file.value).encode())
        return total.hexdigest()

    def _file(self, kind: str, name: str, file_class: type[File]) -> tuple[File, Sources]:
        """A checked entry in the units of its file, and the source of each of its figures."""
        held = self._read.get((kind, name))
        if held is None:
            stored = self._stored(kind, name)
            file = validated(file_class, stored.document, at=stored.at, error=CatalogueError)
            problems = [*self._unknown_references(stored, file), *source_problems(stored.document, stored.at)]
            self._refuse(problems)
            held = self._read[kind, name] = (file, figure_sources(stored.value))
        found, sources = held
        assert isinstance(found, file_class)
        return found, sources

    def _stored(self, kind: str, name: str) -> Stored:
        """Where an entry stands; a user's own stands before a built-in one."""
        known = self.names(kind)
        if name not in known:
            raise CatalogueError(
                f"no {kind.removesuffix('s')} '{name}'{_did_you_mean(name, known)} (dcsim catalog list {kind})"
            )
        return self._added.get((kind, name)) or Stored(
            load_document(self._data / kind / f"{name}.yaml", CatalogueError)
        )

    def _unknown_references(self, stored: Stored, file: schema.EntryFile) -> list[Problem]:
        """One problem for each name in the entry of another entry that does not exist."""
        return [
            stored.document.problem(
                (*stored.at, *reference.path),
                f"no {reference.kind.removesuffix('s')} '{reference.name}'"
                f"{_did_you_mean(reference.name, self.names(reference.kind))}",
                key=reference.path[-1] == reference.name,
            )
            for reference in file.references()
            if reference.name not in self.names(reference.kind)
        ]

    @staticmethod
    def _refuse(problems: list[Problem]) -> None:
        if problems:
            raise CatalogueError(problems)


@cache
def _built_in() -> Catalogue:
    return Catalogue()


def _entries_of(document: Document) -> dict[tuple[str, str], Stored]:
    """Entries of a user's file by kind and name; raises CatalogueError where the two levels above them are amiss."""
    if not isinstance(document.value, dict):
        raise CatalogueError(document.problem((), "a catalogue file is a mapping: kind -> name -> entry"))
    problems, found = [], {}
    for kind, named in document.value.items():
        if kind not in KINDS:
            problems.append(document.problem((kind,), f"no kind '{kind}'{_did_you_mean(kind, KINDS)}", key=True))
        elif not isinstance(named, dict):
            problems.append(document.problem((kind,), f"{kind} is a mapping: name -> entry"))
        else:
            wrong = [name for name, entry in named.items() if not isinstance(entry, dict)]
            problems += [document.problem((kind, name), f"{name} is a mapping of the entry's keys") for name in wrong]
            found.update({(kind, name): Stored(document, (kind, name)) for name in named})
    if problems:
        raise CatalogueError(problems)
    return found


def _did_you_mean(word: str, names: Mapping[str, object] | tuple[str, ...]) -> str:
    near = nearest(word, names)
    return f"; did you mean '{near}'?" if near else f"; there are: {', '.join(names)}" if len(names) < 13 else ""
