"""A hall whose PUE is an input."""

from __future__ import annotations

import pytest

from sim.catalog.entries import PlantType
from sim.errors import CatalogueError, ScenarioError
from sim.facility import Facility, build_plant, constant_weather
from sim.scenario.specs import PlantSpec

FIGURES = {"pue": 1.4, "loss_share": 0.25, "supply_c": 24.0, "wue_l_per_kwh": 1.8, "inlet_rise_k": 0.8}
WEATHER = constant_weather(30.0, 0.5)


def hall(overrides: dict[str, float] | None = None, figures: dict[str, float] | None = None) -> Facility:
    spec = PlantSpec(
        type=PlantType(name="colocation", kind="colocation", figures=figures or FIGURES), overrides=overrides or {}
    )
    return build_plant(spec, 1e6, WEATHER)


@pytest.mark.parametrize("it_w", [0.0, 1e5, 1e6])
def test_facility_power_is_the_stated_pue_times_it_at_every_load(it_w: float) -> None:
    answer = hall().respond(it_w, WEATHER.air(0.0))
    assert it_w + answer.cooling_w + answer.losses_w == pytest.approx(1.4 * it_w, rel=1e-12)
    assert answer.losses_w == pytest.approx(0.25 * 0.4 * it_w)


def test_stated_figures_are_marked_as_input() -> None:
    plant = hall({"pue": 1.2})
    assert plant.stated_pue == 1.2


def test_water_is_the_stated_litres_per_kwh_of_it() -> None:
    answer = hall().respond(1e6, WEATHER.air(0.0))
    assert answer.water_l_per_s * 3600.0 == pytest.approx(1.8 * 1000.0)


def test_a_pue_below_one_is_refused_with_what_is_allowed() -> None:
    with pytest.raises(ScenarioError, match=r"pue \(0.9\) must lie in 1..5"):
        hall({"pue": 0.9})


def test_an_unknown_override_names_the_nearest_figure() -> None:
    with pytest.raises(ScenarioError, match="'suply_c'; did you mean 'supply_c'"):
        hall({"suply_c": 20.0})


def test_an_entry_without_a_figure_is_a_fault_of_the_catalogue() -> None:
    with pytest.raises(CatalogueError, match="'pue' is missing"):
        hall(figures={name: value for name, value in FIGURES.items() if name != "pue"})


def test_a_kind_without_a_model_is_refused() -> None:
    spec = PlantSpec(type=PlantType(name="igloo", kind="igloo", figures={}))
    with pytest.raises(CatalogueError, match="no plant model 'igloo'"):
        build_plant(spec, 1e6, WEATHER)
