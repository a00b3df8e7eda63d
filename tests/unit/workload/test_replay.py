"""Replayed traffic: what comes when, and where every row of the trace went."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from sim.errors import TraceError
from sim.scenario.specs import TraceTraffic
from sim.workload import replay
from sim.workload.replay import TraceReplay, open_replay
from sim.workload.traces import read_trace

START = datetime(2023, 1, 1, tzinfo=UTC)
TRACE = "arrival_s,input_tokens,output_tokens\n10,1,10\n11,2,20\n13,3,30\n16,4,40\n20,5,50\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "trace.csv"
    path.write_text(TRACE)
    return path


def opened(
    spec: TraceTraffic, horizon_s: float = 100.0, seed: int = 1, replication: int = 0, name: str = "chat"
) -> TraceReplay:
    return open_replay(
        name,
        spec,
        read_trace(spec.path),
        scenario_start=START,
        horizon_s=horizon_s,
        seed=seed,
        replication=replication,
    )


def requests(traffic: TraceReplay) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    chunks = []
    while (chunk := traffic.next_chunk()) is not None:
        chunks.append(chunk)
    assert traffic.next_chunk() is None
    if not chunks:
        return np.empty(0), np.empty(0, np.int32)
    for chunk in chunks:
        assert chunk.arrival_s.flags.writeable
        assert chunk.arrival_s.flags.c_contiguous
        assert chunk.input_tokens.dtype == chunk.output_tokens.dtype == np.int32
        assert np.array_equal(chunk.output_tokens, chunk.input_tokens * 10)
        assert not chunk.service_s.any()
    return np.concatenate([c.arrival_s for c in chunks]), np.concatenate([c.input_tokens for c in chunks])


def test_first_row_comes_at_time_0(path: Path) -> None:
    traffic = opened(TraceTraffic(path=path), horizon_s=10.5)
    times, tokens = requests(traffic)
    assert times.tolist() == [0.0, 1.0, 3.0, 6.0, 10.0]
    assert tokens.tolist() == [1, 2, 3, 4, 5]
    assert not traffic.random
    assert traffic.warnings == ()
    assert (traffic.mean_input_tokens, traffic.mean_output_tokens) == (3.0, 30.0)
    assert traffic.cv_output_tokens == pytest.approx(math.sqrt(2.0) / 3.0)
    assert traffic.mean_rate_per_s == 5 / 10.5


def test_trace_may_keep_its_own_clock(path: Path) -> None:
    assert requests(opened(TraceTraffic(path=path, align="absolute")))[0].tolist() == [10.0, 11.0, 13.0, 16.0, 20.0]


def test_rate_scale_squeezes_time(path: Path) -> None:
    times, tokens = requests(opened(TraceTraffic(path=path, rate_scale=2.0)))
    assert times.tolist() == [0.0, 0.5, 1.5, 3.0, 5.0]
    assert tokens.tolist() == [1, 2, 3, 4, 5]


def test_rows_at_or_after_the_horizon_are_counted(path: Path) -> None:
    traffic = opened(TraceTraffic(path=path), horizon_s=6.0)
    assert requests(traffic)[0].tolist() == [0.0, 1.0, 3.0]
    assert "trace.csv: 2 of 5 rows lie at or after the horizon and are left out" in traffic.warnings
    assert traffic.mean_input_tokens == 2.0


def test_rows_before_the_start_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "azure.csv"
    stamps = ["2022-12-31 23:59:59.9", "2023-01-01 00:00:00", "2023-01-01 00:00:03.5"]
    path.write_text("TIMESTAMP,ContextTokens,GeneratedTokens\n" + "".join(f"{stamp},1,10\n" for stamp in stamps))
    traffic = opened(TraceTraffic(path=path, align="absolute"), horizon_s=3.6)
    assert requests(traffic)[0].tolist() == [0.0, 3.5]
    assert traffic.warnings == ("azure.csv: 1 of 3 rows lie before the start of the scenario and are left out",)


def test_trace_outside_the_horizon_brings_nothing_and_says_so(path: Path) -> None:
    traffic = opened(TraceTraffic(path=path, align="absolute"), horizon_s=10.0)
    assert requests(traffic)[0].size == 0
    assert traffic.mean_rate_per_s == traffic.mean_input_tokens == 0.0
    assert "trace.csv: no request lies within the horizon" in traffic.warnings


def test_trace_that_ends_early_says_so(path: Path) -> None:
    assert any("the last request comes at 10.0 s of 100 s" in text for text in opened(TraceTraffic(path=path)).warnings)


def test_repeated_trace_follows_itself_after_one_mean_gap(path: Path) -> None:
    traffic = opened(TraceTraffic(path=path, repeat=True), horizon_s=26.0)
    times, tokens = requests(traffic)
    assert times.tolist() == [0.0, 1.0, 3.0, 6.0, 10.0, 12.5, 13.5, 15.5, 18.5, 22.5, 25.0]
    assert tokens.tolist() == [1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 1]
    assert traffic.mean_rate_per_s == 5 / 12.5
    assert not traffic.random


def test_repeated_trace_of_the_past_runs_through_the_start(tmp_path: Path) -> None:
    path = tmp_path / "azure.csv"
    stamps = ["2022-12-31 23:59:50", "2022-12-31 23:59:52", "2022-12-31 23:59:54"]  # period 6 s
    path.write_text("TIMESTAMP,ContextTokens,GeneratedTokens\n" + "".join(f"{stamp},1,10\n" for stamp in stamps))
    times, _ = requests(opened(TraceTraffic(path=path, align="absolute", repeat=True), horizon_s=9.0))
    assert times.tolist() == [0.0, 2.0, 4.0, 6.0, 8.0]


def test_trace_of_one_instant_cannot_repeat(tmp_path: Path) -> None:
    path = tmp_path / "one.csv"
    path.write_text("arrival_s,input_tokens\n3,1\n3,2\n")
    with pytest.raises(TraceError, match="all requests come at one instant"):
        opened(TraceTraffic(path=path, repeat=True))


def test_chunks_hold_at_most_their_limit_and_join_without_a_seam(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = TraceTraffic(path=path, repeat=True)
    whole, tokens = requests(opened(spec, horizon_s=500.0))
    monkeypatch.setattr(replay, "CHUNK_ROWS", 7)
    traffic = opened(spec, horizon_s=500.0)
    sizes, parts = [], []
    while (chunk := traffic.next_chunk()) is not None:
        sizes.append(chunk.arrival_s.size)
        parts.append(chunk.arrival_s)
    assert set(sizes[:-1]) == {7}
    assert np.concatenate(parts).tobytes() == whole.tobytes()
    assert tokens.size == whole.size == 200


def test_resampled_blocks_are_stretches_of_the_trace(path: Path) -> None:
    traffic = opened(TraceTraffic(path=path, resample_s=5.0), horizon_s=40_000.0)
    times, tokens = requests(traffic)
    assert traffic.random
    assert np.all(np.diff(times) >= 0.0)
    offsets = np.array([0.0, 1.0, 3.0, 6.0, 10.0])
    steps = (times[1:] - times[:-1]) - (offsets[tokens[1:] - 1] - offsets[tokens[:-1] - 1])
    same_block = (times[1:] // 5.0) == (times[:-1] // 5.0)
    assert np.allclose(np.mod(steps[same_block] + 1e-6, 12.5), 1e-6, atol=2e-6)
    # every request is as likely as any other: binomial, 99.9 %
    counts = np.bincount(tokens, minlength=6)[1:]
    assert counts.sum() / 40_000.0 == pytest.approx(traffic.mean_rate_per_s, rel=0.02)
    assert np.abs(counts / counts.mean() - 1).max() < 0.08


def test_resampling_depends_on_seed_replication_and_service_alone(path: Path) -> None:
    spec = TraceTraffic(path=path, resample_s=5.0)
    first = requests(opened(spec))[0]
    assert requests(opened(spec))[0].tobytes() == first.tobytes()
    longer = requests(opened(spec, horizon_s=200.0))[0]
    assert longer[longer < 100.0].tobytes() == first.tobytes()
    for other in (opened(spec, seed=2), opened(spec, replication=1), opened(spec, name="code")):
        assert requests(other)[0].tobytes() != first.tobytes()


def test_blocks_must_fit_into_the_trace(path: Path) -> None:
    with pytest.raises(TraceError, match=r"blocks of 13 s are longer than the trace \(12.5 s\)"):
        opened(TraceTraffic(path=path, resample_s=13.0))


def test_neighbouring_pieces_never_run_backwards(tmp_path: Path) -> None:
    path = tmp_path / "odd.csv"
    times = np.arange(1, 60) / 7.0
    path.write_text("arrival_s,input_tokens\n" + "".join(f"{time!r},1\n" for time in times.tolist()))
    for block_s in (0.1, 0.3, 1 / 7, 0.7):
        traffic = opened(TraceTraffic(path=path, resample_s=block_s), horizon_s=300.0)
        chunk = traffic.next_chunk()
        assert chunk is not None
        assert np.all(np.diff(chunk.arrival_s) >= 0.0)
