"""Conversion stages of cabinets on direct current."""

from __future__ import annotations

import pytest

from sim.catalog import Catalogue
from sim.facility import build_plant, constant_weather
from sim.facility.conversion import ConversionStages
from sim.facility.direct_liquid import DirectLiquid
from sim.facility.loops import WaterLoop
from sim.scenario.specs import PlantSpec

NODES = 9472
SWITCHES_W = 592e3
DESIGN_W = NODES * 2704.26 + SWITCHES_W


def frontier() -> tuple[DirectLiquid, ConversionStages]:
    plant = build_plant(PlantSpec(type=Catalogue.built_in().plant("frontier")), DESIGN_W, constant_weather(20.0, 0.5))
    assert isinstance(plant, DirectLiquid)
    assert isinstance(plant.chain, ConversionStages)
    return plant, plant.chain


def test_the_plant_of_frontier_has_as_many_nodes_as_the_computer() -> None:
    _, chain = frontier()
    assert chain.nodes == pytest.approx(NODES, rel=1e-4)
    assert chain.unconverted_w == pytest.approx(SWITCHES_W, rel=1e-3)


# direct current of a node W, behind the rectifier W, whole machine MW
@pytest.mark.parametrize(
    ("node_w", "rectified_w", "machine_mw"),
    [(626.26, 683.91, 7.282), (1665.26, 1788.29, 17.743), (2704.26, 2892.67, 28.203)],
)
def test_the_stages_give_the_known_power_of_the_machine(node_w: float, rectified_w: float, machine_mw: float) -> None:
    """Nodes, stages, switches and distribution units, as in the published configuration."""
    plant, chain = frontier()
    nodes_w = NODES * node_w
    losses_w = chain.hall_losses_w(nodes_w + SWITCHES_W)
    assert (nodes_w + losses_w) / NODES == pytest.approx(rectified_w, rel=1e-4)
    liquid_w = plant.liquid_share * (nodes_w + SWITCHES_W + losses_w)
    assert isinstance(plant.liquid_side, WaterLoop)
    pump = plant.liquid_side.pump
    pumps_w = pump.power_w(pump.flow(liquid_w / DESIGN_W))
    assert pumps_w == pytest.approx(25 * 8473.47, rel=0.02)
    assert (nodes_w + SWITCHES_W + losses_w + pumps_w) / 1e6 == pytest.approx(machine_mw, rel=4e-3)


def test_a_machine_that_draws_nothing_still_loses_what_is_fixed() -> None:
    _, chain = frontier()
    fixed_w = chain.nodes * (13.0 / 0.98 / 0.96 + 17.0 / 4.0 / 0.96)
    assert chain.hall_losses_w(0.0) == pytest.approx(fixed_w)
