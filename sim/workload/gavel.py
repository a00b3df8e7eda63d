"""Job traces of Gavel (Narayanan et al., OSDI 2020): ten tab-separated fields, no header.

job_type, command, working_directory, num_steps_arg, needs_data_dir, total_steps, scale_factor, priority_weight, SLO
(-1: none), arrival_time. A job is so many training steps: how long it runs depends on the accelerator, so a trace alone
knows no run time.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from sim.errors import Problem, TraceError
from sim.workload.columns import number_of
from sim.workload.job_log import JobLog, job_log, require_jobs

FIELDS: Final = 10
JOB_TYPE, STEPS, SCALE, WEIGHT, ARRIVAL = 0, 5, 6, 7, 9


def gavel_log(data: bytes, file: str, name: str) -> JobLog:
    """The jobs of a trace; `further` holds their steps, `models` their job types."""
    rows = gavel_rows(data)
    wrong = [number for number, row in enumerate(rows, 1) if len(row) != FIELDS]
    if wrong or not rows:
        text = f"a job of a Gavel trace is {FIELDS} fields with tabs between ({len(wrong):,} other lines)"
        raise TraceError(Problem(text, file, wrong[0] if wrong else 1))
    steps, scale, weight, arrival_s = (
        np.array([number_of(row[place]) for row in rows], np.float64) for place in (STEPS, SCALE, WEIGHT, ARRIVAL)
    )
    columns = {"arrival_time": arrival_s, "accelerators": scale, "total_steps": steps, "priority_weight": weight}
    require_jobs(file, columns, first_line=1)
    return job_log(
        name, "gavel", arrival_s, np.full(len(rows), np.nan), scale,
        priority=weight, further={"steps": steps}, models=np.array([row[JOB_TYPE] for row in rows], np.str_),
    )  # fmt: skip


def gavel_rows(data: bytes) -> list[list[str]]:
    """Fields of each line that holds any."""
    lines = data.decode("utf-8", "replace").splitlines()
    return [[field.strip() for field in line.split("\t")] for line in lines if line.strip()]
