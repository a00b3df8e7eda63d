"""Figures of plants: the catalogue's, overridden within limits."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sim.catalog import Catalogue
from sim.errors import CatalogueError, ScenarioError
from sim.facility import build_plant, constant_weather
from sim.scenario.specs import PlantSpec

WEATHER = constant_weather(25.0, 0.5)


def build(**overrides: float) -> None:
    build_plant(PlantSpec(type=Catalogue.built_in().plant("immersion"), overrides=overrides), 1e6, WEATHER)


def test_overrides_are_refused_by_name_and_all_at_once() -> None:
    with pytest.raises(ScenarioError, match="no figure 'tank_pump_flor'; did you mean 'tank_pump_floor'") as caught:
        build(tank_pump_flor=0.5, supply_c=5.0, chiller_machines=2.5)
    told = str(caught.value)
    assert "supply_c (5) must lie in 15..60" in told
    assert "chiller_machines (2.5) must be a whole number" in told


def test_an_entry_that_lacks_a_figure_or_names_no_model_is_refused() -> None:
    entry = Catalogue.built_in().plant("immersion")
    lacking = {name: value for name, value in entry.figures.items() if name != "tank_rise_k"}
    with pytest.raises(CatalogueError, match="the figure 'tank_rise_k' is missing"):
        build_plant(PlantSpec(type=replace(entry, figures=lacking)), 1e6, WEATHER)
    with pytest.raises(CatalogueError, match="no plant model 'igloo'"):
        build_plant(PlantSpec(type=replace(entry, kind="igloo")), 1e6, WEATHER)


def test_coolant_in_tanks_gets_warmer_on_its_way_to_the_package() -> None:
    tanks = build_plant(PlantSpec(type=Catalogue.built_in().plant("immersion")), 1e6, WEATHER)
    room = build_plant(PlantSpec(type=Catalogue.built_in().plant("legacy")), 1e6, WEATHER)
    assert (tanks.liquid, tanks.fan_share, tanks.inlet_rise_c) == (True, 0.0, 10.0)
    assert (room.liquid, room.fan_share) == (False, 1.0)
    assert room.inlet_rise_c == pytest.approx(0.15 / 0.85 * 11.0)
