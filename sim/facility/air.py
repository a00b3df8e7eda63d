"""Moist air: saturation pressure, humidity ratio, enthalpy, wet bulb and pressure over elevation.

Single values use `math` (plants answer once per simulated minute), whole years use numpy. Equations: ASHRAE Handbook
of Fundamentals 2017, chapter 1 (Hyland and Wexler 1983 for saturation).
"""

from __future__ import annotations

from math import exp, log

import numpy as np

from sim.facility.lanes import Floats, Number
from sim.units import KELVIN_AT_0_C

SEA_LEVEL_PA = 101_325.0
WATER_TO_AIR_MASS = 0.621945  # ratio of molar masses
BISECTIONS = 44  # 60 K / 2**44: below the last bit that matters


def pressure_pa(elevation_m: float) -> float:
    """Pressure of the standard atmosphere at an elevation [Pa] (ASHRAE 2017, ch. 1, eq. 3)."""
    return float(SEA_LEVEL_PA * (1.0 - 2.25577e-5 * elevation_m) ** 5.2559)


def _log_pressure_over_water(kelvin: Number, log_kelvin: Number) -> Number:
    return (
        -5.8002206e3 / kelvin
        + 1.3914993
        + kelvin * (-4.8640239e-2 + kelvin * (4.1764768e-5 - kelvin * 1.4452093e-8))
        + 6.5459673 * log_kelvin
    )


def _log_pressure_over_ice(kelvin: Number, log_kelvin: Number) -> Number:
    return (
        -5.6745359e3 / kelvin
        + 6.3925247
        + kelvin * (-9.677843e-3 + kelvin * (6.2215701e-7 + kelvin * (2.0747825e-9 - kelvin * 9.484024e-13)))
        + 4.1635019 * log_kelvin
    )


def saturation_pressure_pa(celsius: Number) -> Number:
    """Vapour pressure at saturation [Pa], over ice below 0 degC (ASHRAE 2017, ch. 1, eq. 5 and 6)."""
    if isinstance(celsius, np.ndarray):
        return saturation_pressures_pa(celsius)
    kelvin = celsius + KELVIN_AT_0_C
    branch = _log_pressure_over_ice if celsius < 0.0 else _log_pressure_over_water
    return exp(branch(kelvin, log(kelvin)))


def saturation_pressures_pa(celsius: Floats) -> Floats:
    """`saturation_pressure_pa` of each element."""
    kelvin = celsius + KELVIN_AT_0_C
    logs = np.log(kelvin)
    return np.exp(np.where(celsius < 0.0, _log_pressure_over_ice(kelvin, logs), _log_pressure_over_water(kelvin, logs)))


def humidity_ratio(vapour_pa: Number, air_pa: Number) -> Number:
    """Water per dry air [kg/kg] from the partial and the total pressure."""
    return WATER_TO_AIR_MASS * vapour_pa / (air_pa - vapour_pa)


def enthalpy_j_per_kg(celsius: Number, ratio: Number) -> Number:
    """Enthalpy of moist air per dry air [J/kg], zero for dry air at 0 degC (ASHRAE 2017, ch. 1, eq. 30)."""
    return 1006.0 * celsius + ratio * (2_501_000.0 + 1860.0 * celsius)


def wet_bulbs_c(dry_bulb_c: Floats, relative_humidity: Floats, air_pa: Floats) -> Floats:
    """Thermodynamic wet bulb of each element [degC] by bisection (ASHRAE 2017, ch. 1, eq. 33 and 35)."""
    wanted = humidity_ratio(relative_humidity * saturation_pressures_pa(dry_bulb_c), air_pa)
    low, high = dry_bulb_c - 60.0, dry_bulb_c.copy()
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        too_high = _ratio_at_wet_bulb(dry_bulb_c, middle, air_pa) > wanted
        high = np.where(too_high, middle, high)
        low = np.where(too_high, low, middle)
    return np.minimum(0.5 * (low + high), dry_bulb_c)


def _ratio_at_wet_bulb(dry_bulb_c: Floats, wet_bulb_c: Floats, air_pa: Floats) -> Floats:
    """Humidity ratio of air that shows these two temperatures."""
    saturated = humidity_ratio(saturation_pressures_pa(wet_bulb_c), air_pa)
    sensible = 1.006 * (dry_bulb_c - wet_bulb_c)
    over_water = ((2501.0 - 2.326 * wet_bulb_c) * saturated - sensible) / (
        2501.0 + 1.86 * dry_bulb_c - 4.186 * wet_bulb_c
    )
    over_ice = ((2830.0 - 0.24 * wet_bulb_c) * saturated - sensible) / (2830.0 + 1.86 * dry_bulb_c - 2.1 * wet_bulb_c)
    return np.where(wet_bulb_c < 0.0, over_ice, over_water)
