"""What a run is worth: the ledger of the engine turned into cost C, efficiency E, energy, carbon and promises kept.

`appraise` gives the whole result; `total_cost` and `total_efficiency` are the two definitions at its heart.
"""

from __future__ import annotations

from sim.economics.capital import capital_recovery_factor, hourly_price
from sim.economics.costs import CostLine, total_cost
from sim.economics.efficiency import total_efficiency
from sim.economics.leanness import Leanness
from sim.economics.summary import appraise, leanness_of

__all__ = [
    "CostLine",
    "Leanness",
    "appraise",
    "capital_recovery_factor",
    "hourly_price",
    "leanness_of",
    "total_cost",
    "total_efficiency",
]
