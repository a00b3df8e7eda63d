"""Whether pools of services keep to the rules of their fields: who owns the nodes, and whose building they are in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sim.catalog.entries import Field, FieldRule
from sim.document import Route
from sim.scenario import specs
from sim.scenario.compiling.desk import Desk

OWNED: Final = ("own", "sunk")
FACILITY: Final = "facility"  # a rent that includes it stands in another's building
ASKED: Final = {"on-premise": "allows no rented nodes", "own-building": "asks for nodes in a building of one's own"}


def broken_rules(field: Field, acquire: specs.Acquire) -> Iterator[FieldRule]:
    """Rules of a field that a pool come by in this way does not keep to."""
    broken = {"on-premise": acquire.kind not in OWNED, "own-building": FACILITY in acquire.includes}
    return (rule for rule in field.rules if broken[rule.demand])


def check_rules(service: specs.Service, pool: specs.Pool, path: Route, desk: Desk) -> None:
    """Notes a fault or a warning, as the field says, for each rule that the pool of a service breaks."""
    for rule in broken_rules(service.field, pool.acquire):
        text = f"field '{service.field.name}' {ASKED[rule.demand]}, and pool '{pool.name}' is rented: {rule.why}"
        if rule.breach == "refuse":
            desk.fault((*path, "pool"), text)
        else:
            desk.warn((*path, "pool"), text)
