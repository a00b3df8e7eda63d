"""Gang scheduling equals plain lists, keeps its accounts, and gives the published waits on the golden trace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sim.engine.pool_jobs import POLICIES, PoolJobs
from sim.kernels import gang_layout as at
from sim.scenario.specs import JobTrace
from sim.workload import JobTable
from sim.workload.jobs import logged_jobs
from twins.gangs import Cluster, Gang
from twins.queues import kiefer_wolfowitz

Floats = NDArray[np.float64]
FULL_CLOCK = np.array([[[0.5, 300.0, 350.0], [1.0, 500.0, 350.0]]])  # two levels: half speed, full speed


def table_of(submit_s: Floats, run_s: Floats, accelerators: NDArray[np.int64], estimate_s: Floats) -> JobTable:
    return JobTable(
        submit_s=submit_s, accelerators=accelerators, run_s=run_s, estimate_s=estimate_s, u_memory=0.3, u_compute=0.4,
        random=False, warnings=(),
    )  # fmt: skip


def scheduled(
    table: JobTable, policy: str, nodes: int, each: int, stops: Sequence[float] = (), restart_s: float = 0.0
) -> PoolJobs:
    """Jobs of one stream on an empty pool, advanced to each stop and then to the end."""
    free = np.full(nodes, each, np.int64)
    pool = PoolJobs(["jobs"], [table], FULL_CLOCK, policy, free, nodes * each, 1e15, None, [restart_s])
    for stop in [*stops, 1e12]:
        pool.advance(stop)
    return pool


@st.composite
def job_tables(draw: st.DrawFn) -> JobTable:
    number = draw(st.integers(1, 30))
    whole = st.integers(0, 50).map(float)  # whole seconds, so that ends and submissions meet

    def many(values: st.SearchStrategy[float]) -> Floats:
        return np.array(draw(st.lists(values, min_size=number, max_size=number)), np.float64)

    run_s = many(st.integers(1, 40).map(float))
    return replace(
        table_of(np.sort(many(whole)), run_s, many(st.integers(1, 9)).astype(np.int64), run_s),
        estimate_s=np.maximum(run_s + many(st.integers(-10, 40)), 1.0),  # some run past their estimate
        user=many(st.integers(0, 3)).astype(np.int64),
        priority=many(st.integers(0, 2)),
    )


def twin_of(table: JobTable, policy: str, total: int, restart_s: float) -> list[Gang]:
    columns = (table.submit_s, table.run_s, table.estimate_s, table.accelerators, table.users, table.priorities)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    gangs = [Gang(number, *row) for number, row in enumerate(rows)]
    Cluster(gangs, policy, total, restart_s).run()
    return gangs


@pytest.mark.parametrize("policy", POLICIES)
@given(table=job_tables(), stops=st.lists(st.floats(0.5, 200.0), max_size=8), restart_s=st.sampled_from((0.0, 3.0)))
@settings(max_examples=100, deadline=None)
def test_kernel_equals_plain_lists(policy: str, table: JobTable, stops: list[float], restart_s: float) -> None:
    pool = scheduled(table, policy, 4, 2, sorted(stops), restart_s)
    gangs = twin_of(table, policy, 8, restart_s)
    for job, gang in enumerate(gangs):
        if gang.end_s is None:
            assert pool.jobs.status[job] == at.REJECTED
        else:
            assert pool.jobs.times[job, at.START_S] == gang.start_s
            assert pool.jobs.times[job, at.END_S] == gang.end_s
    fitting = table.accelerators <= 8
    work_s = float((table.run_s * table.accelerators)[fitting].sum())
    restarts_s = sum(gang.stops * gang.accelerators for gang in gangs) * restart_s
    assert pool.totals[0, at.PREEMPTED] == sum(gang.stops for gang in gangs)
    assert pool.totals[0, at.KEPT_S] == pytest.approx(work_s)
    assert work_s - 1e-6 <= pool.totals[0, at.HELD_S] <= work_s + restarts_s + 1e-6
    assert pool.totals[0, at.ENERGY_J] == pytest.approx(500.0 * pool.totals[0, at.HELD_S])
    assert pool.jobs.node_free.sum() == 8
    assert pool.jobs.cursors[at.FREE] == 8


@given(table=job_tables())
@settings(max_examples=200, deadline=None)
def test_nobody_who_passes_delays_the_head_beyond_its_reservation(table: JobTable) -> None:
    table = replace(table, estimate_s=np.maximum(table.estimate_s, table.run_s))  # nobody runs past an estimate
    pool = scheduled(table, "easy", 4, 2)
    for job, gang in enumerate(twin_of(table, "easy", 8, 0.0)):
        if gang.end_s is not None:
            assert pool.jobs.times[job, at.START_S] <= gang.promised_s


@pytest.mark.parametrize("servers", [1, 2, 8, 100])
def test_one_accelerator_fifo_jobs_are_kiefer_wolfowitz_bit_for_bit(servers: int) -> None:
    random = np.random.default_rng(servers)
    submit_s, run_s = np.cumsum(random.exponential(1.0 / servers, 5_000)), random.exponential(0.9, 5_000)
    pool = scheduled(table_of(submit_s, run_s, np.ones(5_000, np.int64), run_s), "fifo", servers, 1, [100.0, 101.5])
    assert np.array_equal(pool.jobs.times[:, at.START_S], kiefer_wolfowitz(submit_s.tolist(), run_s.tolist(), servers))


@pytest.mark.parametrize(
    ("policy", "mean_wait_s", "mean_slowdown"),
    [("fifo", 2323.81, 16.04), ("sjf", 496.43, 1.93), ("easy", 695.00, 5.04)],
)
def test_golden_trace_gives_the_published_waits(
    shared_data: Path, policy: str, mean_wait_s: float, mean_slowdown: float
) -> None:
    table = logged_jobs(JobTrace(path=shared_data / "hpc_jobs" / "golden-10k.swf.gz"), 1e15)
    pool = scheduled(table, policy, 30, 8)
    turnaround_s = pool.jobs.times[:, at.END_S] - table.submit_s
    assert pool.waits(0, 0.0).mean == pytest.approx(mean_wait_s, abs=0.005)
    assert float((turnaround_s / table.run_s).mean()) == pytest.approx(mean_slowdown, abs=0.005)


@pytest.mark.parametrize("policy", POLICIES)
def test_at_low_load_jobs_take_their_run_time_and_utilisation_halves_with_load(policy: str) -> None:
    random = np.random.default_rng(7)
    run_s = random.lognormal(8.0, 0.5, 2_000)
    sizes = 2 ** random.integers(0, 3, 2_000)
    used = []
    for gap_s in (9_000.0, 18_000.0):
        submit_s = np.cumsum(np.maximum(random.exponential(gap_s, 2_000), 0.2 * gap_s))
        pool = scheduled(table_of(submit_s, run_s, sizes, run_s), policy, 27, 4)
        assert pool.turnarounds(0, 0.0).mean == pytest.approx(run_s.mean(), rel=1e-9)
        used.append(pool.totals[0, at.HELD_S] / (108 * float(pool.jobs.times[:, at.END_S].max())))
    assert used[0] / used[1] == pytest.approx(2.0, rel=0.05)


def test_a_slower_clock_moves_the_reservation_of_the_head() -> None:
    """The head waits for job 0, whose node goes to half speed at 10 s: by then a job of 150 s no longer delays it."""
    columns = np.array([0.0, 0.0, 20.0]), np.array([100.0, 50.0, 150.0]), np.array([1, 2, 1])
    table = table_of(*columns, columns[1])
    free = np.full(2, 1, np.int64)
    pool = PoolJobs(["jobs"], [table], FULL_CLOCK, "easy", free, 2, 1e15)
    pool.advance(10.0)
    pool.set_levels(np.array([0, 1]), 10.0)
    pool.advance(1e4)
    assert pool.jobs.times[:, at.START_S].tolist() == [0.0, 190.0, 20.0]


def test_a_slower_clock_stretches_what_is_left_of_a_job() -> None:
    table = table_of(np.array([0.0]), np.array([100.0]), np.array([2]), np.array([100.0]))
    free = np.full(2, 1, np.int64)
    pool = PoolJobs(["jobs"], [table], FULL_CLOCK, "fifo", free, 2, 1e15)
    pool.advance(40.0)
    pool.set_levels(np.array([1, 0]), 40.0)  # one of its two nodes at half speed: the gang waits for it
    pool.advance(1e4)
    assert pool.jobs.times[0, at.END_S] == pytest.approx(40.0 + 60.0 / 0.5)
    assert pool.totals[0, at.KEPT_S] == pytest.approx(200.0)
    assert pool.totals[0, at.HELD_S] == pytest.approx(2 * 160.0)
    assert pool.totals[0, at.ENERGY_J] == pytest.approx(80.0 * 500.0 + 120.0 * 500.0 + 120.0 * 300.0)


@pytest.mark.parametrize("policy", POLICIES)
@given(table=job_tables(), changes=st.lists(st.tuples(st.floats(1.0, 30.0), st.integers(0, 15)), max_size=12))
@settings(max_examples=50, deadline=None)
def test_every_job_does_its_work_while_clocks_change(
    policy: str, table: JobTable, changes: list[tuple[float, int]]
) -> None:
    pool = PoolJobs(["jobs"], [table], FULL_CLOCK, policy, np.full(4, 2, np.int64), 8, 1e15, None, [2.0])
    now = 0.0
    for seconds, levels in changes:
        now += seconds
        pool.advance(now)
        counts = pool.counts(0, 0.0)
        for status in (at.QUEUED, at.RUNNING, at.DONE, at.REJECTED):
            assert pool.in_status(0, status) == counts[status]
        pool.set_levels(np.array([levels >> node & 1 for node in range(4)]), now)
    pool.advance(1e12)
    fitting = table.accelerators <= 8
    assert pool.jobs.status.tolist() == np.where(fitting, at.DONE, at.REJECTED).tolist()
    work_s = float((table.run_s * table.accelerators)[fitting].sum())
    assert pool.totals[0, at.KEPT_S] == pytest.approx(work_s)
    assert pool.totals[0, at.HELD_S] >= work_s * (1 - 1e-9)
    assert pool.jobs.node_free.tolist() == [2] * 4
