"""On Gavel's own trace, knowing how fast each job is on each accelerator beats not knowing it, and that beats fifo."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.catalog import Catalogue
from sim.errors import TraceError
from sim.scenario.specs import JobStream, JobTrace
from sim.study.rounds import schedule_trace
from sim.workload import open_jobs
from sim.workload.gavel_rates import STEPS_PER_S, gavel_rates
from sim.workload.job_formats import read_jobs

TRACE = "gpu_jobs/gavel_max_min_fairness.trace"
FLEET = {"v100": 8, "p100": 16, "k80": 24}


def test_the_aware_policy_beats_the_blind_one_and_fifo(shared_data: Path) -> None:
    found: dict[str, Any] = schedule_trace(shared_data / TRACE, FLEET)
    aware, blind, fifo = (found["policies"][name] for name in ("max-min", "max-min-blind", "fifo"))
    for figure in ("mean_completion_s", "makespan_s"):
        assert aware[figure] < 0.9 * blind[figure]
        assert blind[figure] < 0.9 * fifo[figure]


def test_a_gavel_job_runs_as_long_as_its_steps_take_on_the_accelerator(shared_data: Path) -> None:
    stream = JobStream(name="gavel", pool="p", policy="fifo", work=JobTrace(path=shared_data / TRACE))
    node = Catalogue.built_in().node("v100-8")
    jobs = open_jobs(stream, node, 1e6, 1, 0)
    log = read_jobs(shared_data / TRACE)
    assert jobs.run_s == pytest.approx(log.further["steps"] / gavel_rates(log, ("v100",))[:, 0])
    with pytest.raises(TraceError, match="no throughputs of Gavel's jobs on h100; measured ones: v100, p100"):
        open_jobs(stream, Catalogue.built_in().node("hgx-h100-8"), 1e6, 1, 0)


def test_what_does_not_fit_has_no_rate() -> None:
    assert {name for name, rates in STEPS_PER_S.items() if 0.0 in rates} == {"ResNet-50 (batch size 128)"}
    assert np.array(list(STEPS_PER_S.values())).shape == (8, 3)
