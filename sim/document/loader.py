"""YAML 1.2 as data and nothing more: no tags, anchors, aliases, merge keys, duplicate keys or second documents.

PyYAML scans and parses (its pure-Python classes; the C ones crash on deep nesting); values and their positions are
built here straight from its events, so that limits hold before anything grows.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, NoReturn, Protocol, cast

import yaml
from yaml.error import Mark

from sim.document.document import Document, Place, Source
from sim.document.reading import read_text
from sim.document.scalars import Scalar, Value, joined_surrogates, resolve
from sim.document.wording import printable, shown
from sim.errors import InputError, Problem

MOST_NODES: Final = 200_000
DEEPEST: Final = 32


def load_document(path: Path, error: type[InputError] = InputError) -> Document:
    """The document in a file, with positions; raises `error` with a positioned problem."""
    source = Source(file=printable(str(path)), folder=path.parent)
    try:
        text = read_text(path)
    except ValueError as fault:
        raise error(Problem(str(fault), file=source.file)) from None
    return parse_document(text, source, error)


def parse_document(text: str, source: Source, error: type[InputError] = InputError) -> Document:
    """The document in a text; a text without content is None."""
    try:
        value, place = _Builder(text, source, error).document()
    except yaml.reader.ReaderError as fault:
        raise error(_unreadable(text, fault, source)) from None
    except yaml.MarkedYAMLError as fault:
        raise error(_syntax_problem(fault, source)) from None
    return Document(value=value, place=place, source=source)


class _Event(Protocol):
    """What the parser's events offer; ends of collections have a mark only."""

    start_mark: Mark
    anchor: str | None
    tag: str | None
    value: str
    implicit: tuple[bool, bool]  # of a scalar: whether it is plain
    version: tuple[int, int] | None  # of a document's start


class _Builder(yaml.SafeLoader):
    """Builds values and places from the events of one text."""

    def __init__(self, text: str, source: Source, error: type[InputError]) -> None:
        super().__init__(text)
        self.source, self.error, self.nodes = source, error, 0

    def scan_to_next_token(self) -> None:
        """Skips white space; inside brackets that includes tabs, as YAML 1.2 and JSON have it."""
        super().scan_to_next_token()
        while self.flow_level and self.peek() == "\t":
            self.forward()
            super().scan_to_next_token()

    def take(self) -> _Event:
        """The next event."""
        return cast(_Event, self.get_event())  # type: ignore[no-untyped-call]

    def document(self) -> tuple[Value, Place]:
        """Value and place of the only document."""
        self.take()  # start of the stream
        if self.check_event(yaml.StreamEndEvent):
            return None, Place(self.source, 1, 1)
        start = self.take()
        if start.version not in (None, (1, 2)):
            self.refuse(start.start_mark, "this program reads YAML 1.2; leave the %YAML line out")
        built = self.node(depth=0)
        self.take()  # end of the document
        if not self.check_event(yaml.StreamEndEvent):
            self.refuse(self.take().start_mark, "a second document begins here; a file holds one")
        return built

    def node(self, depth: int) -> tuple[Value, Place]:
        """Value and place of the node that comes next."""
        if self.check_event(yaml.AliasEvent):
            self.refuse(self.take().start_mark, "an alias (*name): write the value out, aliases are not read")
        is_scalar, is_sequence = self.check_event(yaml.ScalarEvent), self.check_event(yaml.SequenceStartEvent)
        event = self.take()
        mark = event.start_mark
        self.nodes += 1
        if self.nodes > MOST_NODES:
            self.refuse(mark, f"more than {MOST_NODES:,} values")
        self.refuse_references(event)
        place = Place(self.source, mark.line + 1, mark.column + 1)
        if is_scalar:
            return self.scalar(event), place
        if depth >= DEEPEST:
            self.refuse(mark, f"nested more than {DEEPEST} deep")
        return self.sequence(place, depth) if is_sequence else self.mapping(place, depth), place

    def refuse_references(self, event: _Event) -> None:
        """Anchors and tags are refused: they can make small files explode or build objects."""
        if event.anchor is not None:
            self.refuse(event.start_mark, "an anchor (&name): write values out, anchors are not read")
        if event.tag is not None:
            self.refuse(event.start_mark, f"tag {shown(event.tag)}: tags are not read, the key tells what a value is")

    def scalar(self, event: _Event) -> Scalar:
        """A scalar's value; quoted ones and blocks are text."""
        try:
            return resolve(event.value) if event.implicit[0] else joined_surrogates(event.value)
        except ValueError as fault:
            self.refuse(event.start_mark, str(fault))

    def sequence(self, place: Place, depth: int) -> list[Value]:
        """The items of a sequence up to its end."""
        items: list[Value] = []
        while not self.check_event(yaml.SequenceEndEvent):
            value, place.children[len(items)] = self.node(depth + 1)
            items.append(value)
        self.take()
        return items

    def mapping(self, place: Place, depth: int) -> dict[str, Value]:
        """The entries of a mapping up to its end."""
        entries: dict[str, Value] = {}
        while not self.check_event(yaml.MappingEndEvent):
            key, mark = self.key()
            if key in entries:
                first = place.children[key]
                self.refuse(mark, f"duplicate key '{printable(key)}' (first on line {first.key_line})")
            entries[key], child = self.node(depth + 1)
            child.key_line, child.key_column = mark.line + 1, mark.column + 1
            place.children[key] = child
        self.take()
        return entries

    def key(self) -> tuple[str, Mark]:
        """A key as it is written; a number is taken as its text, so that `0.5: 0.94` may be a row of a table."""
        is_text = self.check_event(yaml.ScalarEvent)
        event = self.take()
        mark = event.start_mark
        if not is_text:
            self.refuse(mark, "a key is plain text, not a list, a mapping or an alias")
        self.refuse_references(event)
        if event.value == "<<" and event.implicit[0]:
            self.refuse(mark, "merge key <<: write the keys out, or use extends")
        if not event.value:
            self.refuse(mark, "a key is missing before the colon")
        try:
            return joined_surrogates(event.value), mark
        except ValueError as fault:
            self.refuse(mark, str(fault))

    def refuse(self, mark: Mark, text: str) -> NoReturn:
        """Raises the error of this text at a mark."""
        raise self.error(Problem(text, self.source.file, mark.line + 1, mark.column + 1))


def _syntax_problem(fault: yaml.MarkedYAMLError, source: Source) -> Problem:
    mark = fault.problem_mark or fault.context_mark
    text = _plain_words(str(fault.problem or fault.context or "not YAML"))
    if fault.context_mark is not None and mark is not None and fault.context_mark.line != mark.line:
        text += f" ({fault.context} that began on line {fault.context_mark.line + 1})"
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (0, 0)
    return Problem(printable(text), source.file, line, column)


def _plain_words(problem: str) -> str:
    if "'\\t'" in problem:
        return "a tab stands where spaces belong; indent with spaces"
    if "mapping values are not allowed here" in problem:
        return "a second ': ' on this line, or wrong indentation; quote text that holds ': '"
    if "expected <block end>" in problem:
        return f"wrong indentation, or a bracket or quote too many ({problem})"
    if "incompatible YAML document" in problem or "expected a digit or '.'" in problem:
        return "this program reads YAML 1.2; leave the %YAML line out"
    return problem


def _unreadable(text: str, fault: yaml.reader.ReaderError, source: Source) -> Problem:
    before = text[: fault.position]
    line = before.count("\n") + 1
    column = len(before) - (before.rfind("\n") + 1) + 1
    code = fault.character if isinstance(fault.character, int) else ord(fault.character[:1])
    return Problem(f"character U+{code:04X} is not allowed in text", source.file, line, column)
