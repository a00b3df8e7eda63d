"""What a schema allows at a path: read off the classes themselves, for hints in messages and for `--set`."""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from typing import Annotated, Union, get_args, get_origin

from pydantic import BaseModel

Shape = object  # an annotation: a class, or a generic such as list[Pool]


def core(shape: Shape) -> Shape:
    """An annotation without Annotated and without None: list[Pool] | None -> list[Pool]."""
    origin = get_origin(shape)
    if origin is Annotated:
        return core(get_args(shape)[0])
    if origin in (Union, types.UnionType):
        members = [member for member in get_args(shape) if member is not type(None)]
        return core(members[0]) if len(members) == 1 else shape
    return shape


def model_of(shape: Shape) -> type[BaseModel] | None:
    """The model class that an annotation stands for, if any."""
    found = core(shape)
    return found if isinstance(found, type) and issubclass(found, BaseModel) else None


def keys(shape: Shape) -> tuple[str, ...]:
    """Keys that a model allows by name, in the order of its declaration."""
    model = model_of(shape)
    return tuple(info.alias or name for name, info in model.model_fields.items()) if model else ()


def is_open(shape: Shape) -> bool:
    """Whether any key may stand here: a mapping of names, or a model that takes further keys."""
    model = model_of(shape)
    return model.model_config.get("extra") == "allow" if model else get_origin(core(shape)) in (dict, Mapping)


def is_free(shape: Shape) -> bool:
    """Whether anything may stand here, checked elsewhere."""
    return core(shape) is object


def is_list(shape: Shape) -> bool:
    """Whether a list may stand here."""
    return get_origin(core(shape)) in (list, tuple, Sequence)


def step(shape: Shape, part: str | int) -> Shape | None:
    """The annotation one key or index further; None where the schema has nothing there."""
    model = model_of(shape)
    if model is not None:
        for name, info in model.model_fields.items():
            if part == (info.alias or name):
                return info.annotation
        return float if is_open(model) and isinstance(part, str) else None
    if is_free(shape):
        return shape
    arguments = get_args(core(shape))
    if is_list(shape):
        return arguments[0] if isinstance(part, int) and arguments else None
    return arguments[1] if is_open(shape) and len(arguments) == 2 else None


def at(shape: Shape, path: Sequence[str | int]) -> Shape | None:
    """The annotation at the end of a path."""
    found: Shape | None = shape
    for part in path:
        if found is None:
            return None
        found = step(found, part)
    return found
