"""The grid as the site sees it: prices and carbon intensity over the run.

`build_signal` makes a signal from a number or from a file of the user's.
"""

from sim.grid.series import build_signal
from sim.grid.signals import FlatSignal, StepSignal

__all__ = ["FlatSignal", "StepSignal", "build_signal"]
