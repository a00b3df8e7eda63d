"""What every plant keeps to in any weather and at any load."""

from __future__ import annotations

from dataclasses import fields
from functools import cache

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sim.catalog import Catalogue
from sim.facility import build_plant, constant_weather
from sim.facility.air import pressure_pa, wet_bulbs_c
from sim.facility.answers import Answer
from sim.facility.colocation import Colocation
from sim.facility.plant import Built
from sim.facility.weather_table import AirColumns
from sim.protocols import Air
from sim.scenario.specs import PlantSpec

COMPUTED = (
    "chilled-water",
    "air-economiser",
    "direct-liquid",
    "direct-liquid-dry",
    "immersion",
    "legacy",
    "frontier",
)
ALL = (*COMPUTED, "colocation")
DESIGN_W = 1e6
RELATIVE = 1e-9

plants = st.sampled_from(ALL)
shares = st.floats(0.0, 1.4)
dry_bulbs = st.floats(-30.0, 48.0)
humidities = st.floats(0.02, 1.0)


@cache
def plant(name: str) -> Built:
    spec = PlantSpec(type=Catalogue.built_in().plant(name))
    return build_plant(spec, DESIGN_W, constant_weather(35.0, 0.4))


def air(dry_bulb_c: float, humidity: float, elevation_m: float = 0.0) -> Air:
    pressure = pressure_pa(elevation_m)
    wet = wet_bulbs_c(np.array([dry_bulb_c]), np.array([humidity]), np.array([pressure]))
    return Air(dry_bulb_c, float(wet[0]), humidity, pressure)


@given(plants, shares, dry_bulbs, humidities, st.floats(0.0, 2500.0))
def test_power_and_water_are_never_negative_and_pue_is_at_least_one(
    name: str, share: float, dry_bulb_c: float, humidity: float, elevation_m: float
) -> None:
    answer = plant(name).respond(share * DESIGN_W, air(dry_bulb_c, humidity, elevation_m))
    assert answer.cooling_w >= 0.0
    assert answer.losses_w >= 0.0
    assert answer.water_l_per_s >= 0.0
    assert 0.0 <= answer.free_share <= 1.0


@given(st.sampled_from(ALL), shares, dry_bulbs, humidities)
def test_all_energy_that_goes_in_leaves_the_building(
    name: str, share: float, dry_bulb_c: float, humidity: float
) -> None:
    one, it_w = plant(name), share * DESIGN_W
    answer = one.answer(it_w, air(dry_bulb_c, humidity))
    hall_losses_w = answer.losses_w
    if not isinstance(one, Colocation):
        hall_losses_w = one.chain.hall_losses_w(it_w)
        transformer_w = one.chain.transformer_loss_w(it_w + hall_losses_w + answer.cooling_w)
        assert answer.losses_w == pytest.approx(hall_losses_w + transformer_w, rel=RELATIVE)
    assert answer.rejected_w == pytest.approx(it_w + hall_losses_w + answer.cooling_w, rel=RELATIVE)


@given(st.sampled_from(COMPUTED), st.floats(0.1, 1.0), st.floats(-5.0, 38.0), humidities, st.floats(0.1, 5.0))
def test_colder_air_never_takes_more_cooling_power(
    name: str, share: float, dry_bulb_c: float, humidity: float, colder_k: float
) -> None:
    """Above -10 degC: in deeper frost, at its slowest fan, the tower correlation bends upwards by some millionths."""
    warm_air, cold_air = air(dry_bulb_c, humidity), air(dry_bulb_c - colder_k, humidity)
    assume(cold_air.wet_bulb_c <= warm_air.wet_bulb_c)  # where ice forms on the bulb, its temperature jumps
    warm = plant(name).respond(share * DESIGN_W, warm_air)
    cold = plant(name).respond(share * DESIGN_W, cold_air)
    assert cold.cooling_w <= warm.cooling_w * (1.0 + RELATIVE)
    assert cold.supply_c <= warm.supply_c + RELATIVE


@given(st.sampled_from(("chilled-water", "direct-liquid")), st.floats(0.1, 1.0), st.floats(5.0, 38.0), humidities)
def test_drier_air_of_the_same_temperature_lowers_the_pue_of_plants_with_towers(
    name: str, share: float, dry_bulb_c: float, humidity: float
) -> None:
    humid = plant(name).respond(share * DESIGN_W, air(dry_bulb_c, humidity))
    dry = plant(name).respond(share * DESIGN_W, air(dry_bulb_c, 0.7 * humidity))
    assert dry.cooling_w <= humid.cooling_w * (1.0 + RELATIVE)


@given(plants, st.floats(0.4, 1.0), st.floats(0.001, 0.4), dry_bulbs, humidities)
def test_more_load_never_takes_less_cooling_power(
    name: str, share: float, more: float, dry_bulb_c: float, humidity: float
) -> None:
    """From 40 % load up: below it, pumps at their slowest flow cool the return, and with it the free cooling."""
    outdoors, higher = air(min(dry_bulb_c, 35.0), humidity), min(share + more, 1.0)
    less = plant(name).respond(share * DESIGN_W, outdoors)
    assert plant(name).respond(higher * DESIGN_W, outdoors).cooling_w >= less.cooling_w * (1.0 - RELATIVE)


@given(plants, st.floats(0.6, 2.5), st.floats(0.001, 0.5), dry_bulbs, humidities)
def test_supply_never_gets_colder_with_more_load(
    name: str, share: float, more: float, dry_bulb_c: float, humidity: float
) -> None:
    """From 60 % load up: below it, pumps at their slowest flow narrow the range between supply and return."""
    outdoors = air(dry_bulb_c, humidity)
    less = plant(name).respond(share * DESIGN_W, outdoors)
    higher = plant(name).respond((share + more) * DESIGN_W, outdoors)
    assert higher.supply_c >= less.supply_c - 1e-6


@given(plants, shares, dry_bulbs, humidities)
def test_the_same_question_has_the_same_answer(name: str, share: float, dry_bulb_c: float, humidity: float) -> None:
    outdoors = air(dry_bulb_c, humidity)
    assert plant(name).respond(share * DESIGN_W, outdoors) == plant(name).respond(share * DESIGN_W, outdoors)


@given(plants, st.lists(st.tuples(shares, dry_bulbs, humidities), min_size=1, max_size=12))
def test_many_hours_at_once_are_answered_as_one_by_one(name: str, hours: list[tuple[float, float, float]]) -> None:
    loads = [share * DESIGN_W for share, _, _ in hours]
    airs = [air(dry_bulb_c, humidity) for _, dry_bulb_c, humidity in hours]
    columns = AirColumns(
        np.array([one.dry_bulb_c for one in airs]),
        np.array([one.wet_bulb_c for one in airs]),
        np.array([one.relative_humidity for one in airs]),
        np.array([one.pressure_pa for one in airs]),
    )
    together = plant(name).answer(np.array(loads), columns)
    for row, (it_w, outdoors) in enumerate(zip(loads, airs, strict=True)):
        alone = plant(name).answer(it_w, outdoors)
        for figure in fields(Answer):
            assert getattr(together, figure.name)[row] == pytest.approx(getattr(alone, figure.name), rel=1e-9, abs=1e-9)


@given(st.sampled_from(("direct-liquid-dry", "immersion")), shares, dry_bulbs, humidities)
def test_dry_plants_take_no_water(name: str, share: float, dry_bulb_c: float, humidity: float) -> None:
    assert plant(name).respond(share * DESIGN_W, air(dry_bulb_c, humidity)).water_l_per_s == 0.0
