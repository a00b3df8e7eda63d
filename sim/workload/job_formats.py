"""The formats of job logs: how they are told apart, and who reads them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from sim.document.gzipped import read_bytes
from sim.document.wording import hint, listed, printable
from sim.errors import Problem, TraceError
from sim.workload.batsim import batsim_log
from sim.workload.formats import LONGEST_HEADER, PARQUET_MARK
from sim.workload.gavel import FIELDS as GAVEL_FIELDS
from sim.workload.gavel import gavel_log
from sim.workload.job_log import JobLog
from sim.workload.job_tables import OPENB, PHILLY, PLAIN, openb_log, philly_log, plain_log
from sim.workload.openb_nodes import COLUMNS as NODE_COLUMNS
from sim.workload.sacct import NEEDED as SACCT
from sim.workload.sacct import sacct_log
from sim.workload.swf import is_job, swf_log

Reader = Callable[[bytes, str, str], JobLog]  # content, file for messages, its name
READERS: Final[Mapping[str, Reader]] = {
    "swf": swf_log,
    "philly": philly_log,
    "openb": openb_log,
    "gavel": gavel_log,
    "sacct": sacct_log,
    "batsim": batsim_log,
    "csv": lambda data, file, name: plain_log(data, file, name, "csv"),
    "parquet": lambda data, file, name: plain_log(data, file, name, "parquet"),
}
NODES: Final = "openb-nodes"
TABLES: Final = {"philly": PHILLY, "openb": OPENB, "csv": PLAIN, NODES: NODE_COLUMNS}
BATSIM_KEYS: Final = (b'"jobs"', b'"profiles"')


def read_jobs(path: Path, named_format: str | None = None) -> JobLog:
    """The jobs of a log in any known format, plain or gzipped; TraceError where it is none."""
    file = printable(str(path))
    if named_format is not None and named_format not in READERS:
        raise TraceError(Problem(f"no job format '{printable(named_format)}'{hint(named_format, READERS)}", file))
    data = read_bytes(path, TraceError)
    found = named_format or job_format(data)
    if found == NODES:
        raise TraceError(Problem("a list of nodes, not of jobs; the pods are in a file of their own", file))
    if found is None:
        text = "no job log in a known format" if data.strip() else "the log has no jobs"
        raise TraceError(Problem(f"{text} ({listed(READERS)})", file, 1))
    return READERS[found](data, file, printable(path.name))


def job_format(data: bytes) -> str | None:
    """The job format of a file's content, NODES for a list of nodes, or None where it holds no jobs."""
    if data.startswith(PARQUET_MARK):
        return "parquet" if b"submit_s" in data[-LONGEST_HEADER:] else None
    first = next((line for line in data[:LONGEST_HEADER].splitlines() if line.strip()), b"")
    if first.lstrip().startswith(b";") or is_job(first):
        return "swf"
    if data.lstrip()[:1] == b"{":
        return "batsim" if all(key in data for key in BATSIM_KEYS) else None
    text = first.decode("utf-8-sig", "replace")
    if text.count("\t") == GAVEL_FIELDS - 1:
        return "gavel"
    if set(SACCT) <= {name.strip() for name in text.split("|")}:
        return "sacct"
    names = {name.strip().strip('"') for name in text.split(",")}
    return next((known for known, columns in TABLES.items() if set(columns) <= names), None)
