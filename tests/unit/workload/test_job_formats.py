"""Job logs of every format: how they are told apart, what their traps are, what a run makes of them."""

from __future__ import annotations

import contextlib
import gzip
import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.errors import TraceError
from sim.record.trace_files import write_trace
from sim.scenario.specs import JobTrace
from sim.workload import JobTable
from sim.workload.converting import trace_columns
from sim.workload.job_formats import job_format, read_jobs
from sim.workload.job_log import JobLog
from sim.workload.jobs import logged_jobs
from sim.workload.openb_nodes import read_nodes
from sim.workload.sacct import gpus, span_s
from sim.workload.statistics import trace_statistics

SWF = "1 0 -1 60 4 -1 -1 4 90 -1 1 7 1 1 1 -1 -1 -1\n"
PHILLY = (
    "timestamp,duration,num_gpus,gpu_time,cluster\n"
    "2017-10-02 00:00:10,50.0,2,100.0,vc1\n2017-10-02 00:00:00,108.0,1,108.0,vc2\n2017-10-02 00:01:00,7.0,1,7.0,vc1\n"
)
OPENB_HEADER = (
    "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_time,scheduled_time\n"
)
OPENB = OPENB_HEADER + (
    "p0,12000,16384,1,460,,LS,Succeeded,0,100,10\n"  # a share
    "p1,12000,16384,8,1000,V100M16|V100M32,LS,Running,5,500,5\n"
    "p2,12000,16384,0,0,,BE,Failed,6,56,6\n"  # no accelerator
    "p3,12000,16384,1,1000,,BE,Pending,7,400,\n"  # never placed
)
NODES = "sn,cpu_milli,memory_mib,gpu,model\nn0,64000,262144,2,P100\nn1,96000,524288,8,G2\nn2,96000,524288,0,\n"
GAVEL = (
    "ResNet-18 (batch size 128)\tpython3 main.py\timages\t--num_steps\t1\t925982\t4\t1\t-1.000000\t0\n"
    "LM (batch size 80)\tpython3 main.py\ttext\t--steps\t1\t1000\t1\t2\t-1.000000\t46317.5\n"
)
SACCT = (
    "JobID|User|Submit|Start|End|Elapsed|Timelimit|AllocTRES|ReqTRES|State|Priority|\n"
    "7|ann|2024-01-01T10:00:00|2024-01-01T10:05:00|2024-01-01T11:05:30|01:00:30|1-00:00:00|cpu=8,gres/gpu:a100=4,gres/gpu=4|cpu=8|COMPLETED|120|\n"
    "7.batch||2024-01-01T10:05:00|2024-01-01T10:05:00|2024-01-01T11:05:30|01:00:30||cpu=8||COMPLETED||\n"
    "8_[1-9]|bob|2024-01-01T09:00:00|Unknown|Unknown|00:00:00|UNLIMITED||cpu=1,gres/gpu:h100=2|PENDING|90|\n"
    "9|bob|2024-01-01T09:30:00|2024-01-01T09:30:00|2024-01-01T09:40:00|10:00|30:00|cpu=1|cpu=1|CANCELLED by 7|90|\n"
    "10|cat|2024-01-01T09:40:00|2024-01-01T09:41:00|Unknown|02:00:00|Partition_Limit|gres/gpu=1|gres/gpu=1|RUNNING|90|\n"
)
BATSIM = {
    "nb_res": 8,
    "jobs": [
        {"id": 0, "subtime": 3.5, "res": 4, "walltime": 300, "profile": "a"},
        {"id": 1, "subtime": 1.0, "res": 8, "walltime": 50, "profile": "a"},
        {"id": 2, "subtime": 2.0, "res": 1, "walltime": -1, "profile": "b"},
        {"id": 3, "subtime": 4.0, "res": 1, "profile": "c"},
    ],
    "profiles": {
        "a": {"type": "DelayProfile", "delay": 172.94},
        "b": {"type": "delay", "delay": 5},
        "c": {"type": "parallel_homogeneous", "cpu": 1e9, "com": 0},
    },
}
PLAIN = "submit_s,accelerators,run_s,estimate_s,user,priority\n0,1,10,20,ann,3\n5,0.5,10,,,\n"
KNOWN = {
    "swf": SWF,
    "philly": PHILLY,
    "openb": OPENB,
    "openb-nodes": NODES,
    "gavel": GAVEL,
    "sacct": SACCT,
    "batsim": json.dumps(BATSIM, indent=4),
    "csv": PLAIN,
}


def written(folder: Path, text: str) -> Path:
    path = folder / "log"
    path.write_text(text)
    return path


def log_of(folder: Path, text: str) -> JobLog:
    return read_jobs(written(folder, text))


def table_of(folder: Path, text: str, horizon_s: float = 1e6) -> JobTable:
    return logged_jobs(JobTrace(path=written(folder, text)), horizon_s)


@pytest.mark.parametrize("name", KNOWN)
def test_a_log_is_told_by_its_content_packed_or_not(tmp_path: Path, name: str) -> None:
    for data in (KNOWN[name].encode(), KNOWN[name].replace("\n", "\r\n").encode()):
        assert job_format(data) == name
    path = tmp_path / "log.gz"
    path.write_bytes(gzip.compress(KNOWN[name].encode()))
    assert trace_statistics(path)["format"] == name


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x,y\n1,2\n",
        "arrival_s,input_tokens\n1,2\n",
        '{"timestamp": 1, "input_length": 2}\n',
        "TIMESTAMP,ContextTokens",
    ],
)
def test_what_holds_no_jobs_is_not_taken_for_a_log(text: str) -> None:
    assert job_format(text.encode()) is None


def test_philly_rows_are_sorted_and_begin_at_time_0_of_a_run(tmp_path: Path) -> None:
    jobs = table_of(tmp_path, PHILLY)
    assert jobs.submit_s.tolist() == [0.0, 10.0, 60.0]
    assert jobs.accelerators.tolist() == [1, 2, 1]
    assert jobs.run_s.tolist() == [108.0, 50.0, 7.0]
    assert jobs.users.tolist() == [1, 0, 0]  # virtual clusters
    assert "log: 1 of 3 jobs were not in order of time; sorted" in jobs.warnings
    assert any("knows no queueing, attempts or failures" in text for text in jobs.warnings)


def test_openb_shares_stand_in_the_log_and_get_a_whole_accelerator_in_a_run(tmp_path: Path) -> None:
    log = log_of(tmp_path, OPENB)
    assert log.accelerators.tolist() == [0.46, 8.0, 0.0, 1.0]
    assert log.run_s[:3].tolist() == [90.0, 495.0, 50.0]
    assert log.wait_s[:3].tolist() == [10.0, 0.0, 0.0]
    assert math.isnan(log.run_s[3])
    jobs = table_of(tmp_path, OPENB)
    assert jobs.accelerators.tolist() == [1, 8]
    said = "\n".join(jobs.warnings)
    assert "1 of 4 jobs ask for a share of an accelerator and get a whole one (+1.2% of accelerator-seconds)" in said
    assert "1 of 4 jobs ask for no accelerator and are left out" in said
    assert "1 of 4 jobs have no known run time" in said
    assert "1 jobs may only run on accelerators that they name" in said
    assert "1 jobs end at the last instant of the log" in said


def test_a_pod_that_ends_before_it_starts_is_refused(tmp_path: Path) -> None:
    text = OPENB_HEADER + "p0,1,1,1,1000,,LS,Running,0,5,10\n"
    with pytest.raises(TraceError, match=r":2: a pod is placed before it is created, or deleted before it is placed"):
        log_of(tmp_path, text)


def test_node_list_counts_accelerators_by_model_and_is_no_log(tmp_path: Path) -> None:
    path = written(tmp_path, NODES)
    assert read_nodes(path).by_model == {"G2": 8, "P100": 2}
    assert trace_statistics(path)["accelerators_by_model"] == {"G2": 8, "P100": 2}
    with pytest.raises(TraceError, match="a list of nodes, not of jobs"):
        read_jobs(path)


def test_gavel_jobs_have_steps_and_no_run_time_of_their_own(tmp_path: Path) -> None:
    log = log_of(tmp_path, GAVEL)
    assert log.accelerators.tolist() == [4.0, 1.0]
    assert log.further["steps"].tolist() == [925_982.0, 1_000.0]
    assert log.priority.tolist() == [1.0, 2.0]
    assert log.submit_s.tolist() == [0.0, 46_317.5]
    assert np.isnan(log.run_s).all()


def test_sacct_steps_limits_and_unended_jobs(tmp_path: Path) -> None:
    log = log_of(tmp_path, SACCT)
    assert log.rows == 4  # the step is part of job 7
    assert log.user.tolist() == ["bob", "bob", "cat", "ann"]
    assert log.accelerators.tolist() == [2.0, 0.0, 1.0, 4.0]
    assert np.array_equal(log.run_s, [np.nan, 600.0, np.nan, 3630.0], equal_nan=True)
    assert np.array_equal(log.wait_s, [np.nan, 0.0, 60.0, 300.0], equal_nan=True)
    assert np.array_equal(log.estimate_s, [np.nan, 1800.0, np.nan, 86_400.0], equal_nan=True)
    jobs = table_of(tmp_path, SACCT)
    assert (jobs.submit_s.tolist(), jobs.priorities.tolist()) == ([3600.0], [120.0])
    assert any("1 rows are steps of jobs" in text for text in jobs.warnings)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1-02:03:04", 93_784.0), ("02:03:04", 7_384.0), ("03:04", 184.0), ("03:04.250", 184.0), ("UNLIMITED", math.nan)],
)
def test_spans_of_slurm(text: str, seconds: float) -> None:
    assert span_s(text) == pytest.approx(seconds, nan_ok=True)


@pytest.mark.parametrize(
    ("tres", "count"),
    [
        ("billing=8,cpu=8,gres/gpu=2,mem=16G", 2.0),
        ("gres/gpu:a100=2,gres/gpu=2", 2.0),  # the kind is part of the total
        ("gres/gpu:a100=2,gres/gpu:h100=1", 3.0),
        ("cpu=1,gres/gpumem=80G", 0.0),
    ],
)
def test_accelerators_among_trackable_resources(tres: str, count: float) -> None:
    assert gpus(tres) == count


def test_batsim_delays_are_run_times_and_walltimes_end_them(tmp_path: Path) -> None:
    log = log_of(tmp_path, KNOWN["batsim"])
    assert log.submit_s.tolist() == [1.0, 2.0, 3.5, 4.0]
    assert np.array_equal(log.run_s, [50.0, 5.0, 172.94, np.nan], equal_nan=True)
    assert np.array_equal(log.estimate_s, [50.0, 5.0, 300.0, np.nan], equal_nan=True)
    assert "log: 1 jobs are killed at their walltime" in log.warnings()


def test_batsim_profile_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match="1 jobs name a profile that is not there, such as 'c'"):
        log_of(tmp_path, json.dumps({**BATSIM, "profiles": {"a": {}, "b": {}}}))


def test_plain_log_may_leave_out_what_it_does_not_know(tmp_path: Path) -> None:
    log = log_of(tmp_path, PLAIN)
    assert log.estimate_s.tolist() == [20.0, 10.0]  # else the run time
    assert log.user.tolist() == ["ann", "-"]
    stream = logged_jobs(JobTrace(path=tmp_path / "log"), 1e6, priority=7.0)
    assert stream.priorities.tolist() == [3.0, 7.0]  # else that of the stream


@pytest.mark.parametrize("name", [name for name in KNOWN if name != "openb-nodes"])
def test_every_format_converts_to_the_plain_one_and_back(tmp_path: Path, name: str) -> None:
    first = log_of(tmp_path, KNOWN[name])
    write_trace(tmp_path / "log.parquet", trace_columns(tmp_path / "log"))
    again = read_jobs(tmp_path / "log.parquet")
    assert again.format == "parquet"
    assert again.submit_s.tolist() == (first.submit_s - first.submit_s[0]).tolist()
    for column in ("accelerators", "run_s", "wait_s", "estimate_s", "priority"):
        assert np.array_equal(getattr(again, column), getattr(first, column), equal_nan=True), column
    assert again.user.tolist() == first.user.tolist()
    assert {name: values.tolist() for name, values in again.further.items()} == {
        name: values.tolist() for name, values in first.further.items()
    }
    assert (again.models is None) == (first.models is None)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (PHILLY.replace("50.0,2", "-3,2"), ":2: duration is not a number of at least 0 .1 such rows of 3."),
        (PHILLY.replace("2017-10-02 00:00:00", "soon"), ":3: timestamp is not"),
        (PLAIN.replace("0.5", "half"), ":3: accelerators is not"),
        (PLAIN.replace("0,1,10,20,ann,3", "0,1,10,20,ann,3,4"), "a row has more fields than the header"),
        (PLAIN.splitlines()[0] + "\n", "the log has no jobs"),
        (GAVEL + "one\ttwo\n", ":3: a job of a Gavel trace is 10 fields"),
        (SACCT.replace("AllocTRES|ReqTRES", "X|Y"), ":1: one of the columns"),
        (PLAIN.replace("0,1,10", "0,\0,10"), "NUL bytes"),
        ('{"jobs": [], "profiles": {}', "not a JSON object"),
        ('{"jobs": [], "profiles": {}}', "the log has no jobs"),
        ('{"jobs": [1], "profiles": {}}', "'jobs' is not a list of objects"),
    ],
)
def test_a_faulty_log_is_refused_with_its_line(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(TraceError, match=problem):
        log_of(tmp_path, text)


def test_a_format_that_is_named_is_read_as_such(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match="columns are missing: timestamp, duration"):
        read_jobs(written(tmp_path, OPENB), "philly")
    with pytest.raises(TraceError, match=r"no job format 'phily'; did you mean 'philly'\?"):
        read_jobs(written(tmp_path, PHILLY), "phily")


@given(
    name=st.sampled_from(sorted(KNOWN)),
    cuts=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 3), st.binary(max_size=4)), min_size=1, max_size=6),
)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_log_is_read_or_refused_and_nothing_else(
    tmp_path: Path, name: str, cuts: list[tuple[int, int, bytes]]
) -> None:
    data = KNOWN[name].encode()
    for at, length, put in cuts:
        data = data[:at] + put + data[at + length :]
    path = tmp_path / "log"
    path.write_bytes(data)
    with contextlib.suppress(TraceError):
        logged_jobs(JobTrace(path=path), 1e6)
