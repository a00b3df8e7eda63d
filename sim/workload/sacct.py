"""Job logs of Slurm: the output of `sacct --parsable` or `--parsable2`, with a header and `|` between the fields.

Steps of a job (`123.batch`) are part of it. A job's size is what `AllocTRES` (else `ReqTRES`) says of `gres/gpu`.
Jobs that have not started or not ended have no run time; limits such as UNLIMITED are unknown estimates.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from sim.document.wording import listed
from sim.errors import Problem, TraceError
from sim.units import S_PER_H
from sim.workload.job_log import JobLog, job_log, require_jobs
from sim.workload.job_tables import clock_s, names, numbers, text_frame, texts

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]

S_PER_MINUTE: Final = 60.0
NEEDED: Final = ("JobID", "Submit")
SIZES: Final = ("AllocTRES", "ReqTRES")
ELAPSED: Final = ("ElapsedRaw", "Elapsed")
SPAN: Final = re.compile(r"(?:(\d+)-)?(?:(\d+):)?(\d+):(\d+)(?:\.\d+)?")
GPUS: Final = re.compile(r"gres/gpu(?::([^=,]+))?=(\d+)")
UNENDED: Final = ("PENDING", "RUNNING", "SUSPENDED", "REQUEUED", "RESIZING")


def sacct_log(data: bytes, file: str, name: str) -> JobLog:
    """The jobs of an accounting dump."""
    frame = text_frame(data, "|", NEEDED, file)
    for columns in (SIZES, ELAPSED):
        if not set(columns) & set(frame.columns):
            text = (
                f"one of the columns {listed(columns)} is needed: sacct --parsable2 --format=JobID,User,Submit,Start,"
            )
            raise TraceError(Problem(f"{text}ElapsedRaw,Timelimit,AllocTRES,ReqTRES,State,Priority", file, 1))
    whole = ~frame["JobID"].str.contains(".", regex=False)
    jobs = frame[whole]
    submit_s, elapsed_s, gpus = clock_s(jobs["Submit"]), elapsed(jobs), sizes(jobs)
    require_jobs(file, {"Submit": submit_s, "elapsed": elapsed_s, "accelerators": gpus}, may_miss=("elapsed",))
    start_s = clock_s(jobs["Start"]) if "Start" in jobs else np.full(len(jobs), np.nan)
    state = texts(jobs["State"]) if "State" in jobs else np.full(len(jobs), "")
    unended = np.array([text.split(" ")[0].rstrip("+") in UNENDED for text in state], np.bool_)
    started = ~unended if "Start" not in jobs else ~unended & ~np.isnan(start_s)
    notes = [f"{len(frame) - len(jobs):,} rows are steps of jobs"] if len(jobs) < len(frame) else []
    return job_log(
        name, "sacct", submit_s, np.where(started, elapsed_s, np.nan), gpus,
        wait_s=start_s - submit_s, estimate_s=limits(jobs), notes=notes,
        priority=numbers(jobs["Priority"]) if "Priority" in jobs else None,
        user=names(jobs["User"]) if "User" in jobs else None,
    )  # fmt: skip


def elapsed(jobs: pd.DataFrame) -> Floats:
    """Seconds that each job ran."""
    if "ElapsedRaw" in jobs:
        return numbers(jobs["ElapsedRaw"])
    return np.array([span_s(text) for text in jobs["Elapsed"]], np.float64)


def limits(jobs: pd.DataFrame) -> Floats | None:
    """Seconds that each job was given at most; NaN where there was no limit."""
    if "TimelimitRaw" in jobs:  # in minutes
        return numbers(jobs["TimelimitRaw"]) * S_PER_MINUTE
    if "Timelimit" in jobs:
        return np.array([span_s(text) for text in jobs["Timelimit"]], np.float64)
    return None


def span_s(text: str) -> float:
    """Seconds of [days-][hours:]minutes:seconds; NaN for any other text."""
    found = SPAN.fullmatch(text.strip())
    if found is None:
        return np.nan
    days, hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return days * 24 * S_PER_H + hours * S_PER_H + minutes * S_PER_MINUTE + seconds


def sizes(jobs: pd.DataFrame) -> Floats:
    """Accelerators of each job; 0 for one without."""
    columns = [jobs[name] for name in SIZES if name in jobs]
    return np.array([next((gpus(text) for text in row if text), 0.0) for row in zip(*columns, strict=True)], np.float64)


def gpus(tres: str) -> float:
    """What trackable resources say of accelerators: the total, else the sum of the kinds."""
    found = GPUS.findall(tres)
    total = [float(count) for kind, count in found if not kind]
    return total[0] if total else sum(float(count) for _, count in found)
