"""Site and economics: weather, tariff, carbon, plant, prices."""

from __future__ import annotations

from datetime import datetime

from sim.document import Route
from sim.scenario import specs
from sim.scenario.compiling.desk import Desk
from sim.scenario.schema import site as schema
from sim.units import S_PER_H, W_PER_KW

KWH_PER = {"kwh": 1.0, "mwh": 1000.0}


def site_of(site: schema.Site, start: datetime, desk: Desk) -> specs.Site:
    """The site of a scenario that starts at an aware instant."""
    offset = start.utcoffset()
    assert offset is not None
    return specs.Site(
        utc_offset_h=offset.total_seconds() / S_PER_H if site.utc_offset_h is None else site.utc_offset_h,
        elevation_m=site.elevation_m,
        weather=_weather(site.weather, desk),
        tariff=_tariff(site.tariff, desk),
        carbon=_carbon(site.carbon, desk),
        water_usd_per_m3=site.water_usd_per_m3,
        power_limit_w=None if site.power_limit_kw is None else site.power_limit_kw * W_PER_KW,
        plant=plant_spec(site.plant, desk),
    )


def plant_spec(choice: schema.PlantChoice, desk: Desk) -> specs.PlantSpec:
    """A plant with the scenario's overrides."""
    desk.overridden.update(f"plants.{choice.preset}.figures.{name}" for name in choice.overrides)
    return specs.PlantSpec(type=desk.plant(choice.preset), overrides=dict(choice.overrides))


def economics_of(economics: schema.Economics) -> specs.Economics:
    """Prices; they are in the same units on both sides."""
    return specs.Economics(**economics.model_dump())


def _weather(weather: schema.Weather, desk: Desk) -> specs.WeatherSource:
    return specs.WeatherSource(
        dry_bulb_c=weather.dry_bulb_c,
        relative_humidity=weather.relative_humidity,
        preset=weather.preset,
        file=None if weather.file is None else desk.file(weather.file, ("site", "weather", "file")),
        format=weather.format,
    )


def _tariff(tariff: schema.Tariff, desk: Desk) -> specs.Tariff:
    scale = tariff.usd_per_unit / KWH_PER[tariff.per]
    flat = tariff.energy_usd_per_kwh
    price = flat if flat is not None else _series(tariff, ("site", "tariff"), scale, tariff.adder_usd_per_kwh, desk)
    return specs.Tariff(energy_usd_per_kwh=price, demand_usd_per_kw_month=tariff.demand_usd_per_kw_month)


def _carbon(carbon: schema.Carbon, desk: Desk) -> specs.Carbon:
    flat = carbon.g_per_kwh
    return specs.Carbon(
        g_per_kwh=flat if flat is not None else _series(carbon, ("site", "carbon"), 1.0, 0.0, desk),
        basis=carbon.basis,
        usd_per_tonne=carbon.usd_per_tonne,
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
