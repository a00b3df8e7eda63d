"""The grammar of scenario files as strict pydantic classes, one module for each part of the file.

A field's name is its key, its description what `dcsim schema` prints, its default the only place where that default
stands. Defaults say where they come from, or `assumed`.
"""

from __future__ import annotations

from sim.scenario.schema.names import Names
from sim.scenario.schema.root import SCHEMA, Root

__all__ = ["SCHEMA", "Names", "Root"]
