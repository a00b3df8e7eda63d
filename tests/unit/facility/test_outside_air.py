"""Outdoor air in the hall: dampers, limits of humidity, the evaporative stage."""

from __future__ import annotations

import numpy as np
import pytest

from sim.facility.air import enthalpy_j_per_kg, humidity_ratio, pressure_pa, saturation_pressure_pa, wet_bulbs_c
from sim.facility.outside_air import Intake
from sim.protocols import Air

SEA_PA = 101_325.0


def intake(effectiveness: float = 0.0, lowest_c: float = -60.0, highest_c: float = 40.0) -> Intake:
    return Intake(pickup_k=1.0, lowest_c=lowest_c, highest_c=highest_c, effectiveness=effectiveness)


def air(dry_bulb_c: float, humidity: float, elevation_m: float = 0.0) -> Air:
    pressure = pressure_pa(elevation_m)
    wet = wet_bulbs_c(np.array([dry_bulb_c]), np.array([humidity]), np.array([pressure]))
    return Air(dry_bulb_c, float(wet[0]), humidity, pressure)


@pytest.mark.parametrize(
    ("dry_bulb_c", "free"), [(-10.0, 1.0), (26.0, 1.0), (32.0, 10 / 16), (41.0, 1 / 16), (45.0, 0)]
)
def test_the_free_share_falls_from_supply_to_return(dry_bulb_c: float, free: float) -> None:
    """Supply 27, return 43, 1 K of pickup."""
    assert intake().draw(27.0, 43.0, air(dry_bulb_c, 0.2)).free_share == pytest.approx(free)


def test_air_above_the_highest_dew_point_stays_outside() -> None:
    humid, dry = air(22.0, 0.66), air(22.0, 0.63)  # dew points 15.4 and 14.7 degC
    dampers = intake(highest_c=15.0)
    assert dampers.draw(27.0, 43.0, humid).free_share == 0.0
    assert dampers.draw(27.0, 43.0, dry).free_share == 1.0


def test_air_below_the_lowest_dew_point_stays_outside_where_nothing_moistens_it() -> None:
    frost = air(-15.0, 0.8)
    assert intake(lowest_c=-9.0).draw(27.0, 43.0, frost).free_share == 0.0
    moistened = intake(0.85, lowest_c=-9.0).draw(27.0, 43.0, frost)
    assert moistened.free_share == 1.0
    assert moistened.water_kg_per_kg > 0.0


def test_evaporation_cools_hot_dry_air_to_the_supply_and_no_further() -> None:
    desert = air(38.0, 0.12)
    draught = intake(0.85).draw(27.0, 43.0, desert)
    assert draught.free_share == 1.0
    outdoors = humidity_ratio(0.12 * saturation_pressure_pa(38.0), SEA_PA)
    enthalpy = enthalpy_j_per_kg(38.0, outdoors)
    assert enthalpy_j_per_kg(26.0, outdoors + draught.water_kg_per_kg) == pytest.approx(enthalpy, rel=1e-12)


def test_the_stage_reaches_its_share_of_the_distance_to_the_wet_bulb() -> None:
    humid = air(38.0, 0.5)
    draught = intake(0.85).draw(27.0, 43.0, humid)
    inlet_c = 38.0 - 0.85 * (38.0 - humid.wet_bulb_c) + 1.0
    assert draught.free_share == pytest.approx((43.0 - inlet_c) / 16.0)


def test_the_stage_stops_at_the_highest_dew_point() -> None:
    warm = air(36.0, 0.27)  # dew point 14.2 degC
    free = intake(0.85).draw(27.0, 43.0, warm).free_share
    held = intake(0.85, highest_c=15.0).draw(27.0, 43.0, warm)
    assert 0.0 < held.free_share < free
    outdoors = humidity_ratio(0.27 * saturation_pressure_pa(36.0), SEA_PA)
    highest = humidity_ratio(saturation_pressure_pa(15.0), SEA_PA)
    assert outdoors + held.water_kg_per_kg == pytest.approx(highest, rel=1e-9)


def test_no_water_is_taken_without_a_stage_or_without_need() -> None:
    assert intake().draw(27.0, 43.0, air(38.0, 0.1)).water_kg_per_kg == 0.0
    assert intake(0.85).draw(27.0, 43.0, air(15.0, 0.6)).water_kg_per_kg == 0.0


def test_cold_air_is_mixed_so_that_less_of_it_is_moistened() -> None:
    mild, cold = (intake(0.85, lowest_c=14.0, highest_c=15.0).draw(27.0, 43.0, air(t, 0.4)) for t in (25.0, 5.0))
    dry = humidity_ratio(saturation_pressure_pa(14.0), SEA_PA)
    for draught, t, share in ((mild, 25.0, 16 / 17), (cold, 5.0, 16 / 37)):
        outdoors = humidity_ratio(0.4 * saturation_pressure_pa(t), SEA_PA)
        assert draught.water_kg_per_kg == pytest.approx(share * (dry - outdoors))
