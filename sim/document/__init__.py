"""Documents from outside: strict YAML 1.2 with positions, strict schema classes, faults in plain words, whole files.

Read by `sim.catalog` and `sim.scenario`; this package, those two, and nothing else know YAML and pydantic. What needs
pydantic is imported at first use, since reading a document alone does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.document.document import Document, Place, Route, Source
from sim.document.loader import load_document, parse_document
from sim.document.scalars import Value
from sim.document.wording import nearest
from sim.document.writing import write_atomically

if TYPE_CHECKING:
    from sim.document.strict import Strict, fault, validated

__all__ = [
    "Document",
    "Place",
    "Route",
    "Source",
    "Strict",
    "Value",
    "fault",
    "load_document",
    "nearest",
    "parse_document",
    "validated",
    "write_atomically",
]


def __getattr__(name: str) -> object:
    if name in ("Strict", "fault", "validated"):
        from sim.document import strict

        return getattr(strict, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
