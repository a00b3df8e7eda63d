"""Hot air that comes round: published check value, closed forms, and hot racks in a run."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from made import fixed_time, hot, pool, scenario
from sim.economics import appraise
from sim.engine import simulate
from sim.engine.racks import Recirculation, rises_k_per_w, row_shares
from sim.models.power import job_tables
from sim.record.ledger import Ledger
from sim.scenario.specs import Distribution, PoissonTraffic, Pool, Racks
from sim.strategies import Plan, apply_mix

ENDLESS = PoissonTraffic(rate_per_s=50.0, service_s=Distribution(kind="constant", mean=1e6))
RACKS = Racks(nodes_per_rack=1, racks_per_row=4, rise_k=15.0, own_share=0.02, neighbour_share=0.01, row_end_share=0.1)


def planned(made: Pool, plant: str = "colocation") -> Plan:
    service = replace(fixed_time(50.0, 8 * made.nodes), traffic=ENDLESS)
    return apply_mix(scenario([service], [made], plant=plant), None)


def ran(made: Pool, plant: str = "colocation") -> Ledger:
    """All accelerators at work all the time."""
    return simulate(planned(made, plant), 1)


def test_two_servers_warm_each_other_as_published() -> None:
    rises = rises_k_per_w(np.full(2, 100.0), np.array([[0.1, 0.05], [0.05, 0.1]])) @ np.full(2, 1000.0)
    assert rises == pytest.approx([1.765, 1.765], abs=5e-4)


def test_one_rack_rises_by_the_geometric_series_of_what_comes_round() -> None:
    alone = replace(RACKS, racks_per_row=1, neighbour_share=0.0, row_end_share=0.0, own_share=0.2)
    rise_k = Recirculation(alone, 1, 9000.0).rises_k(np.full(1, 9000.0))
    assert rise_k == pytest.approx([0.2 / 0.8 * 15.0])


def test_no_share_no_rise_and_the_rise_is_linear_in_the_heat() -> None:
    none = replace(RACKS, own_share=0.0, neighbour_share=0.0, row_end_share=0.0)
    assert np.all(Recirculation(none, 7, 9000.0).rises_k(np.full(7, 9000.0)) == 0.0)
    some, heat = Recirculation(RACKS, 7, 9000.0), np.linspace(1000.0, 9000.0, 7)
    assert some.rises_k(2.0 * heat) == pytest.approx(2.0 * some.rises_k(heat))


def test_energy_that_comes_round_is_that_which_the_inlets_gained() -> None:
    shares, flow = row_shares(RACKS), np.full(4, 600.0)
    heat = np.array([9000.0, 4000.0, 0.0, 7000.0])
    rises = rises_k_per_w(flow, shares) @ heat
    outlet_rises = rises + heat / flow
    assert flow * rises == pytest.approx(shares.T @ (flow * outlet_rises), rel=1e-12)


def test_racks_at_the_ends_of_a_row_are_the_hot_ones() -> None:
    totals = ran(replace(pool(nodes=6), racks=RACKS)).pools["h100"]
    inlets = np.array(totals.rack_inlet_c)
    assert len(inlets) == len(totals.rack_hottest_c) == 6
    assert inlets[0] == max(inlets) > inlets[1] + 1.0, "the begin of the first row"
    assert inlets[3] > inlets[2] + 1.0, "and its end"
    assert np.argmax(totals.rack_hottest_c) == 0
    assert np.all(inlets >= 24.0)


def test_hot_racks_are_throttled_first() -> None:
    accelerator = pool().node.accelerator
    watts = float(job_tables(accelerator, 0.5, 0.5, None, None)[-1, 1])
    just_cool = (accelerator.thermal_air.target_c - 0.8 - 24.8) / (accelerator.thermal_air.resistance_k_per_w * watts)
    even, uneven = (
        ran(hot(replace(pool(nodes=4), racks=racks), just_cool)).pools["h100"].throttled_node_s
        for racks in (None, RACKS)
    )
    assert even == 0.0
    assert 0.0 < uneven <= 2.0 * 900.0, "two of the four stand at the ends"


def test_the_result_shows_racks_only_where_they_are_stated() -> None:
    plain, stated = planned(pool(nodes=4)), planned(replace(pool(nodes=4), racks=RACKS))
    assert "racks" not in appraise(plain, simulate(plain, 1), 1)
    shown = appraise(stated, simulate(stated, 1), 1)["racks"]
    assert isinstance(shown, dict)
    assert len(shown["h100"]["inlet_c"]) == 4


def test_water_does_not_come_round() -> None:
    plain, stated = (ran(replace(pool(nodes=4), racks=racks), "direct-liquid") for racks in (None, RACKS))
    assert np.array_equal(plain.meter.hottest_c, stated.meter.hottest_c)
    assert stated.pools["h100"].rack_inlet_c == ()


def test_the_warm_up_is_not_in_what_racks_show() -> None:
    service = replace(fixed_time(50.0, 8), traffic=ENDLESS)
    made = scenario([service], [replace(pool(), racks=RACKS)], warmup_s=300.0)
    totals = simulate(apply_mix(made, None), 1).pools["h100"]
    assert totals.rack_hottest_c[0] == totals.hottest_c
