"""Yearly cost of 1 GW of GB200 NVL72 as published by Epoch AI (2026, CC-BY): 8.5 billion USD a year at a 5-year life.

Published: 38 billion USD of capital, 0.9 billion a year to run, 5 billion a year (60 %) for servers that live 5 years,
a facility that lives 14; about 12 and 7 billion a year where servers live 3 and 7. The capital of the servers follows
from their yearly cost at 8 %; straight-line depreciation cannot give the totals, since 38 / 5 alone is 7.6.
"""

from __future__ import annotations

import pytest

from sim.economics import capital_recovery_factor

RATE, CAPITAL, RUNNING = 0.08, 38.0, 0.9  # billion USD, a year
SERVERS = 5.0 / capital_recovery_factor(RATE, 5.0)


@pytest.mark.parametrize(("server_life_y", "published"), [(3.0, 12.0), (5.0, 8.5), (7.0, 7.0)])
def test_yearly_cost_is_the_published_one_within_ten_percent(server_life_y: float, published: float) -> None:
    servers = SERVERS * capital_recovery_factor(RATE, server_life_y)
    total = servers + (CAPITAL - SERVERS) * capital_recovery_factor(RATE, 14.0) + RUNNING
    assert total == pytest.approx(published, rel=0.10)


def test_servers_take_about_sixty_percent() -> None:
    total = 5.0 + (CAPITAL - SERVERS) * capital_recovery_factor(RATE, 14.0) + RUNNING
    assert 0.55 <= 5.0 / total <= 0.65
