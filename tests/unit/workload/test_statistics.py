"""Statistics of a trace: figures that do not exist are absent, never 0."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sim.workload.statistics import trace_statistics


def figures(folder: Path, text: str, named: str | None = None) -> dict[str, Any]:
    path = folder / "trace.txt"
    path.write_text(text)
    return dict(trace_statistics(path, named))


def test_requests_have_rate_burstiness_and_columns(tmp_path: Path) -> None:
    found = figures(tmp_path, "arrival_s,input_tokens,service_s\n0,1,0.5\n1,0,1\n2,3,1.5\n6,5,2.5\n")
    assert found["schema"] == "dcsim.trace/1"
    assert (found["format"], found["rows"], found["dropped"]) == ("csv", 4, 1)
    assert (found["span_s"], found["rate_per_s"]) == (6.0, pytest.approx(2 / 6))
    assert found["interarrival_cv"] == pytest.approx(1 / 3)  # gaps 2 and 4, population deviation
    assert found["columns"]["input_tokens"] == pytest.approx(
        {"mean": 3.0, "p50": 3.0, "p90": 4.6, "p99": 4.96, "max": 5.0, "sum": 9.0}
    )
    assert set(found["columns"]) == {"input_tokens", "service_s"}


def test_one_request_has_no_rate(tmp_path: Path) -> None:
    found = figures(tmp_path, "arrival_s,input_tokens\n4,1\n")
    assert (found["span_s"], found["rate_per_s"], found["interarrival_cv"]) == (0.0, None, None)


@pytest.mark.parametrize("named", [None, "swf"])
def test_jobs_are_told_by_their_first_line(tmp_path: Path, named: str | None) -> None:
    found = figures(tmp_path, "1 0 -1 60 4 -1 -1 4 60 -1 1 1 1 1 1 -1 -1 -1\n", named)
    assert (found["format"], found["rows"]) == ("swf", 1)
    assert found["columns"]["accelerators"]["sum"] == 4.0
    assert found["columns"]["wait_s"]["mean"] is None
