"""Job logs in the Standard Workload Format: 18 blank-separated fields per job, `;` before comments, -1 for unknown.

Format: Chapin et al. 1999, "Benchmarks and standards for the evaluation of parallel job schedulers". Logs in the wild
come without header comments, with fractions, with negative run times and out of order.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim.document.gzipped import read_bytes
from sim.document.wording import printable
from sim.errors import Problem, TraceError
from sim.workload.job_log import NOBODY, JobLog, job_log

Floats = NDArray[np.float64]

SUBMIT: Final = 1
WAIT: Final = 2
RUN: Final = 3
ALLOCATED: Final = 4
REQUESTED: Final = 7
REQUESTED_S: Final = 8
USER: Final = 11
FIELDS_USED: Final = 12
FIELDS: Final = 18


def read_swf(path: Path) -> JobLog:
    """The jobs of a log, plain or gzipped; TraceError with lines and counts where it is no such log."""
    return swf_log(read_bytes(path, TraceError), printable(str(path)), printable(path.name))


def swf_log(data: bytes, file: str, name: str) -> JobLog:
    """The jobs of the content of a log; jobs of unknown submit or run time or size are dropped."""
    fields = swf_fields(data, file)
    submit_s, run_s = fields[:, SUBMIT], fields[:, RUN]
    processors = np.where(fields[:, ALLOCATED] > 0, fields[:, ALLOCATED], fields[:, REQUESTED])
    return job_log(
        name, "swf", submit_s, run_s, processors,
        wait_s=np.where(fields[:, WAIT] >= 0.0, fields[:, WAIT], np.nan),
        estimate_s=fields[:, REQUESTED_S],
        user=np.where(fields[:, USER] >= 0.0, np.char.mod("%g", fields[:, USER]), NOBODY),
        kept=(submit_s >= 0.0) & (run_s >= 0.0) & (processors >= 1.0) & (processors == np.rint(processors)),
    )  # fmt: skip


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
