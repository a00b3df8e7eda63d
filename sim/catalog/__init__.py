"""What can be named in a scenario: accelerators, nodes, AI models, engines, precisions, fields, techniques, plants.

Each entry is one data file in which every figure has a source or the word `assumed`; `Catalogue` reads them when they
are asked for. `entries` holds what it returns, `memory` says what fits where; neither needs the reader's libraries.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.catalog.reader import Catalogue

__all__ = ["Catalogue"]


def __getattr__(name: str) -> object:
    if name == "Catalogue":
        from sim.catalog.reader import Catalogue

        return Catalogue
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
