"""A battery beside the meter: it takes energy when that is cheap, clean or spare, and gives it when it is not.

What it saves shows in the bill of the fleet; what it costs, its capital and its wear, is C_efficiency.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sim.catalog import entries
from sim.scenario.grid_specs import NO_BATTERY, Battery, battery_of
from sim.strategies.effort import assumed_figures, set_up
from sim.strategies.plan import UpFront
from sim.strategies.technique import Context
from sim.units import J_PER_KWH


@dataclass(frozen=True, slots=True)
class Storing:
    """The site gets a battery."""

    battery: Battery
    stated: frozenset[str]  # figures that the scenario gives
    technique: entries.Technique

    @classmethod
    def build(cls, context: Context) -> Storing:
        """From `battery: {kwh, kw, dispatch, target_kw, ..}`, each absent figure the technique's."""
        options: Mapping[str, Any] = context.measure.options
        technique = context.catalogue.technique("battery", "any")
        stated = frozenset({*options, "c_rate"} if "kw" in options else options)
        return cls(battery_of(options, technique.figures), stated, technique)

    def obstacle(self, target: Battery) -> str | None:
        """One battery has one controller."""
        return None if target == NO_BATTERY else "the site has a battery already"

    def apply(self, target: Battery) -> Battery:
        """The new battery; one without capacity is none."""
        return self.battery if self.battery.capacity_j > 0.0 else target

    def upfront(self, target: Battery) -> UpFront:
        """Capital over its calendar life, and the engineers; nothing for none."""
        if self.battery.capacity_j == 0.0:
            return UpFront(family="efficiency", measure="battery")
        paid = bought(self.battery)
        return replace(
            set_up("efficiency", self.technique, paid.measure), capital_usd=paid.capital_usd, life_y=paid.life_y
        )

    def assumed(self) -> tuple[str, ...]:
        """The technique's assumed figures, without those that the scenario gives."""
        figures = assumed_figures(self.technique)
        return tuple(name for name in figures if name.rpartition(".")[2] not in self.stated)


def bought(battery: Battery) -> UpFront:
    """The capital of a battery, recovered over its calendar life."""
    measure = f"battery {battery.capacity_j / J_PER_KWH:g} kWh"
    return UpFront(family="efficiency", measure=measure, capital_usd=battery.capital_usd, life_y=battery.life_y)
