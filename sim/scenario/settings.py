"""`--set PATH=VALUE`: one value of a document changed from the command line, by the path that the schema gives it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sim.document import Document, Place, Route, Source, Value, nearest, parse_document, shape
from sim.document.wording import listed, printable
from sim.errors import InputError, UsageError
from sim.scenario.schema import Root
from sim.scenario.schema.forms import Short


def with_settings(document: Document, settings: Sequence[str]) -> Document:
    """The document after each `PATH=VALUE`, in their order; raises UsageError for a path that does not exist.

    A path names keys, and items of lists by their `name` or index. A key that the schema knows and the document lacks
    is made. Values are YAML (flow style) under the same rules as files; relative paths in them start where the command
    was given.
    """
    for setting in settings:
        path, equals, text = setting.partition("=")
        if not equals or not path:
            raise UsageError(f"--set needs PATH=VALUE; got '{printable(setting)}'")
        document = _Walk(document, path).replaced(_value(setting, text))
    return document


def _value(setting: str, text: str) -> Document:
    source = Source(file=f"--set {printable(setting)}", folder=Path())
    try:
        new = parse_document(text, source)
    except InputError as error:
        raise UsageError(f"{source.file}: {error.problems[0].text}") from None
    unplace(new.place)
    return new


def unplace(place: Place) -> None:
    """Takes lines and columns away: on a command line they would mislead."""
    place.line = place.column = place.key_line = place.key_column = 0
    for child in place.children.values():
        unplace(child)


class _Walk:
    """Follows a dotted path through schema and document together; short forms on the way are written out."""

    def __init__(self, document: Document, dotted: str) -> None:
        self.document = document
        self.words = dotted.split(".")
        self.route: Route = ()
        self.shape: shape.Shape = Root
        for position in range(len(self.words)):
            self._step(position)

    def replaced(self, new: Document) -> Document:
        """The document with the value at the end of the path changed."""
        return self.document.replaced(self.route, new)

    def _value(self) -> Value:
        """The value that the route leads to; None where the document does not go so far."""
        return self.document.part(self.route) if self.document.known(self.route) == self.route else None

    def _step(self, position: int) -> None:
        word, value = self.words[position], self._value()
        if shape.is_list(self.shape):
            if isinstance(value, list):
                self._go(self._index(position, value))
                return
            # one item may stand for a list of one
            self.shape = shape.step(self.shape, 0)
        self._expand(value)
        inner = shape.step(self.shape, word)
        closed = shape.is_free(self.shape) and not isinstance(value, dict | None)
        unknown_name = closed or (shape.is_open(self.shape) and not self._names_new(position))
        if inner is None or unknown_name:
            raise self._no_path(position, self._names() if unknown_name and inner else shape.keys(self.shape))
        self._go(word)

    def _go(self, part: str | int) -> None:
        self.shape = shape.step(self.shape, part)
        self.route = (*self.route, part)

    def _index(self, position: int, items: list[Value]) -> int:
        word = self.words[position]
        if word.isdigit() and int(word) < len(items):
            return int(word)
        names = [item.get("name") if isinstance(item, dict) else None for item in items]
        if word in names:
            return names.index(word)
        texts = [name if isinstance(name, str) else str(index) for index, name in enumerate(names)]
        raise self._no_path(position, texts)

    def _expand(self, value: Value) -> None:
        """Writes a short form in the document out, so that one of its keys can be set."""
        model = shape.model_of(self.shape)
        if model is None or not issubclass(model, Short) or isinstance(value, dict) or value is None:
            return
        long = model.expanded(value)
        if isinstance(long, dict):
            place = self.document.place_of(self.route)
            children: dict[str | int, Place] = {key: Place(place.source, place.line, place.column) for key in long}
            spread = Place(place.source, place.line, place.column, children=children)
            self.document = self.document.replaced(self.route, Document(long, spread, place.source))

    def _names_new(self, position: int) -> bool:
        """Whether a mapping of names has this one, or the path ends with it and so makes it."""
        return position == len(self.words) - 1 or self.words[position] in self._names()

    def _names(self) -> list[str]:
        value = self._value()
        return list(value) if isinstance(value, dict) else []

    def _no_path(self, position: int, allowed: Sequence[str]) -> UsageError:
        wrong = ".".join(self.words)
        near = nearest(self.words[position], allowed)
        if near is not None:
            better = ".".join([*self.words[:position], near, *self.words[position + 1 :]])
            return UsageError(f"no such path '{printable(wrong)}'; did you mean '{printable(better)}'?")
        here = ".".join(self.words[:position]) or "the top"
        names = f"there are: {listed(allowed)}" if allowed else "nothing is inside"
        return UsageError(f"no such path '{printable(wrong)}'; under {printable(here)} {names}")
