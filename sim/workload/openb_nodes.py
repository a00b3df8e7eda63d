"""The node list that goes with Alibaba's openb pods: sn, cpu_milli, memory_mib, gpu, model, one row a node."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim.document.gzipped import read_bytes
from sim.document.wording import printable
from sim.errors import TraceError
from sim.workload.job_log import require_jobs
from sim.workload.job_tables import numbers, text_frame, texts

Floats = NDArray[np.float64]
COLUMNS: Final = ("sn", "cpu_milli", "memory_mib", "gpu", "model")


@dataclass(frozen=True, slots=True)
class NodeList:
    """Nodes in the order of the file; the model of a node without accelerators is empty."""

    names: NDArray[np.str_]
    cpu_cores: Floats
    memory_gib: Floats
    accelerators: Floats
    models: NDArray[np.str_]

    @property
    def by_model(self) -> Mapping[str, int]:
        """Accelerators of each model, by name; G1 to G3 are undisclosed ones."""
        held = self.accelerators > 0.0
        return {
            str(model): int(self.accelerators[held & (self.models == model)].sum())
            for model in np.unique(self.models[held])
        }


def read_nodes(path: Path) -> NodeList:
    """The nodes of a list, plain or gzipped; TraceError where it is none."""
    return nodes_of(read_bytes(path, TraceError), printable(str(path)))


def nodes_of(data: bytes, file: str) -> NodeList:
    """Likewise of its content."""
    frame = text_frame(data, ",", COLUMNS, file)
    cpu, memory, gpu = (numbers(frame[column]) for column in COLUMNS[1:4])
    require_jobs(file, {"cpu_milli": cpu, "memory_mib": memory, "accelerators": gpu})
    return NodeList(texts(frame["sn"]), cpu / 1000.0, memory / 1024.0, gpu, texts(frame["model"]))
