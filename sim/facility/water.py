"""Water that an evaporative cooler takes: evaporation by psychrometrics, blow-down and drift."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sim.facility.air import enthalpy_j_per_kg, humidity_ratio, saturation_pressure_pa
from sim.facility.lanes import AirLike, Number, larger

LIMITS: Mapping[str, tuple[float, float]] = {"concentration_cycles": (1.5, 20.0), "drift_share": (0.0, 0.01)}

WATER_J_PER_KG_K = 4186.0


def evaporated_kg_per_j(air: AirLike[Number], exit_c: Number) -> Number:
    """Water that air takes up for each joule of heat, when it leaves saturated at `exit_c` (above its wet bulb)."""
    entering = humidity_ratio(air.relative_humidity * saturation_pressure_pa(air.dry_bulb_c), air.pressure_pa)
    leaving = humidity_ratio(saturation_pressure_pa(exit_c), air.pressure_pa)
    heat_j_per_kg = enthalpy_j_per_kg(exit_c, leaving) - enthalpy_j_per_kg(air.dry_bulb_c, entering)
    return (leaving - entering) / heat_j_per_kg


@dataclass(frozen=True, slots=True)
class MakeUp:
    """Feed water of a tower: blow-down keeps the salts at `cycles` times those of the feed; drift carries some."""

    cycles: float
    drift_share: float  # of the circulating water

    def l_per_s(self, evaporated_kg_per_s: Number, circulation_kg_per_s: Number) -> Number:
        """Feed water [L/s], 1 kg to the litre."""
        drift = self.drift_share * circulation_kg_per_s
        blow_down = larger(evaporated_kg_per_s / (self.cycles - 1.0) - drift, 0.0)
        return evaporated_kg_per_s + blow_down + drift
