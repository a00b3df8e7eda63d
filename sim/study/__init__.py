"""Studies: one run, a comparison of mixes, a sweep, an estimate; their statistics, store and worker processes.

Called by `sim.cli` and by users from Python. A study gives plain result objects; `sim.report` turns them into tables
and charts. Names are imported at first use, since checking a scenario needs none of them, and the engine only when
the first point is simulated.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.study.choosing.choice import Choice
    from sim.study.choosing.choose import choose
    from sim.study.comparing import compare
    from sim.study.comparison import Comparison
    from sim.study.estimating import Estimate, estimate
    from sim.study.point import Run
    from sim.study.running import run
    from sim.study.sweeping import Sweep, sweep

__all__ = ["Choice", "Comparison", "Estimate", "Run", "Sweep", "choose", "compare", "estimate", "run", "sweep"]
HOMES = {
    "Choice": "sim.study.choosing.choice",
    "Comparison": "sim.study.comparison",
    "Estimate": "sim.study.estimating",
    "Run": "sim.study.point",
    "Sweep": "sim.study.sweeping",
    "choose": "sim.study.choosing.choose",
    "compare": "sim.study.comparing",
    "estimate": "sim.study.estimating",
    "run": "sim.study.running",
    "sweep": "sim.study.sweeping",
}


def __getattr__(name: str) -> object:
    if name in HOMES:
        return getattr(import_module(HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
