"""Halls on outdoor air with mechanical back-up."""

from __future__ import annotations

import pytest

from sim.catalog import Catalogue
from sim.facility import build_plant, constant_weather
from sim.facility.air_economiser import AirEconomiser
from sim.protocols import Air
from sim.scenario.specs import PlantSpec

IT_W = 1e6
DRY_HEAT = constant_weather(38.0, 0.1)


def hall(**overrides: float) -> AirEconomiser:
    plant = build_plant(
        PlantSpec(type=Catalogue.built_in().plant("air-economiser"), overrides=overrides), IT_W, DRY_HEAT
    )
    assert isinstance(plant, AirEconomiser)
    return plant


def air(dry_bulb_c: float, humidity: float) -> Air:
    return constant_weather(dry_bulb_c, humidity).air(0.0)


def test_cool_air_needs_fans_alone() -> None:
    plant, answer = hall(), hall().respond(0.75 * IT_W, air(15.0, 0.6))
    share = (0.75 * IT_W + plant.chain.hall_losses_w(0.75 * IT_W)) / plant.design_w
    assert answer.cooling_w == pytest.approx(plant.fan.full_w * share**3)
    assert (answer.free_share, answer.supply_c, answer.water_l_per_s) == (1.0, 27.0, 0.0)


def test_humid_air_leaves_all_heat_to_the_chillers_and_takes_no_water() -> None:
    answer = hall().respond(0.75 * IT_W, air(25.0, 0.9))
    assert (answer.free_share, answer.water_l_per_s) == (0.0, 0.0)
    assert answer.cooling_w > 2.0 * hall().respond(0.75 * IT_W, air(15.0, 0.6)).cooling_w


def test_evaporation_saves_the_compressor_in_dry_heat_and_costs_water() -> None:
    heat = air(38.0, 0.1)
    wet, dry = hall().respond(IT_W, heat), hall(evaporative_effectiveness=0.0).respond(IT_W, heat)
    assert wet.free_share > dry.free_share
    assert wet.cooling_w < dry.cooling_w
    assert wet.water_l_per_s > 0.0
    assert dry.water_l_per_s == 0.0


def test_water_of_the_stage_is_what_cooling_the_air_evaporates_and_blow_down() -> None:
    """12 K less in the air that carries 1 MW at 15 K takes up about 1 MW * 12 / 15 of latent heat."""
    answer = hall(dew_point_lowest_c=-60.0).respond(IT_W, air(38.0, 0.1))
    litres_per_s = IT_W * 12.0 / 15.0 / 2.43e6 * 5.0 / 4.0
    assert answer.water_l_per_s == pytest.approx(litres_per_s, rel=0.15)


def test_the_back_up_carries_the_hall_on_the_design_day_without_outdoor_air() -> None:
    assert hall(dew_point_highest_c=0.0).respond(IT_W, DRY_HEAT.design_air).supply_c == 27.0
    assert hall().warnings == ()


def test_a_back_up_that_is_too_small_lets_the_hall_get_warmer() -> None:
    plant = hall(backup_chiller_share=0.3)
    answer = plant.respond(IT_W, air(30.0, 0.9))
    assert answer.supply_c > 30.0
