"""Gang scheduling equals plain lists, keeps its accounts, and gives the published waits on the golden trace."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sim.engine.pool_jobs import PoolJobs
from sim.kernels import gang
from sim.scenario.specs import JobTrace
from sim.workload import JobTable
from sim.workload.jobs import logged_jobs
from twins.queues import gang_starts, kiefer_wolfowitz

Floats = NDArray[np.float64]
FULL_CLOCK = np.array([[[0.5, 300.0, 350.0], [1.0, 500.0, 350.0]]])  # two levels: half speed, full speed


def table_of(submit_s: Floats, run_s: Floats, accelerators: NDArray[np.int64], estimate_s: Floats) -> JobTable:
    return JobTable(
        submit_s=submit_s, accelerators=accelerators, run_s=run_s, estimate_s=estimate_s, u_memory=0.3, u_compute=0.4,
        random=False, warnings=(),
    )  # fmt: skip


def scheduled(table: JobTable, policy: str, nodes: int, each: int, stops: list[float]) -> PoolJobs:
    """Jobs of one stream on an empty pool, advanced to each stop and then to the end."""
    free = np.full(nodes, each, np.int64)
    pool = PoolJobs(["jobs"], [table], FULL_CLOCK, policy, free, nodes * each, 1e15)
    for stop in [*stops, 1e12]:
        pool.advance(stop)
    return pool


@st.composite
def job_tables(draw: st.DrawFn) -> JobTable:
    number = draw(st.integers(1, 30))
    whole = st.integers(0, 50).map(float)  # whole seconds, so that ends and submissions meet
    submit_s = np.sort(np.array(draw(st.lists(whole, min_size=number, max_size=number))))
    run_s = np.array(draw(st.lists(st.integers(1, 40).map(float), min_size=number, max_size=number)))
    sizes = np.array(draw(st.lists(st.integers(1, 9), min_size=number, max_size=number)), np.int64)
    return table_of(submit_s, run_s, sizes, run_s * 1.5)


@pytest.mark.parametrize("policy", ["fifo", "sjf"])
@given(table=job_tables(), stops=st.lists(st.floats(0.5, 200.0), max_size=8))
@settings(max_examples=100, deadline=None)
def test_kernel_equals_plain_lists(policy: str, table: JobTable, stops: list[float]) -> None:
    pool = scheduled(table, policy, 4, 2, sorted(stops))
    keys = table.estimate_s if policy == "sjf" else np.arange(len(table.submit_s), dtype=float)
    twin = gang_starts(table.submit_s.tolist(), table.run_s.tolist(), table.accelerators.tolist(), keys.tolist(), 8)
    for job, start in enumerate(twin):
        if start is None:
            assert pool.jobs.status[job] == gang.REJECTED
        else:
            assert pool.jobs.times[job, gang.START_S] == start
    fitting = table.accelerators <= 8
    work_s = float((table.run_s * table.accelerators)[fitting].sum())
    assert pool.totals[0, gang.HELD_S] == pytest.approx(work_s)
    assert pool.totals[0, gang.KEPT_S] == pytest.approx(work_s)
    assert pool.totals[0, gang.ENERGY_J] == pytest.approx(500.0 * work_s)
    assert pool.jobs.node_free.sum() == 8
    assert pool.jobs.cursors[gang.FREE] == 8


@pytest.mark.parametrize("servers", [1, 2, 8, 100])
def test_one_accelerator_fifo_jobs_are_kiefer_wolfowitz_bit_for_bit(servers: int) -> None:
    random = np.random.default_rng(servers)
    submit_s, run_s = np.cumsum(random.exponential(1.0 / servers, 5_000)), random.exponential(0.9, 5_000)
    pool = scheduled(table_of(submit_s, run_s, np.ones(5_000, np.int64), run_s), "fifo", servers, 1, [100.0, 101.5])
    assert np.array_equal(
        pool.jobs.times[:, gang.START_S], kiefer_wolfowitz(submit_s.tolist(), run_s.tolist(), servers)
    )


@pytest.mark.parametrize(("policy", "mean_wait_s"), [("fifo", 2323.81), ("sjf", 496.43)])
def test_golden_trace_gives_the_published_waits(shared_data: Path, policy: str, mean_wait_s: float) -> None:
    table = logged_jobs(JobTrace(path=shared_data / "hpc_jobs" / "golden-10k.swf.gz"), 1e15)
    pool = scheduled(table, policy, 30, 8, [])
    assert pool.waits(0, 0.0).mean == pytest.approx(mean_wait_s, abs=0.005)


def test_a_slower_clock_stretches_what_is_left_of_a_job() -> None:
    table = table_of(np.array([0.0]), np.array([100.0]), np.array([2]), np.array([100.0]))
    free = np.full(2, 1, np.int64)
    pool = PoolJobs(["jobs"], [table], FULL_CLOCK, "fifo", free, 2, 1e15)
    pool.advance(40.0)
    pool.set_levels(np.array([1, 0]), 40.0)  # one of its two nodes at half speed: the gang waits for it
    pool.advance(1e4)
    assert pool.jobs.times[0, gang.END_S] == pytest.approx(40.0 + 60.0 / 0.5)
    assert pool.totals[0, gang.KEPT_S] == pytest.approx(200.0)
    assert pool.totals[0, gang.HELD_S] == pytest.approx(2 * 160.0)
    assert pool.totals[0, gang.ENERGY_J] == pytest.approx(80.0 * 500.0 + 120.0 * 500.0 + 120.0 * 300.0)
