"""Vapour-compression chillers: power from the lift between condenser and evaporator, and from part load.

P = Q_av / COP_ref * EIRFT * EIRFPLR. EIRFT = L / L_ref with L = (T_c + dT - T_e) / T_e[K] is a Carnot ratio with a
fixed internal difference dT, fitted to 155 published curve sets (EnergyPlus data sets, mean error 3-5 %); unlike their
polynomials it may be used at the 15-30 degC leaving water of halls. EIRFPLR = p0 + p1 x + p2 x**2, x = Q / Q_av.

Equal machines share the heat; as many run as take the least power for it. n of them at a heat of L machines take
n p0 + p1 L + p2 L**2 / n, so that the next one pays from L**2 = n (n + 1) p0 / p2 on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sim.facility.lanes import Number, larger, rounded_up, smaller, square_root, within
from sim.units import KELVIN_AT_0_C

LIMITS: Mapping[str, tuple[float, float]] = {
    "chiller_cop": (1.0, 20.0),
    "chiller_reference_leaving_c": (0.0, 30.0),
    "chiller_reference_condenser_c": (10.0, 60.0),
    "chiller_lift_offset_k": (0.0, 60.0),
    "chiller_lift_floor_k": (1.0, 30.0),
    "chiller_part_load_0": (0.0, 1.0),
    "chiller_part_load_1": (-1.0, 2.0),
    "chiller_part_load_2": (-1.0, 2.0),
    "chiller_part_load_floor": (0.01, 1.0),
    "chiller_machines": (1.0, 100.0),
    "chiller_motor_margin": (1.0, 3.0),
    "chiller_capacity_gain_per_k": (0.0, 0.1),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chiller:
    """Equal machines; capacity and `motor_w`, which bounds what the compressors take at any lift, are of all together.

    The capacity holds up to `design_leaving_c`; warmer water fills the compressor with denser vapour.
    """

    capacity_w: float
    design_leaving_c: float
    capacity_gain_per_k: float
    cop: float
    lift_offset_k: float
    lift_floor_k: float
    reference_lift: float  # L at the point where `cop` holds
    part_load: tuple[float, float, float]
    part_load_floor: float
    machines: float
    motor_w: float

    @classmethod
    def sized(
        cls, figures: Mapping[str, float], capacity_w: float, leaving_c: float, design_condenser_c: float
    ) -> Chiller:
        """Machines of a capacity [W] together, their motors made for the design day with a margin."""
        offset_k, floor_k = figures["chiller_lift_offset_k"], figures["chiller_lift_floor_k"]
        reference = figures["chiller_reference_leaving_c"], figures["chiller_reference_condenser_c"]
        reference_lift = _lift(*reference, offset_k, floor_k)
        design_factor = _lift(leaving_c, design_condenser_c, offset_k, floor_k) / reference_lift
        part_load = figures["chiller_part_load_0"], figures["chiller_part_load_1"], figures["chiller_part_load_2"]
        full_load_w = capacity_w / figures["chiller_cop"] * sum(part_load)
        return cls(
            capacity_w=capacity_w,
            design_leaving_c=leaving_c,
            capacity_gain_per_k=figures["chiller_capacity_gain_per_k"],
            cop=figures["chiller_cop"],
            lift_offset_k=offset_k,
            lift_floor_k=floor_k,
            reference_lift=reference_lift,
            part_load=part_load,
            part_load_floor=figures["chiller_part_load_floor"],
            machines=figures["chiller_machines"],
            motor_w=full_load_w * design_factor * figures["chiller_motor_margin"],
        )

    def available_w(self, leaving_c: Number, condenser_c: Number) -> Number:
        """Heat that the machines can carry [W]: their capacity, less where the lift is beyond their motors."""
        gain = 1.0 + self.capacity_gain_per_k * larger(leaving_c - self.design_leaving_c, 0.0)
        capacity_w = self.capacity_w * gain
        full_load_w = capacity_w / self.cop * sum(self.part_load) * self._lift_factor(leaving_c, condenser_c)
        return capacity_w * smaller(self.motor_w / full_load_w, 1.0)

    def power_w(self, heat_w: Number, leaving_c: Number, condenser_c: Number) -> Number:
        """Compressor power [W] for a heat within `available_w`; one machine below its part-load floor cycles."""
        available_w = self.available_w(leaving_c, condenser_c)
        share = smaller(heat_w / available_w, 1.0)
        running_share = self.running(share) / self.machines
        load = share / running_share
        held = larger(load, self.part_load_floor)
        fixed, linear, square = self.part_load
        curve = fixed + held * (linear + held * square)
        full_w = available_w / self.cop * self._lift_factor(leaving_c, condenser_c)
        return full_w * running_share * curve * (load / held)

    def running(self, share: Number) -> Number:
        """Machines that run at a share of what all can carry."""
        load = self.machines * share
        fixed, _, square = self.part_load
        needed = rounded_up(load)
        if fixed > 0.0 and square > 0.0:
            needed = larger(needed, rounded_up(square_root(0.25 + load * load * square / fixed) - 0.5))
        return within(needed, 1.0, self.machines)

    def _lift_factor(self, leaving_c: Number, condenser_c: Number) -> Number:
        return _lift(leaving_c, condenser_c, self.lift_offset_k, self.lift_floor_k) / self.reference_lift


def _lift(leaving_c: Number, condenser_c: Number, offset_k: float, floor_k: float) -> Number:
    """Carnot lift L: temperature difference over the absolute temperature of the evaporator."""
    return larger(condenser_c + offset_k - leaving_c, floor_k) / (leaving_c + KELVIN_AT_0_C)
