"""Job logs that are tables: Philly's, Alibaba's openb, and the plain one that every log can be converted to.

Philly: a flattening of the traces of Jeon et al. (ATC 2019): no queueing, no attempts or failures, no utilisation.
openb: pods of the GPU cluster of Weng et al. (ATC 2023); `gpu_milli` of one accelerator where a pod asks for one,
otherwise whole ones; a pod that was never placed has no `scheduled_time`.
"""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from sim.document.wording import listed, printable
from sim.errors import Problem, TraceError
from sim.workload.job_log import NOBODY, JobLog, job_log, require_jobs

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]

PHILLY: Final = ("timestamp", "duration", "num_gpus")
OPENB: Final = ("creation_time", "scheduled_time", "deletion_time", "num_gpu", "gpu_milli")
PLAIN: Final = ("submit_s", "accelerators", "run_s")
PLAIN_MORE: Final = ("wait_s", "estimate_s", "priority")
TRAINING: Final = ("steps", "model")  # of jobs that are so many training steps
WHOLE_GPU: Final = 1000.0  # gpu_milli of a whole accelerator


def philly_log(data: bytes, file: str, name: str) -> JobLog:
    """A flattened Philly table; the virtual cluster stands for the user."""
    frame = text_frame(data, ",", PHILLY, file)
    columns = {
        "timestamp": clock_s(frame["timestamp"]),
        "duration": numbers(frame["duration"]),
        "accelerators": numbers(frame["num_gpus"]),
    }
    require_jobs(file, columns)
    users = names(frame["cluster"]) if "cluster" in frame else None
    note = "the table knows no queueing, attempts or failures: a job's run time is all that it held accelerators"
    return job_log(name, "philly", *columns.values(), user=users, notes=[note])


def openb_log(data: bytes, file: str, name: str) -> JobLog:
    """The pods of an openb list; those never placed have neither run time nor wait."""
    frame = text_frame(data, ",", OPENB, file)
    found = {column: numbers(frame[column]) for column in OPENB}
    require_jobs(file, {**found, "accelerators": found["num_gpu"]}, may_miss=("scheduled_time", "deletion_time"))
    shared = found["num_gpu"] == 1.0
    accelerators = np.where(shared, found["gpu_milli"] / WHOLE_GPU, found["num_gpu"])
    run_s = found["deletion_time"] - found["scheduled_time"]
    wait_s = found["scheduled_time"] - found["creation_time"]
    if (run_s < 0.0).any() or (wait_s < 0.0).any():
        wrong = (run_s < 0.0) | (wait_s < 0.0)
        text = f"a pod is placed before it is created, or deleted before it is placed ({wrong.sum():,} such rows)"
        raise TraceError(Problem(text, file, int(np.argmax(wrong)) + 2))
    notes = []
    if bound := int((texts(frame["gpu_spec"]) != "").sum()) if "gpu_spec" in frame else 0:
        notes.append(f"{bound:,} jobs may only run on accelerators that they name; here any of the pool will do")
    last_s = np.nanmax(found["deletion_time"], initial=0.0)
    if censored := int((found["deletion_time"] == last_s).sum()):
        notes.append(f"{censored:,} jobs end at the last instant of the log: they may have run on")
    return job_log(name, "openb", found["creation_time"], run_s, accelerators, wait_s=wait_s, notes=notes)


def plain_log(data: bytes, file: str, name: str, format_name: str) -> JobLog:
    """The plain schema as CSV or Parquet: submit_s, accelerators, run_s, with those of the other columns it has."""
    frame = text_frame(data, ",", PLAIN, file) if format_name == "csv" else parquet_frame(data, file)
    found = {column: numbers(frame[column]) for column in PLAIN}
    more = {column: numbers(frame[column]) for column in PLAIN_MORE if column in frame}
    spans = {column: values for column, values in more.items() if column != "priority"}
    require_jobs(file, {**found, **spans}, may_miss=("run_s", *spans))
    users = names(frame["user"]) if "user" in frame else None
    trains = set(TRAINING) <= set(frame.columns)
    steps, model = (numbers(frame["steps"]), texts(frame["model"])) if trains else (None, None)
    return job_log(
        name, format_name, found["submit_s"], found["run_s"], found["accelerators"],
        wait_s=more.get("wait_s"), estimate_s=more.get("estimate_s"), priority=more.get("priority"), user=users,
        further=None if steps is None else {"steps": steps}, models=model,
    )  # fmt: skip


def text_frame(data: bytes, separator: str, needed: tuple[str, ...], file: str) -> pd.DataFrame:
    """A delimited table with a header, every field a text; TraceError where it is none or misses a column."""
    import pandas as pd

    if b"\0" in data:
        raise TraceError(Problem("holds NUL bytes: not a text file", file))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # fields beyond the header would be lost
            frame = pd.read_csv(
                io.BytesIO(data), sep=separator, dtype=str, keep_default_na=False, encoding="utf-8-sig", index_col=False
            )
    except UnicodeDecodeError as fault:
        raise TraceError(Problem(f"not UTF-8 text (byte {fault.start}); save it as UTF-8", file)) from None
    except pd.errors.ParserWarning:
        raise TraceError(Problem("a row has more fields than the header", file)) from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as fault:
        raise TraceError(Problem(f"not a table: {printable(str(fault))[:200]}", file)) from None
    frame.columns = [str(column).strip() for column in frame.columns]
    return with_columns(frame, needed, file)


def parquet_frame(data: bytes, file: str) -> pd.DataFrame:
    """The plain schema of a Parquet file."""
    import pandas as pd

    try:
        frame = pd.read_parquet(io.BytesIO(data))
    except (ValueError, OSError):
        raise TraceError(Problem("not a Parquet file that can be read", file)) from None
    return with_columns(frame, PLAIN, file)


def with_columns(frame: pd.DataFrame, needed: tuple[str, ...], file: str) -> pd.DataFrame:
    """The same frame, if it has the columns."""
    names = [str(column) for column in frame.columns]
    if missing := [column for column in needed if column not in names]:
        text = f"columns are missing: {listed(missing)}; the file has: {listed(printable(name) for name in names)}"
        raise TraceError(Problem(text, file, 1))
    return frame


def numbers(column: pd.Series) -> Floats:
    """A column as numbers; NaN for what is none."""
    import pandas as pd

    return np.array(pd.to_numeric(column, errors="coerce").to_numpy(np.float64, na_value=np.nan))


def texts(column: pd.Series) -> NDArray[np.str_]:
    """A column as texts."""
    return np.array(column.fillna("").astype(str).str.strip(), np.str_)


def names(column: pd.Series) -> NDArray[np.str_]:
    """A column of users; NOBODY where it names none."""
    found = texts(column)
    return np.where(found == "", NOBODY, found)


def clock_s(column: pd.Series) -> Floats:
    """Seconds since 1970 of ISO 8601 stamps, taken as UTC where no offset stands with them; NaN for other texts."""
    import pandas as pd

    instants = pd.DatetimeIndex(pd.to_datetime(column, format="ISO8601", utc=True, errors="coerce"))
    return np.where(instants.isna(), np.nan, np.array(instants.as_unit("us").asi8) / 1e6)
