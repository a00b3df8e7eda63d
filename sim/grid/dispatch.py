"""When a battery that follows a signal works: which steps of a day it charges in, and which it discharges in."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.scenario.grid_specs import Battery

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
CHARGE, REST, DISCHARGE = 1, 0, -1


def day_wishes(values: Floats, step_s: float, battery: Battery, discharge_w: float, wear: float) -> Ints:
    """CHARGE, REST or DISCHARGE for each step of a day whose values (price, carbon per kWh) are known.

    The lowest steps are paired with the highest, as many as filling and emptying the battery take, while what comes
    out is worth more than what goes in and the wear (per kWh out of the store, in the signal's unit). `discharge_w` is
    what the building takes of it. Equal values wish the same: it fills in the first of them that have room.
    """
    wishes = np.zeros(len(values), dtype=np.int64)
    if battery.usable_j <= 0.0 or discharge_w <= 0.0 or battery.power_w <= 0.0:
        return wishes
    fills = battery.usable_j / battery.charge_efficiency / battery.power_w / step_s  # in steps
    empties = battery.usable_j * battery.discharge_efficiency / min(battery.power_w, discharge_w) / step_s
    pairs = np.arange(np.ceil(max(fills, empties, 1.0))) / max(fills, empties, 1.0)
    rising, last = np.sort(values), len(values) - 1
    low = rising[np.minimum((pairs * fills).astype(np.int64), last)]
    high = rising[last - np.minimum((pairs * empties).astype(np.int64), last)]
    worth = high * battery.charge_efficiency * battery.discharge_efficiency
    pays = (worth > low + wear * battery.charge_efficiency) & (low < high)
    paying = len(pays) if pays.all() else int(np.argmin(pays))
    if paying:
        wishes[values <= low[paying - 1]] = CHARGE
        wishes[values >= high[paying - 1]] = DISCHARGE
    return wishes
