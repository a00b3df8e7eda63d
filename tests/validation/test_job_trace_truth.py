"""Job logs read here have the rows, spans, means and quantiles that plain pandas found in the same files."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.workload.job_formats import read_jobs
from sim.workload.openb_nodes import read_nodes
from sim.workload.statistics import trace_statistics

PHILLY = "gpu_jobs/philly_2017-10-02_2017-10-15.csv.gz"
OPENB = "gpu_jobs/openb_pod_list_default.csv.gz"
NODES = "gpu_jobs/openb_node_list_gpu_node.csv"
GAVEL = "gpu_jobs/gavel_max_min_fairness.trace"
BATSIM = "hpc_jobs/batsim_hpc_seed1_jobs250.json"
NASA = "hpc_jobs/NASA-iPSC-1993-3.1-cln.swf.gz"


def read(folder: Path, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is found, and the truth."""
    return dict(trace_statistics(folder / name)), json.loads((folder / "stats.json").read_text("utf-8"))[name]


def assert_spread(found: dict[str, float], expected: dict[str, float]) -> None:
    assert {name: found[name] for name in expected} == pytest.approx(expected, abs=5e-3)


def counts(values: np.ndarray[Any, np.dtype[np.float64]]) -> dict[str, int]:
    return {f"{value:g}": count for value, count in Counter(values.tolist()).items()}


def test_philly_window(shared_data: Path) -> None:
    found, expected = read(shared_data, PHILLY)
    assert (found["format"], found["rows"], found["dropped"]) == ("philly", expected["rows"], 0)
    assert found["span_s"] == expected["span_s"]
    assert found["rate_per_s"] == pytest.approx(expected["rate_per_s"], abs=5e-7)
    assert found["interarrival_cv"] == pytest.approx(expected["interarrival_cv"], abs=5e-5)
    assert_spread(found["columns"]["run_s"], expected["duration_s"])
    assert_spread(found["columns"]["accelerators"], expected["num_gpus"])
    log = read_jobs(shared_data / PHILLY)
    assert log.misplaced == 0
    assert counts(log.accelerators) == expected["gpu_counts"]
    assert float((log.run_s * log.accelerators).sum()) / 3600 == pytest.approx(expected["gpu_hours"], abs=0.05)
    users = Counter(name[:6] for name in log.user.tolist())
    assert users == expected["clusters"]


def test_openb_pods(shared_data: Path) -> None:
    found, expected = read(shared_data, OPENB)
    assert (found["format"], found["rows"], found["dropped"]) == ("openb", expected["rows"], 0)
    assert found["span_s"] == expected["creation"][1] - expected["creation"][0]
    assert found["columns"]["accelerators"]["sum"] == pytest.approx(expected["gpu_total"])
    assert_spread(found["columns"]["run_s"], expected["run_s"])
    assert_spread(found["columns"]["wait_s"], expected["wait_s"])
    log = read_jobs(shared_data / OPENB)
    assert int(np.isnan(log.run_s).sum()) == expected["unscheduled"]
    shares = (log.accelerators > 0.0) & (log.accelerators < 1.0)
    assert int(shares.sum()) == expected["gpu_milli_lt_1000_with_1gpu"]
    assert counts(np.ceil(log.accelerators)) == expected["num_gpu"]


def test_openb_nodes(shared_data: Path) -> None:
    found, expected = read(shared_data, NODES)
    assert (found["format"], found["rows"]) == ("openb-nodes", expected["rows"])
    nodes = read_nodes(shared_data / NODES)
    assert nodes.by_model == expected["gpus_by_model"]
    sums = (nodes.accelerators.sum(), nodes.cpu_cores.sum(), nodes.memory_gib.sum())
    assert sums == (expected["gpus"], expected["cpu_cores"], expected["memory_gib"])


def test_gavel_trace(shared_data: Path) -> None:
    found, expected = read(shared_data, GAVEL)
    assert (found["format"], found["rows"], found["dropped"]) == ("gavel", expected["rows"], 0)
    assert found["span_s"] == expected["arrival"][1] - expected["arrival"][0]
    assert_spread(found["columns"]["steps"], expected["steps"])
    log = read_jobs(shared_data / GAVEL)
    assert counts(log.accelerators) == expected["scale_factor"]
    assert log.models is not None
    assert Counter(name.split(" ")[0] for name in log.models.tolist()) == expected["job_family"]


def test_batsim_workload(shared_data: Path) -> None:
    found, expected = read(shared_data, BATSIM)
    assert (found["format"], found["rows"], found["dropped"]) == ("batsim", expected["jobs"], 0)
    log = read_jobs(shared_data / BATSIM)
    assert [log.submit_s[0], log.submit_s[-1]] == expected["subtime"]
    assert counts(log.accelerators) == expected["res"]
    assert float(log.estimate_s.mean()) == pytest.approx(expected["walltime"]["mean"], abs=5e-2)
    assert bool((log.run_s <= log.estimate_s).all())


def test_swf_users(shared_data: Path) -> None:
    _, expected = read(shared_data, NASA)
    assert len(set(read_jobs(shared_data / NASA).user.tolist())) == expected["users"]
