"""How fast the training jobs of Gavel's traces are on the accelerators that they were measured on.

Steps per second of one accelerator: oracle throughputs of Narayanan et al. (OSDI 2020), repository
stanford-futuredata/gavel, scheduler/oracle_throughputs.json at 19b15c0a; 0: the job does not fit. Several accelerators:
their consolidated throughputs of 2 and 4 V100 over those of one (scheduler/consolidated_throughputs.json at 021c8411),
by family; assumed to hold for other batch sizes and accelerators as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim.document.wording import listed, printable
from sim.errors import Problem, TraceError
from sim.workload.job_log import JobLog

Floats = NDArray[np.float64]

KINDS: Final = ("v100", "p100", "k80")
STEPS_PER_S: Final[Mapping[str, tuple[float, float, float]]] = {  # in the order of KINDS
    "ResNet-18 (batch size 128)": (30.29, 17.44, 4.660),
    "ResNet-18 (batch size 256)": (16.99, 9.942, 2.510),
    "ResNet-50 (batch size 64)": (5.458, 2.038, 0.7733),
    "ResNet-50 (batch size 128)": (2.846, 1.082, 0.0),
    "Transformer (batch size 128)": (5.771, 3.030, 1.038),
    "Transformer (batch size 256)": (1.707, 1.707, 0.5148),
    "LM (batch size 40)": (71.72, 42.75, 13.81),
    "LM (batch size 80)": (43.90, 26.36, 7.847),
}
SCALING: Final[Mapping[str, Mapping[int, float]]] = {
    "ResNet-18": {1: 1.0, 2: 1.676, 4: 2.202},  # batch 64
    "ResNet-50": {1: 1.0, 2: 1.395, 4: 2.014},  # batch 64, over the oracle throughput of one
    "Transformer": {1: 1.0, 2: 1.758, 4: 2.092},  # batch 64
    "LM": {1: 1.0, 2: 1.675, 4: 1.464},  # batch 20
}


def gavel_rates(log: JobLog, kinds: Sequence[str] = KINDS) -> Floats:
    """Steps per second of each job of a Gavel trace on each kind, f8[jobs, kinds]; TraceError where none is known."""
    if unknown := [kind for kind in kinds if kind not in KINDS]:
        text = f"no throughputs of Gavel's jobs on {listed(unknown)}; measured ones: {listed(KINDS)}"
        raise TraceError(Problem(text, log.file))
    if log.models is None:
        raise TraceError(Problem("its jobs are not so many training steps, as those of a Gavel trace are", log.file))
    models = log.models.tolist()
    sizes = log.accelerators.astype(np.int64).tolist()
    if lost := sorted(
        {f"{model} on {size}" for model, size in zip(models, sizes, strict=True) if not known(model, size)}
    ):
        text = f"no throughput of {printable(lost[0])} accelerators ({len(lost):,} such jobs of their own kind)"
        raise TraceError(Problem(text, log.file))
    return np.array(
        [
            [STEPS_PER_S[model][KINDS.index(kind)] * SCALING[family(model)][size] for kind in kinds]
            for model, size in zip(models, sizes, strict=True)
        ],
        np.float64,
    ).reshape(len(models), len(kinds))


def known(model: str, accelerators: int) -> bool:
    """Whether a job type has a throughput on so many accelerators."""
    return model in STEPS_PER_S and accelerators in SCALING[family(model)]


def family(model: str) -> str:
    """Name of a job type without its batch size."""
    return model.partition(" (")[0]


def kind_of(accelerator: str) -> str:
    """The measured kind that an accelerator of the catalogue is, such as v100 of v100-sxm2."""
    return accelerator.partition("-")[0]
