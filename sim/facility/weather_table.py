"""Columns of outdoor air at steps of an hour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.facility.air import wet_bulbs_c
from sim.facility.lanes import Floats
from sim.protocols import Air

DESIGN_QUANTILE = 0.996  # ASHRAE's 0.4 % conditions


@dataclass(frozen=True, slots=True)
class AirColumns:
    """Outdoor air at many moments: the fields of `protocols.Air` as arrays of one length."""

    dry_bulb_c: Floats
    wet_bulb_c: Floats
    relative_humidity: Floats
    pressure_pa: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class AirTable:
    """Arrays of one length; humidity in 0..1."""

    dry_bulb_c: Floats
    relative_humidity: Floats
    pressure_pa: Floats

    def rows(self, order: NDArray[np.int64]) -> AirTable:
        """The rows of these indices, in their order."""
        return AirTable(
            dry_bulb_c=self.dry_bulb_c[order],
            relative_humidity=self.relative_humidity[order],
            pressure_pa=self.pressure_pa[order],
        )

    def wet_bulb_c(self) -> Floats:
        """Wet bulb of each row."""
        return wet_bulbs_c(self.dry_bulb_c, self.relative_humidity, self.pressure_pa)

    def columns(self) -> AirColumns:
        """The rows with their wet bulbs."""
        return AirColumns(self.dry_bulb_c, self.wet_bulb_c(), self.relative_humidity, self.pressure_pa)

    def design_air(self) -> Air:
        """Design day: dry bulb and wet bulb that are each exceeded in 0.4 % of the rows."""
        hot_c = float(np.quantile(self.dry_bulb_c, DESIGN_QUANTILE))
        wet_c = min(float(np.quantile(self.wet_bulb_c(), DESIGN_QUANTILE)), hot_c)
        return Air(hot_c, wet_c, float(np.median(self.relative_humidity)), float(np.mean(self.pressure_pa)))
