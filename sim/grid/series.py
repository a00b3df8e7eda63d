"""From a number or a file to a signal."""

from __future__ import annotations

from datetime import datetime

from sim.errors import Problem, SeriesError
from sim.grid.signals import FlatSignal
from sim.protocols import Signal
from sim.scenario.specs import SeriesFile


def build_signal(
    value: float | SeriesFile, start: datetime, horizon_s: float, what: str
) -> tuple[Signal, tuple[str, ...]]:
    """A signal over [0, horizon_s] from `start` (aware), and what to warn of; `what` names it in messages.

    Raises SeriesError.
    """
    if isinstance(value, SeriesFile):
        raise SeriesError(Problem(f"{what}: files are not read yet", file=str(value.path)))
    return FlatSignal(value), ()
