"""A plant over a year without a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.errors import CatalogueError, ScenarioError, SeriesError, UsageError
from sim.study.surveying import FacilityYear, survey_facility


def year(plant: str = "chilled-water", weather: str = "temperate", **others: float) -> FacilityYear:
    return survey_facility(plant=plant, weather=weather, it_kw=1000.0, **others)  # type: ignore[arg-type]


def test_the_energy_of_the_year_closes_and_the_months_add_up_to_it() -> None:
    found = year()
    told = found.to_json()
    energy = told["energy_kwh"]
    assert isinstance(energy, dict)
    assert energy["it"] == pytest.approx(750.0 * 8760)
    assert energy["facility"] == pytest.approx(energy["it"] + energy["cooling"] + energy["losses"], rel=1e-12)
    assert told["pue"] == pytest.approx(energy["facility"] / energy["it"], rel=1e-12)
    assert found.year.monthly_facility_j.sum() == pytest.approx(found.year.facility_j, rel=1e-12)
    assert found.year.monthly_water_l.sum() == pytest.approx(found.year.water_l, rel=1e-12)
    assert found.year.monthly_it_j[1] == pytest.approx(750e3 * 28 * 86_400.0)


def test_every_hour_has_its_mode() -> None:
    for plant in ("chilled-water", "air-economiser", "legacy"):
        hours = year(plant).year.hours
        assert hours is not None
        assert hours.free + hours.partial + hours.mechanical == 8760


def test_tue_counts_fans_and_supplies_of_the_nodes_as_overhead() -> None:
    air, plates, tanks = (year(plant).itue for plant in ("chilled-water", "direct-liquid", "immersion"))
    boards_w = 8 * 700.0 + 600.0 + 650.0
    assert air == pytest.approx((boards_w + 1150.0) / boards_w / 0.956, rel=5e-3)
    assert air > plates > tanks > 1.0


def test_nodes_of_a_plant_on_direct_current_have_neither_fans_nor_supplies() -> None:
    assert survey_facility(plant="frontier", weather="temperate", it_kw=26_207, node="frontier-node").itue == 1.0


def test_a_warmer_set_point_takes_less_energy_and_more_hours_of_free_cooling() -> None:
    cool, warm = year(supply_c=20.0), year(supply_c=27.0)
    assert (cool.supply_c, warm.supply_c) == (20.0, 27.0)
    assert warm.pue < cool.pue
    assert warm.year.hours is not None
    assert cool.year.hours is not None
    assert warm.year.hours.free > cool.year.hours.free


def test_a_stated_pue_has_no_hours_and_says_that_it_is_an_input() -> None:
    found = year("colocation")
    assert found.to_json()["hours"] == {"free_cooling": None, "partial": None, "mechanical": None}
    assert found.pue == pytest.approx(1.4)
    assert any("an input of this plant" in text for text in found.warnings)


def test_weather_beyond_a_correlation_and_warm_supply_are_counted(tmp_path: Path) -> None:
    catalogue = tmp_path / "mine.yaml"
    catalogue.write_text("plants: {}\n")
    found = survey_facility(plant="direct-liquid", weather="tropical", it_kw=500.0, load=1.0, catalogue=catalogue)
    assert any("hours the plant supplies more than 32 degC" in text for text in found.warnings)


def test_what_cannot_be_is_refused_by_name() -> None:
    with pytest.raises(CatalogueError, match="chilled-watr"):
        year("chilled-watr")
    with pytest.raises(ScenarioError, match="no weather preset 'temperat'; did you mean 'temperate'"):
        year(weather="temperat")
    with pytest.raises(SeriesError, match="no such weather file"):
        year(weather="nowhere.epw")
    with pytest.raises(ScenarioError, match="supply_c"):
        year(supply_c=90.0)
    for load in (0.0, 1.2, float("nan")):
        with pytest.raises(UsageError, match="load"):
            year(load=load)
