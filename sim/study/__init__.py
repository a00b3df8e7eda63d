"""Studies: one run, a comparison of mixes, a sweep; their statistics, their store and the processes that do the work.

Called by `sim.cli` and by users from Python. A study gives plain result objects; `sim.report` turns them into tables
and charts. The engine is imported when the first point is simulated, not before.
"""

from sim.study.comparing import compare
from sim.study.comparison import Comparison
from sim.study.point import Run
from sim.study.running import run
from sim.study.sweeping import Sweep, sweep

__all__ = ["Comparison", "Run", "Sweep", "compare", "run", "sweep"]
