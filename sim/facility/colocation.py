"""A rented hall: power usage, water usage and supply temperature are stated by the landlord, not computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sim.facility.answers import Answer, Answering
from sim.facility.lanes import AirLike, Number
from sim.units import J_PER_KWH

LIMITS: Mapping[str, tuple[float, float]] = {
    "pue": (1.0, 5.0),
    "loss_share": (0.0, 1.0),
    "supply_c": (5.0, 60.0),
    "wue_l_per_kwh": (0.0, 20.0),
    "inlet_rise_k": (0.0, 20.0),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Colocation(Answering):
    """Power beyond IT is (PUE - 1) times IT at every load and in every weather, because that is what was stated."""

    stated_pue: float
    loss_share: float  # of the power beyond IT, what is electrical loss
    supply_c: float
    water_l_per_j: float
    inlet_rise_c: float
    liquid: bool = False
    fan_share: float = 1.0
    direct_current: bool = False
    warnings: tuple[str, ...] = ()
    clamped: int = 0

    @classmethod
    def stated(cls, figures: Mapping[str, float]) -> Colocation:
        """A hall with the figures of its contract."""
        return cls(
            stated_pue=figures["pue"],
            loss_share=figures["loss_share"],
            supply_c=figures["supply_c"],
            water_l_per_j=figures["wue_l_per_kwh"] / J_PER_KWH,
            inlet_rise_c=figures["inlet_rise_k"],
        )

    def answer(self, it_w: Number, air: AirLike[Number]) -> Answer[Number]:
        """What the contract says; the share of free cooling is not known and given as 0."""
        beyond_it_w = (self.stated_pue - 1.0) * it_w
        losses_w = beyond_it_w * self.loss_share
        return Answer(
            cooling_w=beyond_it_w - losses_w,
            losses_w=losses_w,
            supply_c=self.supply_c + 0.0 * it_w,
            water_l_per_s=self.water_l_per_j * it_w,
            free_share=0.0 * it_w,
            rejected_w=it_w + beyond_it_w,
        )
