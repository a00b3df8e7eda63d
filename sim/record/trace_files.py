"""Columns of a trace as a Parquet file."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim.document import write_atomically


def write_trace(path: Path, columns: Mapping[str, NDArray[np.generic]]) -> None:
    """Writes the columns in one piece; equal columns give equal bytes."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    buffer = BytesIO()
    pq.write_table(pa.table(dict(columns)).replace_schema_metadata({"schema": "dcsim.trace/1"}), buffer)
    write_atomically(path, buffer.getvalue())
