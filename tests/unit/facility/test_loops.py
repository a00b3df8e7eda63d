"""Water loops: the integrated economiser, chillers behind it, what happens where both are too small."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from sim.catalog import Catalogue
from sim.facility.coolers import OpenAir
from sim.facility.loops import FARTHEST_K, WaterLoop
from sim.facility.towers import Tower
from sim.protocols import Air

DESIGN_AIR = Air(35.0, 25.0, 0.4, 101_325.0)
HEAT_W = 1e6


def air(wet_bulb_c: float) -> Air:
    return Air(wet_bulb_c + 8.0, wet_bulb_c, 0.5, 101_325.0)


def loop(supply_c: float = 18.0, **others: float) -> WaterLoop:
    figures: Mapping[str, float] = {**Catalogue.built_in().plant("chilled-water").figures, **others}
    return WaterLoop.sized("chilled", figures, HEAT_W, supply_c, DESIGN_AIR)


@pytest.mark.parametrize("wet_bulb_c", [5.0, 14.0, 17.0, 19.0, 21.0, 24.0])
def test_the_economiser_takes_its_published_share_of_the_return(wet_bulb_c: float) -> None:
    """T_pre = max(T_chw, T_tower + 1.5), f = (T_return - T_pre) / (T_return - T_chw) within 0..1."""
    one = loop()
    assert isinstance(one.cooler, Tower)
    load_w = HEAT_W + one.pump.full_w
    return_c = 18.0 + load_w / (one.design_w / one.rise_k)
    full_speed_c = one.cooler.design_leaving_c(wet_bulb_c)  # at design load
    before_c = max(18.0, full_speed_c + 1.5)
    free = min(max((return_c - before_c) / (return_c - 18.0), 0.0), 1.0)
    state = one.carry(HEAT_W, 18.0, air(wet_bulb_c))
    assert 1.0 - state.chilled_share == pytest.approx(free, abs=0.02)  # the tower is a little below its load


def test_a_loop_without_economiser_chills_everything_in_any_cold() -> None:
    state = loop(chilled_economiser_share=0.0).carry(HEAT_W, 18.0, air(-10.0))
    assert state.chilled_share == 1.0


def test_where_cooler_and_chillers_are_too_small_the_water_gets_warmer_until_they_are_not() -> None:
    small = loop(chilled_chiller_share=0.4)
    state = small.carry(HEAT_W, 18.0, air(24.0))
    assert 18.0 < state.supply_c < 40.0
    assert state.rejected_w == pytest.approx(HEAT_W + state.power_w, rel=1e-12)


def test_a_packaged_chiller_has_nothing_but_its_compressor() -> None:
    figures = Catalogue.built_in().plant("air-economiser").figures
    packaged = WaterLoop.sized("backup", figures, HEAT_W, 21.0, DESIGN_AIR)
    assert isinstance(packaged.cooler, OpenAir)
    state = packaged.carry(HEAT_W, 21.0, DESIGN_AIR)
    assert (state.supply_c, state.chilled_share, state.water_l_per_s) == (21.0, 1.0, 0.0)
    assert state.rejected_w == pytest.approx(HEAT_W + state.power_w, rel=1e-12)


def test_a_machine_that_gains_nothing_from_warmer_water_leaves_it_at_the_end_of_the_range() -> None:
    figures = {**Catalogue.built_in().plant("air-economiser").figures, "chiller_capacity_gain_per_k": 0.0}
    packaged = WaterLoop.sized("backup", figures, HEAT_W, 21.0, DESIGN_AIR)
    assert packaged.carry(3.0 * HEAT_W, 21.0, DESIGN_AIR).supply_c == pytest.approx(21.0 + FARTHEST_K)
