"""Warmer supply of the plant that is there: less cooling power, warmer accelerators."""

from __future__ import annotations

from dataclasses import asdict, replace

import numpy as np
import pytest

from made import CATALOGUE, at_site, chat, measure, pool, scenario
from sim.engine import simulate
from sim.errors import ScenarioError
from sim.record.ledger import Ledger
from sim.scenario.specs import Measure, PlantSpec, Scenario, WeatherSource
from sim.strategies import apply_mix


def site(plant: str) -> Scenario:
    made = scenario([chat(100.0, 8)], [pool()], plant=plant, horizon_s=1800.0)
    return at_site(made, weather=WeatherSource(dry_bulb_c=28.0, relative_humidity=0.6))


def ran(made: Scenario, *measures: Measure) -> Ledger:
    return simulate(apply_mix(replace(made, mixes=(replace(made.mixes[0], measures=measures),)), None), 1)


def at(supply_c: float) -> Measure:
    return measure("energy", "supply_c", supply_c=supply_c)


@pytest.mark.parametrize(("plant", "cool_c", "warm_c"), [("chilled-water", 18.0, 27.0), ("direct-liquid", 33.0, 43.0)])
def test_a_warmer_supply_takes_less_cooling_and_warms_the_accelerators(
    plant: str, cool_c: float, warm_c: float
) -> None:
    cool, warm = ran(site(plant), at(cool_c)), ran(site(plant), at(warm_c))
    assert warm.meter.cooling_w[-1] < 0.95 * cool.meter.cooling_w[-1]
    rise_c = warm.pools["h100"].hottest_c - cool.pools["h100"].hottest_c
    assert rise_c == pytest.approx(warm_c - cool_c, abs=1.0)


def test_chillers_gain_two_to_five_percent_of_their_power_per_kelvin() -> None:
    """The rule of thumb of facility engineers (1-3 % per degree Fahrenheit), from the lift alone."""
    powers = [ran(site("chilled-water"), at(supply_c)).meter.cooling_w[-1] for supply_c in (20.0, 21.0)]
    assert 0.01 < 1.0 - powers[1] / powers[0] < 0.06


def test_the_set_point_is_that_of_the_plant_with_this_supply() -> None:
    made = site("chilled-water")
    plant = PlantSpec(type=made.site.plant.type, overrides={"supply_c": 26.0})
    by_plant, by_point = ran(made, measure("energy", "plant", plant=plant)), ran(made, at(26.0))
    np.testing.assert_equal(asdict(by_point.meter), asdict(by_plant.meter))
    upfront = [
        apply_mix(replace(made, mixes=(replace(made.mixes[0], measures=(each,)),)), None).upfront[0].engineer_h
        for each in (measure("energy", "plant", plant=plant), at(26.0))
    ]
    assert upfront[0] == upfront[1] > 0.0


def test_the_set_point_that_is_there_changes_nothing_and_costs_nothing() -> None:
    made = site("chilled-water")
    same = at(made.site.plant.type.figures["supply_c"])
    plain, still = ran(made), ran(made, same)
    np.testing.assert_equal(asdict(still.meter), asdict(plain.meter))
    plan = apply_mix(replace(made, mixes=(replace(made.mixes[0], measures=(same,)),)), None)
    assert plan.upfront[0].engineer_h == 0.0


def test_a_plant_with_a_stated_pue_has_no_set_point_to_move() -> None:
    assert "pue" in CATALOGUE.plant("colocation").figures
    with pytest.raises(ScenarioError, match="'colocation' has a stated PUE"):
        ran(site("colocation"), at(27.0))
