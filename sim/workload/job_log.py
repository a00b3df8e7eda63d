"""Jobs as a log holds them: one schema for every format, in order of submission, nothing guessed.

What a log does not know is NaN. Shares of an accelerator and jobs without one stand as they are; what a run makes of
them is said where they run (`sim.workload.jobs`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim.errors import Problem, TraceError

Floats = NDArray[np.float64]
NOBODY: Final = "-"  # stands for the user of a job whose log names none
DATED: Final = ("philly", "sacct")
MOST_ACCELERATORS: Final = 1e9  # beyond it a size is a fault of the file


@dataclass(frozen=True, slots=True, kw_only=True)
class JobLog:
    """Jobs of a log in order of submission. `rows` of the file = those held here + `dropped`."""

    file: str
    format: str
    submit_s: Floats
    wait_s: Floats  # NaN where unknown, as in all columns
    run_s: Floats
    accelerators: Floats  # a share below 1 where several jobs may be on one
    estimate_s: Floats  # what was asked for, else the run time
    priority: Floats  # the largest goes first
    user: NDArray[np.str_]
    rows: int
    dropped: int
    misplaced: int
    notes: tuple[str, ...] = ()  # what else is to be known of the file
    further: Mapping[str, Floats] = field(default_factory=dict)  # columns that only this format has
    models: NDArray[np.str_] | None = None  # what each job trains

    @property
    def dated(self) -> bool:
        """Whether times count from 1970, not from a time 0 of the log's own."""
        return self.format in DATED

    def warnings(self) -> tuple[str, ...]:
        """What was done to the rows of the file."""
        texts = []
        if self.dropped:
            texts.append(
                f"{self.dropped:,} of {self.rows:,} jobs have no known submit time, run time or whole "
                "number of processors and are left out"
            )
        if self.misplaced:
            texts.append(f"{self.misplaced:,} of {self.rows:,} jobs were not in order of time; sorted")
        return tuple(f"{self.file}: {text}" for text in (*texts, *self.notes))


def job_log(
    file: str,
    format_name: str,
    submit_s: Floats,
    run_s: Floats,
    accelerators: Floats,
    *,
    wait_s: Floats | None = None,
    estimate_s: Floats | None = None,
    priority: Floats | None = None,
    user: NDArray[np.str_] | None = None,
    kept: NDArray[np.bool_] | None = None,
    notes: Sequence[str] = (),
    further: Mapping[str, Floats] | None = None,
    models: NDArray[np.str_] | None = None,
) -> JobLog:
    """The log of checked columns: rows that are not kept left out, the others sorted (ties as in the file)."""
    count = submit_s.size
    unknown = np.full(count, np.nan)
    held = np.ones(count, np.bool_) if kept is None else kept
    order = np.flatnonzero(held)
    order = order[np.argsort(submit_s[order], kind="stable")]
    asked_s = unknown if estimate_s is None else estimate_s
    return JobLog(
        file=file,
        format=format_name,
        submit_s=submit_s[order],
        wait_s=(unknown if wait_s is None else wait_s)[order],
        run_s=run_s[order],
        accelerators=accelerators[order].astype(np.float64),
        estimate_s=np.where(asked_s > 0.0, asked_s, run_s)[order],
        priority=(unknown if priority is None else priority)[order],
        user=np.full(order.size, NOBODY) if user is None else user[order],
        rows=count,
        dropped=count - order.size,
        misplaced=int(np.count_nonzero(submit_s[held] < np.maximum.accumulate(submit_s[held]))),
        notes=tuple(notes),
        further={name: values[order] for name, values in (further or {}).items()},
        models=None if models is None else models[order],
    )


def require_jobs(file: str, columns: Mapping[str, Floats], may_miss: Sequence[str] = (), first_line: int = 2) -> None:
    """TraceError with one problem per column that holds no numbers of at least 0; NaN is fine where it may miss.

    Rows stand on lines of their own from `first_line` on.
    """
    problems = []
    for name, values in columns.items():
        good = (values >= 0.0) & (values <= (MOST_ACCELERATORS if name == "accelerators" else np.inf))
        good &= np.isfinite(values)
        if name in may_miss:
            good |= np.isnan(values)
        if not good.all():
            first = int(np.argmin(good))
            text = f"{name} is not a number of at least 0 ({np.count_nonzero(~good):,} such rows of {values.size:,})"
            problems.append(Problem(text, file, first + first_line))
        if values.size == 0:
            problems.append(Problem("the log has no jobs", file))
            break
    if problems:
        raise TraceError(problems)
