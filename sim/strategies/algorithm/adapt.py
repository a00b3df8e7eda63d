"""A leaner form of the model that takes over while load, price or heat is high: adaptive quantisation, dynamic pruning.

It serves while what is watched is above a threshold, and until it has come back below a lower one (hysteresis). Every
replica stands still while its weights are changed; the context that sequences hold stays, so both forms must have one
shape and one cache format, and the room for context is that of the form with less. The engine watches the accuracy of
what was served and returns for good before it would fall below the floor of the field (`sim.engine.adapt_variant`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from sim.catalog import entries
from sim.strategies.algorithm.prune import STRUCTURES, Pruning
from sim.strategies.algorithm.quantise import Quantisation
from sim.strategies.effort import assumed_figures
from sim.strategies.plan import Adaptation, Deployment, UpFront
from sim.strategies.technique import Context

Leaner = Quantisation | Pruning
LEANER: Final[Mapping[str, Callable[[Context], Leaner]]] = {"quantise": Quantisation.build, "prune": Pruning.build}
PERIOD_S: Final = 60.0  # assumed: the interval of the meter
SWITCH_S: Final = 20.0  # assumed: 16 GB a device from host memory over PCIe 4, capturing graphs anew
HYSTERESIS: Final = 0.2  # assumed: share of the threshold between it and the way back, where a user names no other


@dataclass(frozen=True, slots=True)
class Adapting:
    """Switches between the model as it is and a leaner form of it at run time."""

    leaner: Leaner
    adaptation: Adaptation
    technique: entries.Technique

    @classmethod
    def build(cls, context: Context) -> Adapting:
        """From `adapt: {to: {quantise|prune: ..}, when: {load|price_usd_per_kwh|temperature_c: ..}, back, ..}`."""
        options = context.measure.options
        ((kind, value),) = options["to"].items()
        inner = replace(context.measure, kind=kind, options=value if isinstance(value, Mapping) else {kind: value})
        leaner = LEANER[kind](replace(context, measure=inner))
        ((watched, above),) = options["when"].items()
        adaptation = Adaptation(
            leaner=leaner,
            watched=watched,
            above=above,
            back=options.get("back", above - HYSTERESIS * abs(above)),
            period_s=options.get("period_s", PERIOD_S),
            switch_s=options.get("switch_s", SWITCH_S),
        )
        return cls(leaner, adaptation, context.catalogue.technique("adapt", "any"))

    def obstacle(self, target: Deployment) -> str | None:
        """What hinders the leaner form; a form of another shape could not take over what sequences hold."""
        if isinstance(self.leaner, Pruning) and self.leaner.cut.what in STRUCTURES:
            return f"'{target.service.name}' cannot change its {self.leaner.cut.what} while sequences hold context"
        return self.leaner.obstacle(target)

    def apply(self, target: Deployment) -> Deployment:
        """The service, ready to adapt."""
        return replace(target, adaptation=self.adaptation)

    def upfront(self, target: Deployment) -> UpFront:
        """Making the leaner form, and an engineer to switch and to watch it."""
        cost = self.leaner.upfront(target)
        hours = cost.engineer_h + self.technique.engineer_h
        return replace(cost, measure=f"adapt to {cost.measure}", engineer_h=hours)

    def assumed(self) -> tuple[str, ...]:
        """The assumed figures of both techniques."""
        return (*self.leaner.assumed(), *assumed_figures(self.technique))
