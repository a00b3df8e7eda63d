"""Errors of pydantic as problems in the words of this program: where, what is wrong, what is allowed, what to write."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from sim.document import shape
from sim.document.document import Document, Route
from sim.document.quantities import rewritten, unit_words
from sim.document.wording import hint, listed, nearest, printable, shown
from sim.errors import InputError, Problem

_BOUNDS: Final = {
    "greater_than": ("gt", "above"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "below"),
    "less_than_equal": ("le", "at most"),
}
_NUMBERS: Final = ("float_type", "float_parsing", "int_type", "int_from_float", "int_parsing", "finite_number")
_KINDS: Final = {
    "string_type": "text",
    "bool_type": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
}


def problems_of(found: ValidationError, model: type[BaseModel], document: Document, at: Route = ()) -> list[Problem]:
    """One problem for each error, positioned, in the order of the file; `at` is where the model's value stands."""
    errors = _without_misnamed(found.errors(include_url=False), model)
    placed = []
    for error in errors:
        path, key = _place(error, at)
        place = document.place_of(path)
        placed.append((place.source.file, *document.locate(path, key), path, key, error))
    placed.sort(key=lambda row: row[:3])
    # the text of what is not shown is not looked for: suggestions for 100,000 unknown keys would take minutes
    return [
        Problem(
            _text(error, model) if index < InputError.most_shown else "",
            file,
            line,
            column,
            _dotted(document, path, error),
        )
        for index, (file, line, column, path, _, error) in enumerate(placed)
    ]


def _place(error: ErrorDetails, at: Route) -> tuple[Route, bool]:
    """Path to point at, and whether at the key: unknown keys and missing ones at keys, all else at values."""
    where = tuple(part for part in error["loc"] if part != "[key]")
    if error["type"] == "missing":
        return (*at, *where[:-1]), True
    if error["type"] == "fault" and error["ctx"]["key"]:
        return (*at, *where, error["ctx"]["key"]), True
    return (*at, *where), error["type"] == "extra_forbidden" or len(where) < len(error["loc"])


def _dotted(document: Document, path: Route, error: ErrorDetails) -> str:
    if error["type"] in ("extra_forbidden", "missing"):
        path = path[:-1] if error["type"] == "extra_forbidden" else path
    return document.dotted(path)


def _without_misnamed(errors: list[ErrorDetails], model: type[BaseModel]) -> list[ErrorDetails]:
    """Drops `missing x` where an unknown key beside it resembles x: its hint says all."""
    unknown: dict[Route, list[str]] = {}
    for error in errors:
        if error["type"] == "extra_forbidden":
            unknown.setdefault(error["loc"][:-1], []).append(str(error["loc"][-1]))

    def misnamed(error: ErrorDetails) -> bool:
        parent, key = error["loc"][:-1], str(error["loc"][-1])
        allowed = shape.keys(shape.at(model, parent))
        return any(nearest(word, allowed) == key for word in unknown.get(parent, ())[: InputError.most_shown])

    return [error for error in errors if error["type"] != "missing" or not misnamed(error)]


def _text(error: ErrorDetails, model: type[BaseModel]) -> str:
    kind, where = error["type"], error["loc"]
    key = printable(next((part for part in reversed(where) if isinstance(part, str) and part != "[key]"), "the file"))
    if kind == "fault":
        return str(error["ctx"]["text"])
    if kind == "value_error":
        return str(error["ctx"]["error"])
    if kind == "extra_forbidden":
        return f"unknown key '{key}'{hint(str(where[-1]), shape.keys(shape.at(model, where[:-1])))}"
    if kind == "missing":
        return f"missing key '{where[-1]}'"
    for kinds, words in _WORDINGS:
        if kind in kinds:
            return words(key, error)
    return f"{key}: {error['msg'][:100]}; got {shown(error['input'])}"


def _number_text(key: str, error: ErrorDetails) -> str:
    given = error["input"]
    unit = unit_words(key)
    kind = "a whole number" if error["type"].startswith("int") else "a number"
    plain = None
    if isinstance(given, str):
        plain = rewritten(key, given)
    elif isinstance(given, float) and given.is_integer():
        plain = str(int(given))
    return f"{key} is {kind}{f' of {unit}' if unit else ''}; got {shown(given)}{f'; write {plain}' if plain else ''}"


def _bound_text(key: str, error: ErrorDetails) -> str:
    name, words = _BOUNDS[error["type"]]
    return f"{key} must be {words} {error['ctx'][name]:.10g}; got {shown(error['input'])}"


def _kind_text(key: str, error: ErrorDetails) -> str:
    return f"{key} is {_KINDS[error['type']]}; got {shown(error['input'])}"


def _choice_text(key: str, error: ErrorDetails) -> str:
    given, allowed = error["input"], re.findall(r"'([^']*)'", error["ctx"]["expected"])
    near = nearest(given, allowed) if isinstance(given, str) else None
    return f"{key} is one of {listed(allowed)}; got {shown(given)}{f'; did you mean {near!r}?' if near else ''}"


def _length_text(key: str, error: ErrorDetails) -> str:
    limits = error["ctx"]
    words = f"at least {limits['min_length']}" if "min_length" in limits else f"at most {limits['max_length']}"
    noun = "characters" if error["type"].startswith("string") else "entries"
    return f"{key} must have {words} {noun}; got {shown(error['input'])}"


_WORDINGS: Final[tuple[tuple[tuple[str, ...], Callable[[str, ErrorDetails], str]], ...]] = (
    (_NUMBERS, _number_text),
    (tuple(_BOUNDS), _bound_text),
    (tuple(_KINDS), _kind_text),
    (("literal_error",), _choice_text),
    (("string_too_short", "string_too_long", "too_short", "too_long"), _length_text),
)
