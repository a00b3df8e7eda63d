"""Traces read here have the rows, rates, quantiles and sums that plain pandas found in the same files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sim.scenario.specs import JobStream, JobTrace
from sim.workload import open_jobs
from sim.workload.statistics import trace_statistics

REQUESTS = {
    "llm_requests/AzureLLMInferenceTrace_code.csv": (
        "azure",
        {"input_tokens": ("ContextTokens", "sum_context"), "output_tokens": ("GeneratedTokens", "sum_generated")},
    ),
    "llm_requests/AzureLLMInferenceTrace_conv_1815-1845.csv.gz": (
        "azure",
        {"input_tokens": ("ContextTokens", "sum_context"), "output_tokens": ("GeneratedTokens", "sum_generated")},
    ),
    "llm_requests/mooncake_conversation_0-30min.jsonl.gz": (
        "mooncake",
        {"input_tokens": ("input_length", "sum_input"), "output_tokens": ("output_length", "sum_output")},
    ),
}
NASA = "hpc_jobs/NASA-iPSC-1993-3.1-cln.swf.gz"
GOLDEN = "hpc_jobs/golden-10k.swf.gz"


def truth(folder: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "stats.json").read_text("utf-8"))[name]
    return found


def assert_timing(found: dict[str, Any], expected: dict[str, Any]) -> None:
    assert (found["rows"], found["dropped"]) == (expected["rows"], 0)
    assert found["span_s"] == pytest.approx(expected["span_s"], abs=5e-4)
    assert found["rate_per_s"] == pytest.approx(expected["rate_per_s"], abs=5e-7)
    assert found["interarrival_cv"] == pytest.approx(expected["interarrival_cv"], abs=5e-5)


@pytest.mark.parametrize("name", REQUESTS)
def test_request_trace_has_its_published_figures(shared_data: Path, name: str) -> None:
    form, columns = REQUESTS[name]
    expected = truth(shared_data, name)
    found: dict[str, Any] = trace_statistics(shared_data / name)
    assert found["format"] == form
    assert_timing(found, expected)
    for column, (source, total) in columns.items():
        for figure, value in expected[source].items():
            assert found["columns"][column][figure] == pytest.approx(value, abs=5e-3), (column, figure)
        assert found["columns"][column]["sum"] == expected[total]


def test_job_log_has_its_published_figures(shared_data: Path) -> None:
    expected = truth(shared_data, NASA)
    found: dict[str, Any] = trace_statistics(shared_data / NASA)
    assert found["format"] == "swf"
    assert_timing(found, expected)
    for column, source in {"run_s": "run_s", "accelerators": "procs"}.items():
        for figure, value in expected[source].items():
            assert found["columns"][column][figure] == pytest.approx(value, abs=5e-3), (column, figure)
    assert set(found["columns"]["wait_s"].values()) == {None}


def test_job_table_holds_the_processor_hours_of_the_log(shared_data: Path) -> None:
    stream = JobStream(name="nasa", pool="p", policy="fifo", work=JobTrace(path=shared_data / NASA))
    jobs = open_jobs(stream, None, 8e6, 1, 0)  # type: ignore[arg-type]  # a log does not look at the node
    hours = float((jobs.run_s * jobs.accelerators).sum()) / 3600
    assert hours == pytest.approx(truth(shared_data, NASA)["proc_hours"], abs=5e-3)
    assert jobs.estimate_s.tolist() == jobs.run_s.tolist()  # the log knows no requested times


def test_golden_log_is_whole_and_no_estimate_lies_below_its_run_time(shared_data: Path) -> None:
    stream = JobStream(name="golden", pool="p", policy="fifo", work=JobTrace(path=shared_data / GOLDEN))
    jobs = open_jobs(stream, None, 2e6, 1, 0)  # type: ignore[arg-type]  # a log does not look at the node
    assert jobs.submit_s.size == 10_000
    assert bool((jobs.estimate_s >= jobs.run_s).all())
    assert int(jobs.accelerators.max()) <= 240
