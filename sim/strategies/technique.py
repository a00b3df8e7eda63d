"""The one contract of all measures: what a measure can act on, what it makes of it, and what that costs up front.

A measure is built once per mix from its checked options. It acts on physics (bytes, FLOPs, watts, degrees, accuracy)
by giving back a changed copy; nothing is changed in place, and the same input always gives the same output.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeVar

from sim.catalog import Catalogue
from sim.scenario.grid_specs import Battery
from sim.scenario.specs import Measure, PlantSpec, Scenario
from sim.strategies.plan import Deployment, PoolPlan, UpFront

Target = TypeVar("Target", Deployment, PoolPlan, PlantSpec, Battery)


class Technique(Protocol[Target]):
    """One measure with its options, acting on services (`Deployment`), pools (`PoolPlan`), plant or battery."""

    def obstacle(self, target: Target) -> str | None:
        """Why it cannot act on this target, as the end of a sentence that begins with its name; None where it can."""

    def apply(self, target: Target) -> Target:
        """The target as the measure leaves it; the target itself stays as it was."""

    def upfront(self, target: Target) -> UpFront:
        """What acting on this target costs once, before the first request."""

    def assumed(self) -> tuple[str, ...]:
        """Dotted names of the figures behind it that have no source but an assumption."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a measure may read while it is built: its options, the catalogue, and the scenario before any measure."""

    measure: Measure
    catalogue: Catalogue
    scenario: Scenario
