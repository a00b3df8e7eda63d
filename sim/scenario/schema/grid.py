"""What electricity costs and how clean it is: flat, by the clock, from a file, or generated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from sim.document import Strict, fault
from sim.scenario import grid_specs as specs
from sim.scenario.schema.fields import EntityName, NonNegative, PathText, Positive, Share, TimeZone
from sim.scenario.schema.forms import Form, OneForm
from sim.scenario.schema.names import Named

_SERIES = ("timezone", "max_gap_h", "outside")
DAYS = {"all": specs.ALL_DAYS, "weekdays": specs.WEEKDAYS, "weekends": specs.WEEKENDS}
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
          "December")  # fmt: skip
Price = Annotated[float, Field(ge=-1000, le=1000)]
Hour = Annotated[float, Field(ge=0, le=24)]
Month = Annotated[int, Field(ge=1, le=12)]


def _one_span(value: object) -> object:
    """`[12, 18]` stands for `[[12, 18]]`."""
    plain = isinstance(value, list) and value and not any(isinstance(each, list) for each in value)
    return [value] if plain else value


class Series(OneForm):
    """Keys that all files of values against time share."""

    file: PathText | None = Field(
        default=None, description="CSV file of values against time; .gz is read as it is. Relative to the naming file."
    )
    time_column: Named | None = Field(
        default=None, description="Column of time stamps, each the start of its interval."
    )
    value_column: Named | None = Field(default=None, description="Column of values.")
    timezone: TimeZone = Field(default="UTC", description="Time zone of stamps that carry no offset (IANA name).")
    max_gap_h: NonNegative = Field(
        default=3.0,
        description="Gaps up to this length are interpolated and counted, longer ones refused. Assumed: 3 h.",
    )
    outside: Literal["error", "hold", "wrap"] = Field(
        default="error",
        description="What holds where the file does not reach: an error, its end values, or itself again.",
    )


class Period(Strict):
    """One price, and the hours, days and months in which it holds."""

    usd_per_kwh: Price = Field(description="Energy price [USD/kWh]; may be negative.")
    demand_usd_per_kw_month: NonNegative = Field(
        default=0.0,
        description="Demand charge on the highest 15-minute mean inside this period [USD per kW and month].",
    )
    hours: Annotated[
        list[Annotated[list[Hour], Field(min_length=2, max_length=2)]], BeforeValidator(_one_span), Field(min_length=1)
    ] = Field(
        default=[[0.0, 24.0]],
        description="Hours of local standard time, [from, to) or several of them; [22, 6] passes midnight.",
    )
    days: Literal["all", "weekdays", "weekends"] = Field(default="all", description="Days of the week.")
    months: Annotated[list[Month], Field(min_length=1)] = Field(
        default=list(range(1, 13)), description="Months by number. Default: all."
    )

    @model_validator(mode="after")
    def _spans_have_length(self) -> Self:
        for begin, end in self.hours:
            if begin == end:
                raise fault(f"[{begin:g}, {end:g}] is no time at all; the whole day is [0, 24]", key="hours")
        return self

    def compiled(self, name: str) -> specs.Period:
        """The period under its name."""
        return specs.Period(
            name=name,
            usd_per_kwh=self.usd_per_kwh,
            demand_usd_per_kw_month=self.demand_usd_per_kw_month,
            hours=tuple((begin, end) for begin, end in self.hours),
            days=DAYS[self.days],
            months=frozenset(self.months),
        )


class Shape(Strict):
    """Hours around a mean that are made up from a few figures: equal seeds give equal hours."""

    peak_hour: Hour = Field(default=20.0, description="Local hour of the daily highest value. Default, fitted: 20.")
    peak_month: Annotated[float, Field(ge=1, le=12)] = Field(
        default=1.0, description="Month of the yearly highest value. Default, fitted: 1, as where heating decides."
    )
    lowest: float | None = Field(
        default=None, description="Values do not fall below this. Default: prices none, carbon 0."
    )
    seed: Annotated[int, Field(ge=0, le=2**31)] = Field(default=0, description="Another seed makes other noise.")


class GeneratedPrice(Shape):
    """Made-up hourly prices. Defaults fitted to day-ahead prices of Germany and northern California in 2023."""

    mean_usd_per_kwh: Price = Field(description="Mean price [USD/kWh].")
    daily: Share = Field(default=0.2, description="Amplitude of the daily cosine / mean. Default, fitted: .2.")
    half_daily: Share = Field(
        default=0.2, description="Amplitude of the cosine with two peaks a day / mean. Default, fitted: .2."
    )
    weekend: Annotated[float, Field(ge=-1, le=1)] = Field(
        default=-0.2, description="Weekends above working days / mean. Default, fitted: -.2."
    )
    seasonal: Share = Field(default=0.1, description="Amplitude of the yearly cosine / mean. Default, fitted: .1.")
    noise: Annotated[float, Field(ge=0, le=10)] = Field(
        default=0.45, description="Deviation of the noise / mean. Default, fitted: .45."
    )
    memory_h: Positive = Field(
        default=20.0, description="Hours in which a deviation falls to 1/e. Default, fitted: 20."
    )
    spikes_per_y: Annotated[float, Field(ge=0, le=8760)] = Field(
        default=0.0,
        description="Hours of a year with a spike. Default: 0; Texas 2023 had 243 above five times its mean.",
    )
    spike: Positive = Field(default=10.0, description="Mean height of a spike / mean. Default, assumed: 10.")


class GeneratedCarbon(Shape):
    """Made-up hourly carbon intensity. Defaults fitted to Germany, Texas and California in 2023."""

    mean_g_per_kwh: NonNegative = Field(description="Mean intensity [g/kWh].")
    daily: Share = Field(default=0.15, description="Amplitude of the daily cosine / mean. Default, fitted: .15.")
    half_daily: Share = Field(
        default=0.1, description="Amplitude of the cosine with two peaks a day / mean. Default, fitted: .1."
    )
    weekend: Annotated[float, Field(ge=-1, le=1)] = Field(
        default=-0.05, description="Weekends above working days / mean. Default, fitted: -.05."
    )
    seasonal: Share = Field(default=0.15, description="Amplitude of the yearly cosine / mean. Default, fitted: .15.")
    noise: Annotated[float, Field(ge=0, le=10)] = Field(
        default=0.2, description="Deviation of the noise / mean. Default, fitted: .2."
    )
    memory_h: Positive = Field(
        default=25.0, description="Hours in which a deviation falls to 1/e. Default, fitted: 25."
    )


class Tariff(Series):
    """What electricity costs: flat, by the clock, a file of prices, or made-up ones."""

    forms: ClassVar[Mapping[str, Form]] = {
        "energy_usd_per_kwh": Form(),
        "time_of_use": Form(),
        "file": Form(needs=("time_column", "value_column"), may=(*_SERIES, "per", "usd_per_unit", "adder_usd_per_kwh")),
        "generated": Form(may=("adder_usd_per_kwh",)),
    }
    energy_usd_per_kwh: NonNegative | None = Field(default=None, description="Flat energy price [USD/kWh].")
    time_of_use: Annotated[dict[EntityName, Period], Field(min_length=1)] | None = Field(
        default=None,
        description="Prices by name and when they hold, in local standard time; the first that holds counts.",
    )
    generated: GeneratedPrice | None = Field(default=None, description="Made-up hourly prices around a mean.")
    per: Literal["kwh", "mwh"] = Field(default="mwh", description="Energy that a value of the file is the price of.")
    usd_per_unit: Positive = Field(default=1.0, description="US dollars per unit of the file's currency.")
    adder_usd_per_kwh: NonNegative = Field(
        default=0.0, description="Added to each value of the file: grid fees and taxes [USD/kWh]."
    )
    demand_usd_per_kw_month: NonNegative = Field(
        default=0.0, description="Demand charge on the highest 15-minute mean [USD per kW and month]. Default: none."
    )

    @model_validator(mode="after")
    def _clock_is_covered(self) -> Self:
        if self.time_of_use is not None:
            whole = specs.TimeOfUse(periods=tuple(self.periods()), utc_offset_h=0.0)
            _check_cover(whole)
        return self

    def periods(self) -> Iterator[specs.Period]:
        """The periods of the tariff in their order."""
        for name, each in (self.time_of_use or {}).items():
            yield each.compiled(name)


def _check_cover(tariff: specs.TimeOfUse) -> None:
    """Refuses hours without a price, and periods that never count."""
    used = set()
    for month in range(1, 13):
        for weekday, day in ((0, "weekdays"), (5, "weekends")):
            for hour in tariff.changes_h():
                period = tariff.period_at(month, weekday, hour)
                if period is None:
                    text = f"no period holds at {hour:g} h on {day} of {MONTHS[month - 1]}"
                    raise fault(f"{text}; a last one without hours, days and months takes the rest", key="time_of_use")
                used.add(period.name)
    idle = [each.name for each in tariff.periods if each.name not in used]
    if idle:
        raise fault(f"period '{idle[0]}' never counts: those before it hold in all of its hours", key="time_of_use")


class Carbon(Series):
    """Carbon intensity of the grid: flat, a file, or made up; and what a tonne costs."""

    forms: ClassVar[Mapping[str, Form]] = {
        "g_per_kwh": Form(),
        "file": Form(needs=("time_column", "value_column"), may=_SERIES),
        "generated": Form(),
    }
    g_per_kwh: NonNegative | None = Field(default=None, description="Flat intensity [g CO2e/kWh], location-based.")
    generated: GeneratedCarbon | None = Field(default=None, description="Made-up hourly intensity around a mean.")
    basis: Literal["direct", "lifecycle"] = Field(
        default="direct", description="Whether the figures count stacks alone, or also fuel supply and construction."
    )
    usd_per_tonne: NonNegative = Field(default=0.0, description="Price of carbon [USD per tonne CO2e]. Default: none.")
