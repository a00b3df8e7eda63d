"""The grid as the site sees it: prices and carbon intensity over the run.

`build_signal` makes a signal from a number, a file of the user's, a tariff by the clock, or figures to make hours from.
"""

from sim.grid.clock import Span, seconds_in_months, spans
from sim.grid.series import build_signal, negative_hours_note
from sim.grid.signals import FlatSignal, StepSignal

__all__ = ["FlatSignal", "Span", "StepSignal", "build_signal", "negative_hours_note", "seconds_in_months", "spans"]
