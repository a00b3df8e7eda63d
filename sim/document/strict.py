"""The base of every schema class, and the one way from a document to an instance of one."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import PydanticCustomError

from sim.document.document import Document, Route
from sim.document.problems import problems_of
from sim.errors import InputError

Model = TypeVar("Model", bound=BaseModel)


class Strict(BaseModel):
    """Strict types (no text for numbers, no true for 1), no unknown keys, no NaN or infinity, frozen."""

    # classes are compiled when the outermost one is first used, not one by one at import
    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, allow_inf_nan=False, defer_build=True, protected_namespaces=()
    )


def fault(text: str, key: str = "") -> PydanticCustomError:
    """An error for validators to raise: `text` is shown as it is, at the value or at one of its keys."""
    return PydanticCustomError("fault", "{text}", {"text": text, "key": key})


def validated(
    model: type[Model],
    document: Document,
    *,
    at: Route = (),
    error: type[InputError] = InputError,
    context: object = None,
) -> Model:
    """The document, or the part of it that `at` leads to, as an instance of a schema class.

    Validators see `context`. Raises `error` with every problem, positioned and in the order of the file.
    """
    try:
        return model.model_validate(document.part(at), context=context)
    except ValidationError as found:
        raise error(problems_of(found, model, document, at)) from None
