"""A document read from a file: its value, and where in which file each key and value stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from sim.document.scalars import Value
from sim.document.wording import printable
from sim.errors import Problem

Route = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """Where text came from: its name for messages, and the folder that relative paths in it start from."""

    file: str
    folder: Path


@dataclass(slots=True)
class Place:
    """Where a value stands (lines and columns from 1), where its key stands (0: it has none), and what is inside."""

    source: Source
    line: int
    column: int
    key_line: int = 0
    key_column: int = 0
    children: dict[str | int, Place] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Document:
    """Plain values (dict, list, text, numbers, true, false, None) with their places; treat both as read-only."""

    value: Value
    place: Place
    source: Source

    @property
    def file(self) -> str:
        """Name of the file for messages."""
        return self.source.file

    def locate(self, path: Route, key: bool = False) -> tuple[int, int]:
        """Line and column of a value, or of its key; of the nearest thing around it where it does not exist."""
        place = self.place_of(path)
        return (place.key_line, place.key_column) if key and place.key_line else (place.line, place.column)

    def place_of(self, path: Route) -> Place:
        """The place of a value, or of the nearest thing around it."""
        place = self.place
        for part in self.known(path):
            place = place.children[part]
        return place

    def part(self, path: Route) -> Value:
        """The value at a path, or of the nearest thing around it."""
        value = self.value
        for _, value in self._steps(path):  # noqa: B007
            pass
        return value

    def known(self, path: Route) -> Route:
        """The path without the parts that are not in the document, such as an index into what is not a list."""
        return tuple(part for part, _ in self._steps(path))

    def dotted(self, path: Route) -> str:
        """A path as users write it: list items by their `name` where they have one."""
        names = []
        for part, value in self._steps(path):
            name = value.get("name") if isinstance(part, int) and isinstance(value, dict) else None
            names.append(printable(name if isinstance(name, str) else str(part)))
        return ".".join(names)

    def problem(self, path: Route, text: str, key: bool = False) -> Problem:
        """A fault at a value, or at its key, with file, line, column and path."""
        line, column = self.locate(path, key)
        return Problem(text, self.place_of(path).source.file, line, column, self.dotted(path))

    def over(self, base: Document) -> Document:
        """This document laid over a base: mappings merged, all else replaced; places stay with their values."""
        value, place = _merged(base.value, base.place, self.value, self.place)
        return Document(value=value, place=place, source=self.source)

    def replaced(self, path: Route, new: Document) -> Document:
        """A copy with one value set from another document; mappings on the way that are missing are made."""
        value, place = _with(self.value, self.place, path, new)
        return Document(value=value, place=place, source=self.source)

    def without(self, key: str) -> Document:
        """A copy without one key at the top."""
        if not isinstance(self.value, dict):
            return self
        value = {name: item for name, item in self.value.items() if name != key}
        children = {name: place for name, place in self.place.children.items() if name != key}
        return Document(value=value, place=replace(self.place, children=children), source=self.source)

    def _steps(self, path: Route) -> Iterator[tuple[str | int, Value]]:
        """Each part of a path that exists, with the value it leads to."""
        value = self.value
        for part in path:
            if isinstance(value, dict):
                if part not in value:
                    continue
                value = value[str(part)]
            elif isinstance(value, list):
                if not isinstance(part, int) or part >= len(value):
                    continue
                value = value[part]
            else:
                continue
            yield part, value


def _merged(base: Value, base_place: Place, top: Value, top_place: Place) -> tuple[Value, Place]:
    if not (isinstance(base, dict) and isinstance(top, dict)):
        return top, top_place
    value, children = dict(base), dict(base_place.children)
    for key, item in top.items():
        place = top_place.children[key]
        if key in base:
            value[key], children[key] = _merged(base[key], base_place.children[key], item, place)
        else:
            value[key], children[key] = item, place
    return value, replace(top_place, children=children)


def _with(value: Value, place: Place, path: Route, new: Document) -> tuple[Value, Place]:
    if not path:
        return new.value, replace(new.place, key_line=place.key_line, key_column=place.key_column)
    part, rest = path[0], path[1:]
    children = dict(place.children)
    if isinstance(value, list) and isinstance(part, int):
        items = list(value)
        items[part], children[part] = _with(items[part], children[part], rest, new)
        return items, replace(place, children=children)
    entries = dict(value) if isinstance(value, dict) else {}
    key = str(part)
    inner = children.get(key, Place(new.source, new.place.line, new.place.column))
    entries[key], children[key] = _with(entries.get(key), inner, rest, new)
    return entries, replace(place, children=children)
