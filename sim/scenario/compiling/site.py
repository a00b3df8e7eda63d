"""Site and economics: weather, tariff, carbon, plant, prices."""

from __future__ import annotations

from datetime import datetime

from sim.scenario import specs
from sim.scenario.compiling.desk import Desk
from sim.scenario.compiling.grid import battery_at, carbon_of, tariff_of
from sim.scenario.schema import site as schema
from sim.units import S_PER_H, W_PER_KW


def site_of(site: schema.Site, start: datetime, desk: Desk) -> specs.Site:
    """The site of a scenario that starts at an aware instant."""
    offset = start.utcoffset()
    assert offset is not None
    utc_offset_h = offset.total_seconds() / S_PER_H if site.utc_offset_h is None else site.utc_offset_h
    return specs.Site(
        utc_offset_h=utc_offset_h,
        elevation_m=site.elevation_m,
        weather=_weather(site.weather, desk),
        tariff=tariff_of(site.tariff, utc_offset_h, desk),
        carbon=carbon_of(site.carbon, utc_offset_h, desk),
        water_usd_per_m3=site.water_usd_per_m3,
        power_limit_w=None if site.power_limit_kw is None else site.power_limit_kw * W_PER_KW,
        plant=plant_spec(site.plant, desk),
        battery=battery_at(site.battery, desk),
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
