"""Any known trace as one Parquet schema, which the plain format reads back.

Requests: `arrival_s` since the first one, with those of `input_tokens`, `output_tokens`, `items`, `audio_s` and
`service_s` that the trace has. Jobs: `submit_s`, `accelerators`, `run_s`, `wait_s`. Rows are in order of time, without
those that ask for nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim.document.gzipped import read_bytes
from sim.errors import TraceError
from sim.workload.formats import ARRIVAL, AUDIO, INPUT, ITEMS, OUTPUT, SERVICE
from sim.workload.statistics import holds_jobs
from sim.workload.swf import read_swf
from sim.workload.traces import read_trace

Column = NDArray[np.float64] | NDArray[np.int32] | NDArray[np.int64]


def trace_columns(path: Path, named_format: str | None = None) -> dict[str, Column]:
    """The rows of a trace as columns of one length; TraceError where it cannot be used."""
    if named_format == "swf" or (named_format is None and holds_jobs(read_bytes(path, TraceError))):
        log = read_swf(path)
        submit_s = log.submit_s - log.submit_s[:1].sum()
        return {"submit_s": submit_s, "accelerators": log.processors, "run_s": log.run_s, "wait_s": log.wait_s}
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
