"""What the grid and the site's own energy are asked to be: periods of a tariff, generated series, a battery."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sim.units import J_PER_KWH, W_PER_KW

WHOLE_DAY = ((0.0, 24.0),)
WEEKDAYS, WEEKENDS = frozenset(range(5)), frozenset((5, 6))  # Monday is 0
ALL_DAYS = WEEKDAYS | WEEKENDS
ALL_MONTHS = frozenset(range(1, 13))


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """One price of a time-of-use tariff and when it holds, in local standard time.

    `hours` are spans [from, to) of the day; one that ends before it begins passes midnight, and its part after midnight
    belongs to the day that it is on.
    """

    name: str
    usd_per_kwh: float
    demand_usd_per_kw_month: float = 0.0  # on the highest 15-minute mean inside the period
    hours: tuple[tuple[float, float], ...] = WHOLE_DAY
    days: frozenset[int] = ALL_DAYS
    months: frozenset[int] = ALL_MONTHS

    def holds(self, month: int, weekday: int, hour: float) -> bool:
        """Whether it holds at an hour of such a day."""
        return (
            month in self.months
            and weekday in self.days
            and any(begin <= hour < end if begin < end else hour >= begin or hour < end for begin, end in self.hours)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeOfUse:
    """Prices by the clock: of the periods that hold at an instant, the first one counts."""

    periods: tuple[Period, ...]
    utc_offset_h: float  # local standard time

    def period_at(self, month: int, weekday: int, hour: float) -> Period | None:
        """The period of an hour of such a day; None where none holds."""
        return next((each for each in self.periods if each.holds(month, weekday, hour)), None)

    def changes_h(self) -> tuple[float, ...]:
        """Hours of the day at which another period may begin, 0 first."""
        return tuple(sorted({0.0, *(edge % 24.0 for each in self.periods for span in each.hours for edge in span)}))


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratedSeries:
    """Hourly values around a mean: the shape of day, week and year, and noise that reverts to it.

    Amplitudes, noise and spikes are shares of the mean. `sim.grid.generated` has the formula.
    """

    mean: float  # USD/kWh or g/kWh
    daily: float
    half_daily: float
    peak_hour: float
    weekend: float  # of the mean, what weekends lie above the working days
    seasonal: float
    peak_month: float
    noise: float  # stationary deviation
    memory_h: float  # in which a deviation falls to 1/e
    spikes_per_y: float
    spike: float  # mean height of one
    lowest: float | None  # values do not fall below it [USD/kWh or g/kWh]
    seed: int
    utc_offset_h: float
    adder: float = 0.0


Dispatch = Literal["price", "carbon", "peak"]
CYCLES_PER_YEAR = 365.25  # at most one a day


@dataclass(frozen=True, slots=True, kw_only=True)
class Battery:
    """Energy stored between the meter and the building; a capacity of 0 is no battery.

    Powers are those at the building's side of the inverter. What is stored stays within [1 - depth, 1] of the capacity.
    """

    capacity_j: float = 0.0
    power_w: float = 0.0  # into it and out of it
    charge_efficiency: float = 1.0
    discharge_efficiency: float = 1.0
    depth: float = 1.0
    dispatch: Dispatch = "price"
    target_w: float | None = None  # of the power at the meter, which charging does not exceed
    cycles: float = 1.0  # full ones, of the depth, until it is worn out
    life_y: float = 1.0  # by the calendar
    usd_per_kwh: float = 0.0  # of capacity

    @property
    def usable_j(self) -> float:
        """What it can give before the inverter, from full to the lowest."""
        return self.depth * self.capacity_j

    @property
    def capital_usd(self) -> float:
        """What it costs once."""
        return self.usd_per_kwh * self.capacity_j / J_PER_KWH

    @property
    def wear_usd_per_kwh(self) -> float:
        """Capital used up by a kWh taken out of the store; 0 where a cycle a day does not outrun the calendar."""
        if self.cycles >= CYCLES_PER_YEAR * self.life_y:
            return 0.0
        return self.usd_per_kwh / (self.cycles * self.depth)


NO_BATTERY = Battery()


def battery_of(stated: Mapping[str, Any], figures: Mapping[str, float]) -> Battery:
    """A battery from the keys that a scenario states (`kwh`, `kw`, `dispatch`, ..) and the catalogue's figures."""

    def figure(name: str) -> float:
        return float(stated.get(name, figures[name]))

    target_kw = stated.get("target_kw")
    return Battery(
        capacity_j=stated["kwh"] * J_PER_KWH,
        power_w=float(stated.get("kw", figures["c_rate"] * stated["kwh"])) * W_PER_KW,
        charge_efficiency=figure("charge_efficiency"),
        discharge_efficiency=figure("discharge_efficiency"),
        depth=figure("depth"),
        dispatch=stated.get("dispatch", "price"),
        target_w=None if target_kw is None else target_kw * W_PER_KW,
        cycles=figure("cycles"),
        life_y=figure("life_y"),
        usd_per_kwh=figure("usd_per_kwh"),
    )
