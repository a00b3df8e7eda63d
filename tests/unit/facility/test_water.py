"""Water taken by evaporation."""

from __future__ import annotations

import pytest

from sim.facility.water import MakeUp, evaporated_kg_per_j
from sim.protocols import Air

SEA_PA = 101_325.0
# dry bulb degC, humidity, pressure Pa, exit degC -> kg per kWh of heat
STATES = [
    (35.0, 0.30, SEA_PA, 30.0, 1.601),
    (30.0, 0.50, SEA_PA, 30.0, 1.408),
    (27.0, 0.85, SEA_PA, 31.0, 1.205),
    (20.0, 0.60, SEA_PA, 26.0, 1.186),
    (10.0, 0.50, SEA_PA, 24.0, 1.033),
    (0.0, 0.70, SEA_PA, 20.0, 0.854),
    (10.0, 0.40, 83_000.0, 24.0, 1.100),
]


@pytest.mark.parametrize("state", STATES)
def test_evaporation_of_known_states(state: tuple[float, float, float, float, float]) -> None:
    dry_bulb_c, humidity, pressure_pa, exit_c, kg_per_kwh = state
    air = Air(dry_bulb_c, dry_bulb_c, humidity, pressure_pa)
    assert evaporated_kg_per_j(air, exit_c) * 3.6e6 == pytest.approx(kg_per_kwh, abs=0.002)


def test_blow_down_keeps_the_cycles_of_concentration() -> None:
    assert MakeUp(5.0, 0.0).l_per_s(1.0, 100.0) == pytest.approx(1.25)


def test_drift_counts_towards_the_blow_down_until_it_exceeds_it() -> None:
    assert MakeUp(5.0, 0.001).l_per_s(1.0, 100.0) == pytest.approx(1.25)
    assert MakeUp(5.0, 0.01).l_per_s(1.0, 100.0) == pytest.approx(2.0)
