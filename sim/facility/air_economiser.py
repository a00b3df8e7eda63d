"""Halls on outdoor air within limits of humidity: a direct evaporative stage, and air-cooled chillers behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sim.facility import chillers, electrical, loops, outside_air, water
from sim.facility.answers import Answer, Answering
from sim.facility.chilled_water import AISLE_LIMITS, inlet_rise_k
from sim.facility.electrical import ElectricalChain
from sim.facility.lanes import AirLike, Number, any_of, chosen, larger
from sim.facility.loops import NO_HEAT_W, ROUNDING, WaterLoop
from sim.facility.movers import Mover
from sim.facility.outside_air import AIR_J_PER_KG_K, Intake
from sim.facility.water import MakeUp
from sim.protocols import Air

LOOP = "backup"

LIMITS: Mapping[str, tuple[float, float]] = {
    "supply_c": (10.0, 45.0),
    "size_margin": (1.0, 3.0),
    "fan_w_per_kw": (0.0, 200.0),
    "fan_floor": (0.05, 1.0),
    "coil_approach_k": (0.0, 20.0),
    **AISLE_LIMITS,
    **outside_air.LIMITS,
    **electrical.LIMITS,
    **loops.chiller_limits(LOOP),
    **chillers.LIMITS,
    **water.LIMITS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AirEconomiser(Answering):
    """`supply_c` is the air that the racks are given; `design_w` the heat that the fans are made for."""

    supply_c: float
    inlet_rise_c: float
    chain: ElectricalChain
    design_w: float
    fan: Mover
    rise_k: float
    intake: Intake
    make_up: MakeUp
    coil_approach_k: float
    backup: WaterLoop
    liquid: bool = False
    fan_share: float = 1.0
    direct_current: bool = False
    stated_pue: float | None = None
    clamped: int = 0
    warnings: tuple[str, ...] = ()

    @classmethod
    def sized(cls, figures: Mapping[str, float], design_it_w: float, design_air: Air) -> AirEconomiser:
        """A plant for a design IT power [W] on a design day; the chillers can do without outdoor air."""
        chain = ElectricalChain.sized(figures, design_it_w)
        heat_w = figures["size_margin"] * (design_it_w + chain.hall_losses_w(design_it_w))
        fan = Mover.sized(figures["fan_w_per_kw"], heat_w, figures["fan_floor"])
        water_c = figures["supply_c"] - figures["coil_approach_k"]
        return cls(
            supply_c=figures["supply_c"],
            inlet_rise_c=inlet_rise_k(figures),
            chain=chain,
            design_w=heat_w,
            fan=fan,
            rise_k=figures["rack_rise_k"],
            intake=Intake.of(figures),
            make_up=MakeUp(figures["concentration_cycles"], figures["drift_share"]),
            coil_approach_k=figures["coil_approach_k"],
            backup=WaterLoop.sized(LOOP, figures, heat_w + fan.full_w, water_c, design_air),
        )

    def answer(self, it_w: Number, air: AirLike[Number]) -> Answer[Number]:
        """Steady answer to an IT power [W] in outdoor air."""
        hall_losses_w = self.chain.hall_losses_w(it_w)
        share = (it_w + hall_losses_w) / self.design_w
        flow = self.fan.flow(share)
        fan_w = self.fan.power_w(flow)
        heat_w = it_w + hall_losses_w + fan_w
        flow_w_per_k = (self.design_w + self.fan.full_w) / self.rise_k * flow
        draught = self.intake.draw(self.supply_c, self.supply_c + heat_w / flow_w_per_k, air)
        supply_c, backup_w, chilled_w = self._backed_up((1.0 - draught.free_share) * heat_w, heat_w, share, air)
        cooling_w = fan_w + backup_w
        evaporated = draught.water_kg_per_kg * flow_w_per_k / AIR_J_PER_KG_K
        return Answer(
            cooling_w=cooling_w,
            losses_w=hall_losses_w + self.chain.transformer_loss_w(it_w + hall_losses_w + cooling_w),
            supply_c=supply_c,
            water_l_per_s=self.make_up.l_per_s(evaporated, evaporated),
            free_share=1.0 - chilled_w / larger(heat_w, NO_HEAT_W),
            rejected_w=heat_w + backup_w,
        )

    def _backed_up(
        self, rest_w: Number, heat_w: Number, share: Number, air: AirLike[Number]
    ) -> tuple[Number, Number, Number]:
        """Supply [degC], power [W] and heat [W] of the chillers, for what outdoor air leaves of the heat."""
        none = 0.0 * rest_w
        running = rest_w > ROUNDING * heat_w
        if not any_of(running):
            return self.supply_c + none, none, none
        rest_w = chosen(running, rest_w, none)
        state = self.backup.carry(rest_w, self.supply_c - self.coil_approach_k, air)
        supply_c = state.supply_c + self.coil_approach_k * larger(share, 1.0)
        return chosen(running, supply_c, self.supply_c + none), chosen(running, state.power_w, none), rest_w
