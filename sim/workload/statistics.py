"""What a trace of requests or jobs holds: rows, rate, burstiness, and the spread of each column (`dcsim.trace/1`)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim.document.gzipped import read_bytes
from sim.errors import TraceError
from sim.workload.formats import AUDIO, INPUT, ITEMS, OUTPUT, SERVICE
from sim.workload.swf import is_job, read_swf
from sim.workload.traces import read_trace

Floats = NDArray[np.float64]
Figure = float | int | str | None | Mapping[str, Mapping[str, float | None]]

QUANTILES: Final = {"p50": 0.5, "p90": 0.9, "p99": 0.99}


def trace_statistics(path: Path, named_format: str | None = None) -> dict[str, Figure]:
    """The object `dcsim.trace/1` of a trace; a figure that does not exist is None.

    Rate = (rows used - 1) / span; quantiles are linear between neighbours. TraceError where the trace cannot be used.
    """
    if named_format == "swf" or (named_format is None and holds_jobs(read_bytes(path, TraceError))):
        log = read_swf(path)
        columns = {"accelerators": log.processors.astype(np.float64), "run_s": log.run_s, "wait_s": log.wait_s}
        return summary("swf", log.rows, log.dropped, log.submit_s, columns)
    trace = read_trace(path, named_format)
    found = {
        INPUT: trace.input_tokens,
        OUTPUT: trace.output_tokens,
        ITEMS: trace.items,
        AUDIO: trace.audio_s,
        SERVICE: trace.service_s,
    }
    columns = {name: values.astype(np.float64) for name, values in found.items() if values is not None}
    return summary(trace.format, trace.rows, trace.dropped, trace.offset_s, columns)


def holds_jobs(data: bytes) -> bool:
    """Whether the content is a job log: a `;` comment or the numbers of a job come first."""
    first = next((line for line in data[:65_536].splitlines() if line.strip()), b"")
    return first.lstrip().startswith(b";") or is_job(first)


def summary(name: str, rows: int, dropped: int, arrival_s: Floats, columns: Mapping[str, Floats]) -> dict[str, Figure]:
    """The figures of a trace whose rows in use arrive at these times."""
    gaps_s = np.diff(arrival_s)
    span_s = float(arrival_s[-1] - arrival_s[0]) if arrival_s.size else None
    return {
        "schema": "dcsim.trace/1",
        "format": name,
        "rows": rows,
        "dropped": dropped,
        "span_s": span_s,
        "rate_per_s": gaps_s.size / span_s if span_s else None,
        "interarrival_cv": float(gaps_s.std() / gaps_s.mean()) if span_s else None,
        "columns": {column: spread(values) for column, values in columns.items()},
    }


def spread(values: Floats) -> dict[str, float | None]:
    """Mean, quantiles, maximum and sum of the known values of a column."""
    known = values[~np.isnan(values)]
    if known.size == 0:
        return dict.fromkeys(("mean", *QUANTILES, "max", "sum"))
    quantiles = zip(QUANTILES, np.quantile(known, list(QUANTILES.values())).tolist(), strict=True)
    return {"mean": float(known.mean()), **dict(quantiles), "max": float(known.max()), "sum": float(known.sum())}
