"""Any known trace as one Parquet schema, which the plain format reads back.

Requests: `arrival_s` since the first one, with those of `input_tokens`, `output_tokens`, `items`, `audio_s` and
`service_s` that the trace has. Jobs: `submit_s` since the first one, `accelerators` (whole numbers where all are),
`run_s`, `wait_s`, `estimate_s`, `priority`, `user`, and what only their format has. Rows are in order of time, without
those that ask for nothing; what a log does not know is NaN.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim.workload.formats import ARRIVAL, AUDIO, INPUT, ITEMS, OUTPUT, SERVICE
from sim.workload.job_formats import read_jobs
from sim.workload.job_log import JobLog
from sim.workload.statistics import job_format_in
from sim.workload.traces import read_trace

Column = NDArray[np.float64] | NDArray[np.int32] | NDArray[np.int64] | NDArray[np.str_]


def trace_columns(path: Path, named_format: str | None = None) -> dict[str, Column]:
    """The rows of a trace as columns of one length; TraceError where it cannot be used."""
    jobs = job_format_in(path, named_format)
    if jobs is not None:
        return job_columns(read_jobs(path, jobs))
    trace = read_trace(path, named_format)
    found: Mapping[str, Column | None] = {
        ARRIVAL: trace.offset_s,
        INPUT: trace.input_tokens,
        OUTPUT: trace.output_tokens,
        ITEMS: trace.items,
        AUDIO: trace.audio_s,
        SERVICE: trace.service_s,
    }
    return {name: values for name, values in found.items() if values is not None}


def job_columns(log: JobLog) -> dict[str, Column]:
    """The jobs of a log as columns of one length."""
    whole = bool((log.accelerators == np.rint(log.accelerators)).all())
    return {
        "submit_s": log.submit_s - log.submit_s[:1].sum(),
        "accelerators": log.accelerators.astype(np.int64) if whole else log.accelerators,
        "run_s": log.run_s,
        "wait_s": log.wait_s,
        "estimate_s": log.estimate_s,
        "priority": log.priority,
        "user": log.user,
        **log.further,
        **({} if log.models is None else {"model": log.models}),
    }
