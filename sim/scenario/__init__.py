"""Scenario files: strict YAML, their schema, `extends` and `--set`, and the frozen specs that they compile to.

`load` is the way in. Everything above this package sees `Scenario` and the other specs, never a file or a schema.
What reads files is imported at first use, since most of the program needs the specs alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.scenario.specs import Scenario

if TYPE_CHECKING:
    from sim.scenario.loading import json_schema, load
    from sim.scenario.starters import template, template_names

__all__ = ["Scenario", "json_schema", "load", "template", "template_names"]


def __getattr__(name: str) -> object:
    if name in ("json_schema", "load"):
        from sim.scenario import loading

        return getattr(loading, name)
    if name in ("template", "template_names"):
        from sim.scenario import starters

        return getattr(starters, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
