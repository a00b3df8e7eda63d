"""What a plant answers, at one moment or at many."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Generic

from sim.facility.lanes import AirLike, Number
from sim.protocols import Air, FacilityResponse


@dataclass(frozen=True, slots=True)
class Answer(Generic[Number]):
    """The fields of `FacilityResponse`, and `rejected_w`, the heat that leaves the building.

    The transformer stands outdoors: IT + losses in the hall + cooling = rejected.
    """

    cooling_w: Number
    losses_w: Number
    supply_c: Number
    water_l_per_s: Number
    free_share: Number
    rejected_w: Number


class Answering(ABC):
    """A plant whose answers are steady states: `respond` is `answer` at one moment."""

    __slots__ = ()

    @abstractmethod
    def answer(self, it_w: Number, air: AirLike[Number]) -> Answer[Number]:
        """Steady answer to an IT power [W] in outdoor air; arrays of one length give arrays."""

    def respond(self, it_w: float, air: Air) -> FacilityResponse:
        """Steady answer to an IT power [W] in outdoor air."""
        one = self.answer(float(it_w), air)
        return FacilityResponse(
            cooling_w=one.cooling_w,
            losses_w=one.losses_w,
            supply_c=one.supply_c,
            water_l_per_s=one.water_l_per_s,
            free_share=one.free_share,
        )
