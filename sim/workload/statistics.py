"""What a trace of requests or jobs holds: rows, rate, burstiness, and the spread of each column (`dcsim.trace/1`)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim.document.gzipped import read_bytes
from sim.errors import TraceError
from sim.workload.formats import AUDIO, INPUT, ITEMS, OUTPUT, REQUEST_FORMATS, SERVICE
from sim.workload.job_formats import NODES, READERS, job_format, read_jobs
from sim.workload.openb_nodes import NodeList, read_nodes
from sim.workload.traces import read_trace

Floats = NDArray[np.float64]
Figure = float | int | str | None | Mapping[str, Mapping[str, float | None]] | Mapping[str, int]

QUANTILES: Final = {"p50": 0.5, "p90": 0.9, "p99": 0.99}


def trace_statistics(path: Path, named_format: str | None = None) -> dict[str, Figure]:
    """The object `dcsim.trace/1` of a trace; a figure that does not exist is None.

    Rate = (rows used - 1) / span; quantiles are linear between neighbours. TraceError where the trace cannot be used.
    """
    jobs = job_format_in(path, named_format)
    if jobs == NODES:
        return node_statistics(read_nodes(path))
    if jobs is not None:
        log = read_jobs(path, jobs)
        columns = {"accelerators": log.accelerators, "run_s": log.run_s, "wait_s": log.wait_s, **log.further}
        return summary(log.format, log.rows, log.dropped, log.submit_s, columns)
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


def job_format_in(path: Path, named_format: str | None) -> str | None:
    """The job format of a file, None where it holds requests; `csv` and `parquet` may be either."""
    if named_format is not None and named_format not in REQUEST_FORMATS:
        return named_format if named_format in (*READERS, NODES) else None
    found = job_format(read_bytes(path, TraceError))
    return found if named_format in (None, found) else None


def node_statistics(nodes: NodeList) -> dict[str, Figure]:
    """The figures of a list of nodes, which has no time."""
    columns = {"accelerators": nodes.accelerators, "cpu_cores": nodes.cpu_cores, "memory_gib": nodes.memory_gib}
    found = summary(NODES, nodes.accelerators.size, 0, np.empty(0), columns)
    return {**found, "accelerators_by_model": nodes.by_model}


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
