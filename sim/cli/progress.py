"""How far a study is, on standard error: a bar on a terminal, otherwise a plain line every ten seconds."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import click

from sim.report.wording import duration
from sim.study.batch import Progress, Watch

LINE_EVERY_S = 10.0
ENOUGH_SHARE = 0.02  # done before the time left is told; the first runs wait for the compiler


@contextmanager
def shown_progress() -> Iterator[Watch]:
    """Gives what a study tells its progress to."""
    if sys.stderr.isatty():
        with _bar() as watch:
            yield watch
    else:
        yield _Lines()


@contextmanager
def _bar() -> Iterator[Watch]:
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:.0f} %"),
        TimeRemainingColumn(),
    )
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("starting", total=1.0)
        yield lambda progress: bars.update(task, completed=progress.share, description=_described(progress))


class _Lines:
    """Says how far the study is, at most once in ten seconds."""

    def __init__(self) -> None:
        self._started = self._said = time.monotonic()
        self._share_at_start: float | None = None

    def __call__(self, progress: Progress) -> None:
        """Tells of the progress where it is time to."""
        now = time.monotonic()
        if self._share_at_start is None:
            self._share_at_start = progress.share
        if now - self._said < LINE_EVERY_S:
            return
        self._said = now
        gained = progress.share - self._share_at_start
        known = gained > ENOUGH_SHARE
        left = f", {duration(round((now - self._started) * (1.0 - progress.share) / gained))} left" if known else ""
        click.echo(f"dcsim: {progress.share:.0%}, {_described(progress)}{left}", err=True)


def _described(progress: Progress) -> str:
    simulated = (
        f"{duration(round(progress.share * progress.simulated_s))} of {duration(progress.simulated_s)} simulated"
    )
    return simulated if progress.points == 1 else f"{progress.finished} of {progress.points} runs, {simulated}"
