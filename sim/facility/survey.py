"""A plant over a year of weather at constant IT load: energy, water, and what carries the heat away."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.facility.lanes import Flags, Floats
from sim.facility.plant import HELD_WITHIN_K, Facility
from sim.facility.year import WeatherYear
from sim.units import S_PER_H

ROUNDING = 1e-12
MONTHS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class CoolingHours:
    """Hours in which all of the heat leaves without a compressor, a part of it, and none."""

    free: int
    partial: int
    mechanical: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """Energy in J and water in L of the year and of its months (arrays of 12); facility = IT + cooling + losses."""

    it_j: float
    cooling_j: float
    losses_j: float
    water_l: float
    monthly_it_j: Floats
    monthly_facility_j: Floats
    monthly_water_l: Floats
    hours: CoolingHours | None  # None where the plant's figures are stated and not computed
    clamped_hours: int  # in which a correlation was asked beyond its range and its edge was used
    warm_hours: int  # in which the plant delivered warmer than its set-point
    warmest_supply_c: float

    @property
    def facility_j(self) -> float:
        """Energy at the meter."""
        return self.it_j + self.cooling_j + self.losses_j


def survey(plant: Facility, year: WeatherYear, it_w: float) -> Survey:
    """The plant at a constant IT power [W], hour by hour."""
    clamped_before = plant.clamped
    load_w = np.full(len(year.month), it_w)
    answer = plant.answer(load_w, year.air)
    facility_w = load_w + answer.cooling_w + answer.losses_w
    return Survey(
        it_j=float(load_w.sum()) * S_PER_H,
        cooling_j=float(answer.cooling_w.sum()) * S_PER_H,
        losses_j=float(answer.losses_w.sum()) * S_PER_H,
        water_l=float(answer.water_l_per_s.sum()) * S_PER_H,
        monthly_it_j=_by_month(load_w, year),
        monthly_facility_j=_by_month(facility_w, year),
        monthly_water_l=_by_month(answer.water_l_per_s, year),
        hours=_hours(answer.free_share) if plant.stated_pue is None else None,
        clamped_hours=plant.clamped - clamped_before,
        warm_hours=_count(answer.supply_c > plant.supply_c + HELD_WITHIN_K),
        warmest_supply_c=float(answer.supply_c.max()),
    )


def _by_month(rates: Floats, year: WeatherYear) -> Floats:
    """Rates per second, summed over the hours of each month."""
    sums: Floats = np.bincount(year.month, weights=rates, minlength=MONTHS).astype(np.float64) * S_PER_H
    return sums


def _hours(free_share: Floats) -> CoolingHours:
    free, mechanical = _count(free_share >= 1.0 - ROUNDING), _count(free_share <= ROUNDING)
    return CoolingHours(free=free, partial=len(free_share) - free - mechanical, mechanical=mechanical)


def _count(flags: Flags) -> int:
    return int(np.count_nonzero(flags))
