"""Whole years of the plants against published bands and a reference plant of the same parts (75 % of design load)."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from sim.catalog import Catalogue
from sim.facility import Weather, build_plant, load_weather
from sim.scenario.specs import PlantSpec, WeatherSource
from sim.units import J_PER_KWH

H = 3600.0
YEAR_H = 8760
DESIGN_W = 1e6
DALLAS = "openmeteo_US-TEX-ERCO_2023.json.gz"
SINGAPORE = "openmeteo_SG_2023.json.gz"


def weather_of(folder: Path, file: str, offset_h: float, start: str = "2023-01-01", hours: int = YEAR_H) -> Weather:
    source = WeatherSource(file=folder / "weather" / file)
    return load_weather(source, datetime.fromisoformat(f"{start}T12:00:00+00:00"), hours * H, offset_h, None)


def year(plant: str, weather: Weather, load: float = 0.75, hours: int = YEAR_H) -> tuple[float, float]:
    """PUE, and water per IT energy [L/kWh]."""
    one = build_plant(PlantSpec(type=Catalogue.built_in().plant(plant)), DESIGN_W, weather)
    it_w = load * DESIGN_W
    answers = [one.respond(it_w, weather.air(hour * H)) for hour in range(hours)]
    overhead = sum(answer.cooling_w + answer.losses_w for answer in answers) / (it_w * hours)
    water = sum(answer.water_l_per_s for answer in answers) / (it_w * hours) * J_PER_KWH
    return 1.0 + overhead, water


# file, UTC offset, PUE bands of chilled water and of direct liquid
BANDS = [
    (SINGAPORE, 8.0, (1.18, 1.30), (1.06, 1.12)),
    ("12839_Miami_FL.tm2.gz", -5.0, (1.14, 1.26), (1.06, 1.11)),
    ("USA_NY_New.York-J.F.Kennedy.Intl.AP.744860_TMY3.epw.gz", -5.0, (1.10, 1.18), (1.06, 1.10)),
    ("USA_AZ_Davis-Monthan.AFB.722745_TMY3.epw.gz", -7.0, (1.10, 1.18), (1.06, 1.10)),
]


@pytest.mark.parametrize(("file", "offset_h", "chilled", "liquid"), BANDS)
def test_the_pue_of_a_year_lies_in_the_published_band(
    shared_data: Path, file: str, offset_h: float, chilled: tuple[float, float], liquid: tuple[float, float]
) -> None:
    weather = weather_of(shared_data, file, offset_h)
    assert chilled[0] <= year("chilled-water", weather)[0] <= chilled[1]
    assert liquid[0] <= year("direct-liquid", weather)[0] <= liquid[1]


def test_part_load_is_far_worse_and_best_near_the_middle(shared_data: Path) -> None:
    """Reference sweep in Singapore: 1.452, 1.245, 1.180, 1.205, 1.247."""
    weather = weather_of(shared_data, SINGAPORE, 8.0)
    sweep = [year("chilled-water", weather, load)[0] for load in (0.1, 0.25, 0.5, 0.75, 1.0)]
    assert sweep == pytest.approx([1.452, 1.245, 1.180, 1.205, 1.247], abs=0.07)
    assert min(sweep) == sweep[2]


def test_a_july_in_dallas_takes_more_than_a_january(shared_data: Path) -> None:
    for plant in ("chilled-water", "direct-liquid", "direct-liquid-dry"):
        hot, _ = year(plant, weather_of(shared_data, DALLAS, -6.0, "2023-07-15", 24), hours=24)
        cold, _ = year(plant, weather_of(shared_data, DALLAS, -6.0, "2023-01-15", 24), hours=24)
        assert hot > cold + 0.004


def test_water_of_towers_is_about_what_the_heat_evaporates_and_none_where_coolers_are_dry(shared_data: Path) -> None:
    """Fully latent with blow-down at five cycles: 1.85 L per kWh of heat; cold air takes part of it as sensible."""
    weather = weather_of(shared_data, "USA_NY_New.York-J.F.Kennedy.Intl.AP.744860_TMY3.epw.gz", -5.0)
    assert 1.1 < year("chilled-water", weather)[1] < 1.9
    assert year("direct-liquid-dry", weather)[1] == 0.0
