"""Job logs in the Standard Workload Format: 18 blank-separated fields per job, `;` before comments, -1 for unknown.

Format: Chapin et al. 1999, "Benchmarks and standards for the evaluation of parallel job schedulers". Logs in the wild
come without header comments, with fractions, with negative run times and out of order.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim.document.gzipped import read_bytes
from sim.document.wording import printable
from sim.errors import Problem, TraceError

Floats = NDArray[np.float64]

SUBMIT: Final = 1
WAIT: Final = 2
RUN: Final = 3
ALLOCATED: Final = 4
REQUESTED: Final = 7
REQUESTED_S: Final = 8
FIELDS_USED: Final = 9
FIELDS: Final = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class JobLog:
    """Jobs of a log in order of submission. `rows` of the file = those held here + `dropped`."""

    file: str
    submit_s: Floats
    wait_s: Floats  # NaN where unknown
    run_s: Floats
    processors: NDArray[np.int64]  # allocated ones, else requested ones
    estimate_s: Floats  # requested time, else the run time
    rows: int
    dropped: int
    misplaced: int

    def warnings(self) -> tuple[str, ...]:
        """What was done to the rows of the file."""
        texts = []
        if self.dropped:
            texts.append(
                f"{self.file}: {self.dropped:,} of {self.rows:,} jobs have no known submit time, run time or whole "
                "number of processors and are left out"
            )
        if self.misplaced:
            texts.append(f"{self.file}: {self.misplaced:,} of {self.rows:,} jobs were not in order of time; sorted")
        return tuple(texts)


def read_swf(path: Path) -> JobLog:
    """The jobs of a log, plain or gzipped; TraceError with lines and counts where it is no such log."""
    fields = swf_fields(read_bytes(path, TraceError), printable(str(path)))
    submit_s, run_s = fields[:, SUBMIT], fields[:, RUN]
    processors = np.where(fields[:, ALLOCATED] > 0, fields[:, ALLOCATED], fields[:, REQUESTED])
    kept = (submit_s >= 0.0) & (run_s >= 0.0) & (processors >= 1.0) & (processors == np.rint(processors))
    order = np.flatnonzero(kept)
    order = order[np.argsort(submit_s[order], kind="stable")]
    known_estimate = fields[:, REQUESTED_S] > 0.0
    return JobLog(
        file=printable(path.name),
        submit_s=submit_s[order],
        wait_s=np.where(fields[:, WAIT] >= 0.0, fields[:, WAIT], np.nan)[order],
        run_s=run_s[order],
        processors=processors[order].astype(np.int64),
        estimate_s=np.where(known_estimate, fields[:, REQUESTED_S], run_s)[order],
        rows=submit_s.size,
        dropped=submit_s.size - order.size,
        misplaced=int(np.count_nonzero(submit_s[kept] < np.maximum.accumulate(submit_s[kept]))),
    )


def swf_fields(data: bytes, file: str) -> Floats:
    """The first FIELDS_USED fields of each job, f8[jobs, FIELDS_USED]; TraceError where one is no number."""
    rows = {number: line for number, line in enumerate(data.splitlines(), 1) if line.partition(b";")[0].strip()}
    if not rows:
        raise TraceError(Problem("the log has no jobs", file))
    try:
        table = np.loadtxt(list(rows.values()), comments=";", usecols=range(FIELDS_USED), ndmin=2)
        good = bool(np.isfinite(table).all())
    except ValueError:
        good = False
    if not good:
        raise TraceError(wrong_lines(rows, file))
    return table


def wrong_lines(rows: Mapping[int, bytes], file: str) -> Problem:
    """What the lines share that are no jobs, at the first of them."""
    wrong = [number for number, line in rows.items() if not is_job(line)]
    text = f"the line is not {FIELDS} numbers, as a job of the Standard Workload Format is"
    return Problem(f"{text} ({len(wrong):,} such lines of {len(rows):,})", file, wrong[0])


def is_job(line: bytes) -> bool:
    """Whether a line of a log begins with the numbers that are used of a job."""
    try:
        fields = [float(field) for field in line.partition(b";")[0].split()[:FIELDS_USED]]
    except ValueError:
        return False
    return len(fields) == FIELDS_USED and all(math.isfinite(field) for field in fields)
