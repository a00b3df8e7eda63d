"""Generated traffic: common random numbers, lengths as asked for, local days, bounded chunks."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest

from sim.catalog.entries import AIModel, EngineFit, Field, ServingEngine
from sim.errors import ScenarioError, TraceError
from sim.scenario.specs import Distribution, PoissonTraffic, Profile, Service, TraceTraffic
from sim.workload import CHUNK_ROWS, RequestChunk, open_traffic
from sim.workload.lengths import draw_tokens, draw_values, variation

MONDAY = datetime(2023, 1, 2, tzinfo=UTC)
CHAT = PoissonTraffic(
    rate_per_s=20.0,
    input_tokens=Distribution(kind="lognormal", mean=1200.0, cv=1.2),
    output_tokens=Distribution(kind="exponential", mean=200.0),
)
FIT = EngineFit(
    bandwidth_efficiency=0.8,
    compute_efficiency=0.5,
    prefill_efficiency=0.5,
    layer_s=1e-5,
    sequence_s=1e-5,
    all_reduce_s=1e-5,
)


def service(traffic: PoissonTraffic | TraceTraffic, family: str = "llm", name: str = "chat") -> Service:
    return Service(
        name=name,
        field=Field(name="nlp", metric="score", floor=0.5, target=0.9),
        model=AIModel(name="a-model", family=family),
        engine=ServingEngine(
            name="vllm",
            fits={},
            fallback=FIT,
            memory_share=0.9,
            overhead_bytes=0.0,
            batch_max=8,
            prefill_tokens_max=2048,
            start_s=1.0,
            load_bytes_per_s=1e9,
        ),
        precision="bf16",
        pool="h100",
        tensor_parallel=1,
        replicas_min=1,
        replicas_max=1,
        traffic=traffic,
    )


def chunks(
    traffic: PoissonTraffic,
    horizon_s: float = 600.0,
    *,
    start: datetime = MONDAY,
    utc_offset_h: float = 0.0,
    seed: int = 1,
    replication: int = 0,
    family: str = "llm",
    name: str = "chat",
) -> list[RequestChunk]:
    opened = open_traffic(service(traffic, family, name), start, horizon_s, utc_offset_h, seed, replication)
    found = []
    while (chunk := opened.next_chunk()) is not None:
        found.append(chunk)
    return found


def test_requests_come_at_the_rate_and_with_the_lengths_asked_for() -> None:
    opened = open_traffic(service(CHAT), MONDAY, 10_000.0, 0.0, 1, 0)
    assert opened.random
    assert opened.mean_rate_per_s == pytest.approx(20.0)
    assert (opened.mean_input_tokens, opened.mean_output_tokens) == (1200.0, 200.0)
    assert opened.cv_output_tokens == 1.0
    chunk = opened.next_chunk()
    assert chunk is not None
    rows = chunk.arrival_s.size
    assert rows == pytest.approx(200_000, abs=3.3 * math.sqrt(200_000))
    assert chunk.input_tokens.mean() == pytest.approx(1200.0, abs=3.3 * 1440 / math.sqrt(rows))
    assert chunk.output_tokens.mean() == pytest.approx(200.0, abs=3.3 * 200 / math.sqrt(rows))
    assert chunk.output_tokens.min() == 1
    assert not chunk.service_s.any()
    assert np.all(np.diff(chunk.arrival_s) >= 0.0)
    assert chunk.arrival_s[-1] < 10_000.0


def test_chunks_are_lazy_bounded_and_complete() -> None:
    found = chunks(replace(CHAT, rate_per_s=5000.0), horizon_s=120.0)
    assert [chunk.arrival_s.size for chunk in found[:-1]] == [CHUNK_ROWS] * (len(found) - 1)
    assert len(found) == 3
    assert found[0].arrival_s[-1] <= found[1].arrival_s[0]
    assert sum(chunk.arrival_s.size for chunk in found) == pytest.approx(600_000, abs=3.3 * math.sqrt(600_000))


def test_a_change_of_one_distribution_leaves_the_others_alone() -> None:
    (before,) = chunks(CHAT)
    (after,) = chunks(replace(CHAT, output_tokens=Distribution(kind="constant", mean=50.0)))
    assert after.arrival_s.tobytes() == before.arrival_s.tobytes()
    assert after.input_tokens.tobytes() == before.input_tokens.tobytes()
    assert set(after.output_tokens.tolist()) == {50}


def test_requests_depend_on_seed_replication_and_service() -> None:
    (first,) = chunks(CHAT)
    (same,) = chunks(CHAT)
    assert same.arrival_s.tobytes() == first.arrival_s.tobytes()
    for (other,) in (chunks(CHAT, seed=2), chunks(CHAT, replication=1), chunks(CHAT, name="code")):
        assert other.arrival_s[0] != first.arrival_s[0]
        assert other.input_tokens[:5].tolist() != first.input_tokens[:5].tolist()


def test_longer_horizon_keeps_the_requests_of_the_shorter_one() -> None:
    (short,) = chunks(CHAT, horizon_s=300.0)
    (long,) = chunks(CHAT, horizon_s=600.0)
    assert long.arrival_s[: short.arrival_s.size].tobytes() == short.arrival_s.tobytes()
    assert long.arrival_s[short.arrival_s.size] >= 300.0


def test_uniform_and_constant_service_times_serve_fixed_time_models() -> None:
    law = Distribution(kind="uniform", mean=2.0, low=1.0, high=3.0)
    (chunk,) = chunks(PoissonTraffic(rate_per_s=20.0, service_s=law), family="fixed-time")
    assert not chunk.input_tokens.any()
    assert not chunk.output_tokens.any()
    assert 1.0 < chunk.service_s.min() < 1.01
    assert 2.99 < chunk.service_s.max() < 3.0


def hours_of_peak(start: datetime, utc_offset_h: float) -> float:
    profile = Profile(peak_to_mean=2.0, peak_hour=15.0)
    found = chunks(replace(CHAT, rate_per_s=2.0, profile=profile), 86_400.0, start=start, utc_offset_h=utc_offset_h)
    angles = np.concatenate([chunk.arrival_s for chunk in found]) * 2 * np.pi / 86_400.0
    return float(np.angle(np.exp(1j * angles).mean()) * 12 / np.pi % 24)


def test_peak_hour_is_that_of_the_site() -> None:
    assert hours_of_peak(MONDAY, 0.0) == pytest.approx(15.0, abs=0.1)
    assert hours_of_peak(MONDAY, -6.0) == pytest.approx(21.0, abs=0.1)
    elsewhere = MONDAY.astimezone(timezone(timedelta(hours=9)))
    assert hours_of_peak(elsewhere, -6.0) == pytest.approx(21.0, abs=0.1)


def test_weekend_is_that_of_the_site() -> None:
    quiet = replace(CHAT, profile=Profile(weekend=0.0))
    friday_late = datetime(2023, 1, 6, 22, tzinfo=UTC)
    assert chunks(quiet, 600.0, start=friday_late, utc_offset_h=8.0) == []
    assert chunks(quiet, 600.0, start=friday_late, utc_offset_h=-8.0) != []


def test_no_rate_brings_no_requests() -> None:
    assert chunks(replace(CHAT, rate_per_s=0.0)) == []


def test_profile_below_zero_is_refused() -> None:
    with pytest.raises(ScenarioError, match=r"peak_to_mean is 2.5; allowed: 1 to 2"):
        chunks(replace(CHAT, profile=Profile(peak_to_mean=2.5)))


def test_lengths_too_large_to_count_are_refused() -> None:
    law = Distribution(kind="constant", mean=3e9)
    with pytest.raises(ScenarioError, match="drew 3e\\+09 tokens"):
        draw_tokens(law, np.uint64(1), 0, 5, "services.chat.traffic.input_tokens")


def test_what_the_model_needs_must_be_given(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="gives no input_tokens and no output_tokens, which a-model needs"):
        chunks(PoissonTraffic(rate_per_s=1.0))
    with pytest.raises(ScenarioError, match="gives no service_s"):
        chunks(CHAT, family="fixed-time")
    (tmp_path / "t.csv").write_text("arrival_s,input_tokens\n1,1\n")
    with pytest.raises(TraceError, match="no output_tokens, which a-model of service 'chat' needs"):
        open_traffic(service(TraceTraffic(path=tmp_path / "t.csv")), MONDAY, 60.0, 0.0, 1, 0)


def test_trace_is_opened_by_the_same_door(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("arrival_s,service_s\n1,0.5\n2,0.25\n")
    traffic = open_traffic(service(TraceTraffic(path=tmp_path / "t.csv"), "fixed-time"), MONDAY, 60.0, 0.0, 1, 0)
    chunk = traffic.next_chunk()
    assert chunk is not None
    assert chunk.service_s.tolist() == [0.5, 0.25]


@pytest.mark.parametrize(
    "law",
    [
        Distribution(kind="constant", mean=200.0),
        Distribution(kind="exponential", mean=200.0),
        Distribution(kind="uniform", mean=200.0, low=100.0, high=300.0),
        Distribution(kind="lognormal", mean=200.0, cv=0.7),
    ],
    ids=lambda law: law.kind,
)
def test_the_variation_of_a_law_is_that_of_its_draws(law: Distribution) -> None:
    values = draw_values(law, np.uint64(7), 0, 200_000)
    assert variation(law) == pytest.approx(values.std() / values.mean(), rel=0.02)
