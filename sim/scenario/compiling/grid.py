"""Tariff and carbon: a number, a file, periods by the clock, or figures that hours are made from."""

from __future__ import annotations

from sim.document import Route
from sim.scenario import specs
from sim.scenario.compiling.desk import Desk
from sim.scenario.grid_specs import NO_BATTERY, Battery, GeneratedSeries, TimeOfUse, battery_of
from sim.scenario.schema import grid as schema
from sim.scenario.schema import storage

KWH_PER = {"kwh": 1.0, "mwh": 1000.0}


def tariff_of(tariff: schema.Tariff, utc_offset_h: float, desk: Desk) -> specs.Tariff:
    """What electricity costs at a site with this local time."""
    return specs.Tariff(
        energy_usd_per_kwh=_price(tariff, utc_offset_h, desk), demand_usd_per_kw_month=tariff.demand_usd_per_kw_month
    )


def _price(
    tariff: schema.Tariff, utc_offset_h: float, desk: Desk
) -> float | specs.SeriesFile | TimeOfUse | GeneratedSeries:
    if tariff.energy_usd_per_kwh is not None:
        return tariff.energy_usd_per_kwh
    if tariff.time_of_use is not None:
        return TimeOfUse(periods=tuple(tariff.periods()), utc_offset_h=utc_offset_h)
    if tariff.generated is not None:
        made, adder = tariff.generated, tariff.adder_usd_per_kwh
        spikes = (made.spikes_per_y, made.spike)
        return _generated(made, made.mean_usd_per_kwh, spikes, made.lowest, utc_offset_h, adder)
    scale = tariff.usd_per_unit / KWH_PER[tariff.per]
    return _series(tariff, ("site", "tariff"), scale, tariff.adder_usd_per_kwh, desk)


def carbon_of(carbon: schema.Carbon, utc_offset_h: float, desk: Desk) -> specs.Carbon:
    """How clean electricity is at a site with this local time."""
    intensity: float | specs.SeriesFile | GeneratedSeries
    if carbon.g_per_kwh is not None:
        intensity = carbon.g_per_kwh
    elif carbon.generated is not None:
        made = carbon.generated
        lowest = 0.0 if made.lowest is None else made.lowest
        intensity = _generated(made, made.mean_g_per_kwh, (0.0, 0.0), lowest, utc_offset_h, 0.0)
    else:
        intensity = _series(carbon, ("site", "carbon"), 1.0, 0.0, desk)
    return specs.Carbon(g_per_kwh=intensity, basis=carbon.basis, usd_per_tonne=carbon.usd_per_tonne)


def _generated(
    made: schema.GeneratedPrice | schema.GeneratedCarbon,
    mean: float,
    spikes: tuple[float, float],
    lowest: float | None,
    utc_offset_h: float,
    adder: float,
) -> GeneratedSeries:
    """Figures of a generated series; `spikes` are how many a year and how high."""
    return GeneratedSeries(
        mean=mean,
        daily=made.daily,
        half_daily=made.half_daily,
        peak_hour=made.peak_hour,
        weekend=made.weekend,
        seasonal=made.seasonal,
        peak_month=made.peak_month,
        noise=made.noise,
        memory_h=made.memory_h,
        spikes_per_y=spikes[0],
        spike=spikes[1],
        lowest=lowest,
        seed=made.seed,
        utc_offset_h=utc_offset_h,
        adder=adder,
    )


def _series(series: schema.Series, path: Route, scale: float, adder: float, desk: Desk) -> specs.SeriesFile:
    assert series.file is not None
    assert series.time_column is not None
    assert series.value_column is not None
    return specs.SeriesFile(
        path=desk.file(series.file, (*path, "file")),
        time_column=series.time_column,
        value_column=series.value_column,
        timezone=series.timezone,
        scale=scale,
        adder=adder,
        max_gap_h=series.max_gap_h,
        outside=series.outside,
    )


def battery_at(battery: storage.Battery | None, desk: Desk) -> Battery:
    """The battery that a site has in every mix; figures that it does not state are the technique's."""
    if battery is None or battery.kwh == 0.0:
        return NO_BATTERY
    technique, stated = desk.technique("battery", "any"), battery.model_dump(exclude_none=True)
    named = ("engineer_h", *(f"figures.{name}" for name in stated))
    desk.overridden.update(f"techniques.{technique.name}.{figure}" for figure in named)
    if "kw" in stated:
        desk.overridden.add(f"techniques.{technique.name}.figures.c_rate")
    return battery_of(stated, technique.figures)
