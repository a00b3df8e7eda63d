"""The four families of measures, and how a mix of them turns a scenario into the plan of one run.

A mix is applied once, before the run: measures rewrite what is deployed, how pools are set and which plant cools them,
and name the controllers that react during the run. Each measure is one file in the folder of its family.
"""

from __future__ import annotations

from sim.strategies.apply import apply_mix, catalogue_of
from sim.strategies.plan import Deployment, Plan, PoolPlan, UpFront

__all__ = ["Deployment", "Plan", "PoolPlan", "UpFront", "apply_mix", "catalogue_of"]
