"""`size`: the smallest fleet of each kind of accelerator that keeps every promise, found by simulating.

Each service is sized alone, at a steady rate: its mean, and its peak. The number of replicas is found by doubling and
halving, one run each. Replicas are then packed on nodes, and the fleets run the scenario as it stands for energy and
cost.
"""

from __future__ import annotations

from sim.study.sizing.answer import Fleet, Kind, Sizing, size

__all__ = ["Fleet", "Kind", "Sizing", "size"]
