"""Jobs from logs and training: what is used of a line, what is left out and counted, what is refused."""

from __future__ import annotations

import gzip
import math
from pathlib import Path

import pytest

from sim.catalog import Catalogue
from sim.catalog.entries import NodeType
from sim.errors import TraceError
from sim.models.power import job_tables
from sim.models.training import train_seconds
from sim.scenario.specs import JobStream, JobTrace, TrainJobs
from sim.workload import JobTable, open_jobs
from sim.workload.swf import read_swf

HEADER = "; Version: 2.2\n;\n"


def line(number: int, submit: float, run: float, allocated: int = 4, requested: int = -1, estimate: float = -1) -> str:
    return f"{number} {submit} -1 {run} {allocated} -1 -1 {requested} {estimate} -1 1 1 1 1 1 -1 -1 -1\n"


def written(folder: Path, text: str) -> Path:
    path = folder / "log.swf"
    path.write_text(text)
    return path


def table(path: Path, horizon_s: float = 1e6, named: str | None = None) -> JobTable:
    stream = JobStream(name="batch", pool="p", policy="fifo", work=JobTrace(path=path, format=named))
    node = NodeType.__new__(NodeType)  # a log does not look at the node
    return open_jobs(stream, node, horizon_s, 1, 0)


def test_job_takes_its_figures_from_the_fields_of_the_format(tmp_path: Path) -> None:
    jobs = table(written(tmp_path, HEADER + line(1, 5.5, 60.25, 4, 8, 90) + line(2, 9, 30, -1, 16)))
    assert jobs.submit_s.tolist() == [5.5, 9.0]
    assert jobs.run_s.tolist() == [60.25, 30.0]
    assert jobs.accelerators.tolist() == [4, 16]  # allocated, else requested
    assert jobs.estimate_s.tolist() == [90.0, 30.0]  # requested time, else run time
    assert not jobs.random


def test_log_says_what_is_assumed_about_its_jobs(tmp_path: Path) -> None:
    jobs = table(written(tmp_path, line(1, 0, 1)))
    assert (jobs.u_memory, jobs.u_compute) == (0.35, 0.12)
    assert jobs.warnings == (
        "log.swf: its jobs are assumed to reach 35% of memory bandwidth and 12% of peak FLOP/s, which sets their power",
    )


@pytest.mark.parametrize("name", Catalogue.built_in().names("accelerators"))
def test_logged_job_takes_its_logged_time_on_every_accelerator(tmp_path: Path, name: str) -> None:
    jobs = table(written(tmp_path, line(1, 0, 1)))
    accelerator = Catalogue.built_in().accelerator(name)
    assert job_tables(accelerator, jobs.u_memory, jobs.u_compute, None, None)[-1, 0] == 1.0


def test_packed_log_without_header_is_read(tmp_path: Path) -> None:
    path = tmp_path / "log.swf.gz"
    path.write_bytes(gzip.compress((line(1, 0, 10) + "\n" + line(2, 3, 10)).replace("\n", "\r\n").encode()))
    assert table(path).submit_s.tolist() == [0.0, 3.0]


def test_unsorted_jobs_are_sorted_and_counted(tmp_path: Path) -> None:
    jobs = table(written(tmp_path, line(1, 5, 1) + line(2, 3, 2) + line(3, 5, 3) + line(4, 4, 4)))
    assert jobs.run_s.tolist() == [2.0, 4.0, 1.0, 3.0]
    assert jobs.warnings[0] == "log.swf: 2 of 4 jobs were not in order of time; sorted"


def test_jobs_of_unknown_submit_run_or_size_are_left_out_and_counted(tmp_path: Path) -> None:
    text = line(1, 0, -1) + line(2, -1, 5) + line(3, 1, 5, -1) + line(4, 2, 5, 0) + line(5, 3, 0)
    jobs = table(written(tmp_path, text))
    assert jobs.submit_s.tolist() == [3.0]
    assert jobs.run_s.tolist() == [0.0]  # a run time of 0 is known
    assert "4 of 5 jobs have no known submit time, run time or whole number of processors" in jobs.warnings[0]


def test_jobs_after_the_horizon_are_counted(tmp_path: Path) -> None:
    path = written(tmp_path, line(1, 5, 1) + line(2, 10, 1) + line(3, 11, 1))
    jobs = table(path, horizon_s=10.0)
    assert jobs.submit_s.tolist() == [5.0]
    assert "log.swf: 2 of 3 jobs are submitted at or after the horizon" in jobs.warnings
    assert "log.swf: no job is submitted within the horizon" in table(path, horizon_s=5.0).warnings


def test_known_waits_are_kept_apart_from_unknown_ones(tmp_path: Path) -> None:
    log = read_swf(written(tmp_path, line(1, 0, 1) + line(2, 1, 1).replace("1 -1 1", "1 7 1", 1)))
    assert math.isnan(log.wait_s[0])
    assert log.wait_s[1] == 7.0


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "the log has no jobs"),
        (HEADER, "the log has no jobs"),
        (HEADER + line(1, 0, 1) + "1 2 x 4 5 6 7 8 9\n1 2\n", ":4: the line is not 18 numbers"),
        (line(1, 0, 1) + line(2, math.nan, 1), r":2: the line is not 18 numbers.*\(1 such lines of 2\)"),
        ("arrival_s,input_tokens\n1,2\n", ":1: no job log in a known format"),
    ],
)
def test_what_is_no_log_is_refused_with_its_line(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(TraceError, match=problem):
        table(written(tmp_path, text))


def test_unknown_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match=r"no job format 'swff'; did you mean 'swf'\?"):
        table(written(tmp_path, line(1, 0, 1)), named="swff")


def trained(every_s: float | None, horizon_s: float) -> JobTable:
    catalogue = Catalogue.built_in()
    work = TrainJobs(
        model=catalogue.model("llama-3.1-8b"), tokens=2e9, precision="bf16", accelerators=16, every_s=every_s
    )
    stream = JobStream(name="train", pool="p", policy="fifo", work=work)
    return open_jobs(stream, catalogue.node("hgx-h100-8"), horizon_s, 1, 0)


def test_training_takes_the_time_that_the_performance_model_gives() -> None:
    catalogue = Catalogue.built_in()
    model, node = catalogue.model("llama-3.1-8b"), catalogue.node("hgx-h100-8")
    jobs = trained(None, 86_400.0)
    assert (float(jobs.run_s[0]), jobs.u_memory, jobs.u_compute) == train_seconds(model, 2e9, "bf16", 16, node)
    assert jobs.submit_s.tolist() == [0.0]
    assert jobs.accelerators.tolist() == [16]
    assert jobs.estimate_s.tolist() == jobs.run_s.tolist()


def test_training_starts_again_until_the_horizon() -> None:
    assert trained(3600.0, 10_800.0).submit_s.tolist() == [0.0, 3600.0, 7200.0]
    assert trained(3600.0, 10_801.0).submit_s.tolist() == [0.0, 3600.0, 7200.0, 10_800.0]
