"""The folder that a run leaves: what was asked, what came out, and the meter over time; its only writer and reader.

    scenario.resolved.yaml   the scenario with nothing left out (JSON, which is YAML)
    manifest.json            versions, mix, seed and the scenario's hash: what it takes to run it again
    summary.json             the `dcsim.run/1` object
    timeseries.parquet       columns of the meter, one row per interval; `group.name` for those of a pool or service

Each file is there whole or not at all, and equal input gives equal bytes.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass, fields
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sim.document import write_atomically
from sim.errors import UsageError
from sim.record.ledger import Floats, Ledger, Meter
from sim.scenario.relocating import relocated

if TYPE_CHECKING:
    import pyarrow as pa

SCHEMA = "dcsim.run-folder/1"
SCENARIO, MANIFEST, SUMMARY, TIMESERIES = (
    "scenario.resolved.yaml",
    "manifest.json",
    "summary.json",
    "timeseries.parquet",
)
LIBRARIES = ("numpy", "numba", "simpy", "pyarrow")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFolder:
    """What `read_run` gives back; the columns of `timeseries` have equal length."""

    scenario: Mapping[str, object]
    manifest: Mapping[str, object]
    summary: Mapping[str, object]
    timeseries: Mapping[str, Floats]


def write_run(
    folder: Path, resolved_document: Mapping[str, object], summary: Mapping[str, object], ledger: Ledger, source: Path
) -> None:
    """Writes the folder of one run, made where it does not exist; files of an earlier run in it are replaced.

    The document's relative paths are seen from the folder `source`; in the written one they lead to the same files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    digest = scenario_hash(resolved_document)
    write_atomically(folder / SCENARIO, _json(relocated(resolved_document, source, folder)))
    write_atomically(folder / TIMESERIES, _parquet(meter_columns(ledger.meter), digest))
    write_atomically(folder / SUMMARY, _json(summary))
    write_atomically(folder / MANIFEST, _json(_manifest(summary, digest)))


def read_run(folder: Path) -> RunFolder:
    """Reads a folder that `write_run` wrote; raises UsageError where it is none or a newer version's."""
    for name in (SCENARIO, MANIFEST, SUMMARY, TIMESERIES):
        if not (folder / name).is_file():
            raise UsageError(f"{folder} is not the folder of a run: it holds no {name}")
    manifest = _mapping(folder / MANIFEST)
    if manifest.get("schema") != SCHEMA:
        raise UsageError(f"{folder} is of schema {manifest.get('schema')!r}, this dcsim reads {SCHEMA!r}: upgrade")
    return RunFolder(
        scenario=_mapping(folder / SCENARIO),
        manifest=manifest,
        summary=_mapping(folder / SUMMARY),
        timeseries=_columns(folder / TIMESERIES),
    )


def scenario_hash(resolved_document: Mapping[str, object]) -> str:
    """SHA-256 of the canonical JSON of a resolved scenario."""
    canonical = json.dumps(resolved_document, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def meter_columns(meter: Meter) -> dict[str, Floats]:
    """The meter as flat columns: its own, then `group.name` for each pool, service and stream of jobs."""
    columns: dict[str, Floats] = {}
    for each in fields(meter):
        held = getattr(meter, each.name)
        if isinstance(held, np.ndarray):
            columns[each.name] = held
        else:
            columns |= {f"{each.name}.{name}": column for name, column in held.items()}
    return columns


def _manifest(summary: Mapping[str, object], digest: str) -> dict[str, object]:
    """What it takes to run it again."""
    return {
        "schema": SCHEMA,
        "scenario_sha256": digest,
        "mix": summary["mix"],
        "seed": summary["seed"],
        "versions": {
            "dcsim": version("dcsim"),
            "python": platform.python_version(),
            **{name: version(name) for name in LIBRARIES},
        },
    }


def _json(value: Mapping[str, object]) -> bytes:
    """Readable JSON; a number that is not finite is a defect and raises ValueError."""
    return (json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _mapping(path: Path) -> dict[str, object]:
    """A JSON file that holds one object."""
    try:
        value = json.loads(path.read_bytes())
    except ValueError as error:
        raise UsageError(f"{path} is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise UsageError(f"{path} holds no JSON object")
    return value


def _parquet(columns: Mapping[str, Floats], digest: str) -> bytes:
    """The columns as one parquet file, compressed, with schema and scenario hash in its metadata."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table: pa.Table = pa.table(dict(columns)).replace_schema_metadata({"schema": SCHEMA, "scenario_sha256": digest})
    buffer = BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()


def _columns(path: Path) -> dict[str, Floats]:
    """The columns of a parquet file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table: pa.Table = pq.read_table(path)
    except pa.ArrowInvalid as error:
        raise UsageError(f"{path} is not a parquet file: {error}") from None
    return {name: table[name].to_numpy() for name in table.column_names}
