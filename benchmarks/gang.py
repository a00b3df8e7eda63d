"""How fast jobs are scheduled: process CPU time of the gang kernel, and of a plain program in C for FIFO.

100,000 gang jobs of 1 to 1,024 accelerators on 10,000, best of three after start-up. Run: python benchmarks/gang.py
"""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

from sim.engine.pool_jobs import POLICIES, PoolJobs
from sim.kernels import gang_layout as at
from sim.workload import JobTable

JOBS, NODES, EACH = 100_000, 1_250, 8
USERS = 50
RATES = np.array([[[1.0, 500.0, 350.0]]])

C_SOURCE = r"""
/* FIFO gangs whose head blocks, on a counter of free accelerators: no nodes, no energy.
   a binary heap of ends. Returns the mean wait. */
static double end_s[1 << 20]; static int job_of[1 << 20]; static int size;
static void push(double key, int job) {
  int i = size++;
  for (int up; i > 0 && end_s[up = (i - 1) / 2] > key; i = up) { end_s[i] = end_s[up]; job_of[i] = job_of[up]; }
  end_s[i] = key; job_of[i] = job;
}
static int pop(void) {
  int first = job_of[0], last = job_of[--size], i = 0; double key = end_s[size];
  for (int child; (child = 2 * i + 1) < size; i = child) {
    if (child + 1 < size && end_s[child + 1] < end_s[child]) child++;
    if (end_s[child] >= key) break;
    end_s[i] = end_s[child]; job_of[i] = job_of[child];
  }
  end_s[i] = key; job_of[i] = last;
  return first;
}
double fifo(int jobs, const double *submit_s, const double *run_s, const long long *need, long long accelerators) {
  double now = 0, wait = 0; long long left = accelerators; size = 0;
  for (int j = 0; j < jobs; j++) {
    if (now < submit_s[j]) now = submit_s[j];
    while (size && end_s[0] <= now) left += need[pop()];
    while (left < need[j]) { now = end_s[0]; left += need[pop()]; }
    left -= need[j]; wait += now - submit_s[j]; push(now + run_s[j], j);
  }
  return wait / jobs;
}
"""


def made_jobs(load: float, seed: int = 1) -> JobTable:
    """Jobs of powers of two, large ones rarer, lognormal run times, Poisson arrivals that offer this load."""
    random = np.random.default_rng(seed)
    sizes = 2 ** random.geometric(0.25, JOBS).clip(1, 11).astype(np.int64) // 2
    run_s = random.lognormal(6.5, 1.8, JOBS).clip(10.0, 86_400.0)
    gap_s = float((sizes * run_s).mean()) / (load * NODES * EACH)
    return JobTable(
        submit_s=np.cumsum(random.exponential(gap_s, JOBS)),
        accelerators=sizes,
        run_s=run_s,
        estimate_s=run_s * random.uniform(1.0, 5.0, JOBS),
        u_memory=0.3,
        u_compute=0.3,
        user=random.integers(0, USERS, JOBS),
        priority=random.integers(0, 5, JOBS).astype(np.float64),
    )


def kernel_s(jobs: JobTable, policy: str, times: int = 3) -> tuple[float, float]:
    """CPU seconds of the best of several runs to the end, and the mean wait."""
    best = np.inf
    for _ in range(times):
        pool = PoolJobs(["jobs"], [jobs], RATES, policy, np.full(NODES, EACH, np.int64), NODES * EACH, 1e15)
        begin = time.process_time()
        pool.advance(1e12)
        best = min(best, time.process_time() - begin)
    return best, float((pool.jobs.times[:, at.START_S] - jobs.submit_s).mean())


def c_s(jobs: JobTable) -> tuple[float, float] | None:
    """Likewise of the program in C; None where there is no compiler."""
    if shutil.which("gcc") is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        source, library = Path(folder) / "fifo.c", Path(folder) / "fifo.so"
        source.write_text(C_SOURCE)
        subprocess.run(["gcc", "-O3", "-shared", "-fPIC", "-o", library, source], check=True)
        fifo = ctypes.CDLL(str(library)).fifo
    fifo.restype = ctypes.c_double
    columns = [column.ctypes.data_as(ctypes.c_void_p) for column in (jobs.submit_s, jobs.run_s, jobs.accelerators)]
    best = np.inf
    for _ in range(3):
        begin = time.process_time()
        wait_s = fifo(JOBS, *columns, ctypes.c_longlong(NODES * EACH))
        best = min(best, time.process_time() - begin)
    return best, wait_s


def row(load: float, what: str, seconds: float, wait_s: float) -> str:
    return f"load {load:4.2f}  {what:10s}  {seconds:7.3f} s  {JOBS / seconds:12,.0f} jobs/s  mean wait {wait_s:12.2f} s"


def main() -> None:
    for load in (0.5, 0.8, 0.95, 1.2):
        jobs = made_jobs(load)
        for policy in POLICIES:
            print(row(load, policy, *kernel_s(jobs, policy)))
        plain = c_s(jobs)
        if plain is not None:
            print(row(load, "fifo in C", *plain))


if __name__ == "__main__":
    main()
