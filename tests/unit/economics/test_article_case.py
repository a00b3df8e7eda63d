"""The worked case of the article that defines total cost and total efficiency (docs/cost-and-efficiency.md)."""

from __future__ import annotations

import pytest

from sim.economics import total_cost, total_efficiency
from sim.strategies.plan import Family

COSTS: dict[Family, float] = {"compute": 10_000.0, "algorithm": 5_000.0, "efficiency": 2_000.0, "vertical": 3_000.0}
EFFICIENCIES: dict[Family, float] = {"compute": 0.8, "algorithm": 0.9, "efficiency": 0.85, "vertical": 0.95}


def test_total_cost_is_the_sum_of_the_four() -> None:
    assert total_cost(COSTS) == 20_000.0


def test_total_efficiency_is_the_product_of_the_four_not_what_is_printed() -> None:
    assert total_efficiency(EFFICIENCIES) == pytest.approx(0.58140, abs=1e-12)
    assert total_efficiency(EFFICIENCIES) != pytest.approx(0.5792, abs=1e-3)


def test_ratios_of_costs_do_not_give_the_efficiencies_of_the_case() -> None:
    ratios = [COSTS[family] / COSTS["compute"] for family in ("algorithm", "efficiency", "vertical")]
    assert ratios == [0.5, 0.2, 0.3]
    assert ratios != [EFFICIENCIES[family] for family in ("algorithm", "efficiency", "vertical")]
