"""What the grid and the site's own energy are asked to be: periods of a tariff, series that are generated."""

from __future__ import annotations

from dataclasses import dataclass

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
