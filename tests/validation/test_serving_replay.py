"""Two real runs of vLLM replayed: the arrivals and lengths of 300 chats each, on a card that no fit has seen.

The runs: vLLM 0.19.0, bf16, at most 128 sequences and 2,048 tokens per step and card, ShareGPT chats at 10 per second
(casys-kaist/LLMServingSim @5daddb2, bench/examples/RTXPRO6000/*/vllm, settings in meta.json). Nothing in the model was
fitted on this card or on these runs; the card comes from its data sheet, the engine's constants are the fall-back.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from made import chat, pool, scenario
from request_log import RequestLog, logged_run
from sim.catalog import Catalogue
from sim.scenario.specs import Slo, TraceTraffic
from sim.strategies import apply_mix

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Run:
    """A measured run: its files, the replicas that stand for it, and the relative errors that are known and allowed."""

    name: str
    model: str
    replicas: int
    duration: float
    tpot: float
    e2e: float
    ttft: float


RUNS = (
    # a tenth too slow per token; at a load beyond the batch limit that is a quarter more queueing
    Run(
        name="RTXPRO6000_Llama-3.1-8B",
        model="llama-3.1-8b",
        replicas=1,
        duration=0.1,
        tpot=0.15,
        e2e=0.18,
        ttft=0.35,
    ),
    # two cards, data parallel with the experts shared out between them, which two whole replicas stand for
    Run(
        name="RTXPRO6000_Qwen3-30B-A3B-Instruct-2507",
        model="qwen3-30b-a3b",
        replicas=2,
        duration=0.08,
        tpot=0.12,
        e2e=0.13,
        ttft=0.33,
    ),
)


@dataclass(frozen=True)
class Times:
    """Seconds of each request of a run, and of the whole run."""

    ttft_s: Floats
    tpot_s: Floats
    e2e_s: Floats
    duration_s: float


def measured(run: Run, folder: Path) -> tuple[Times, list[tuple[float, int, int]]]:
    """What was measured, and the rows of the trace; all by the engine's own clock, which starts with the first row."""
    path = folder / "measured" / "serving_replay" / f"{run.name}_requests.jsonl"
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    rows.sort(key=lambda row: float(row["queued_ts"]))
    queued, first, last = (
        np.array([row[name] for row in rows]) for name in ("queued_ts", "first_token_ts", "last_token_ts")
    )
    output = np.array([row["output_toks"] for row in rows])
    trace = [
        (float(at - queued[0]), row["input_toks"], row["output_toks"]) for at, row in zip(queued, rows, strict=True)
    ]
    times = Times(first - queued, (last - first) / (output - 1), last - queued, float(last.max() - queued[0]))
    return times, trace


def simulated(run: Run, trace: list[tuple[float, int, int]], folder: Path) -> Times:
    """The same requests through a run of the simulator."""
    rows = folder / "trace.csv"
    lines = (",".join(map(repr, row)) for row in trace)
    rows.write_text("\n".join(["arrival_s,input_tokens,output_tokens", *lines]) + "\n", "utf-8")
    catalogue = Catalogue.built_in()
    node = replace(catalogue.node("l40s-8"), accelerator=catalogue.accelerator("rtx-pro-6000"))
    engine = replace(catalogue.engine("vllm"), batch_max=128, prefill_tokens_max=2048)
    service = chat(
        replicas=run.replicas,
        model=catalogue.model(run.model),
        engine=engine,
        traffic=TraceTraffic(path=rows),
        slo=Slo(),
    )
    made = scenario([service], [replace(pool(), node=node)], horizon_s=300.0)
    _, log = logged_run(apply_mix(made, None))
    return times_of(log)


def times_of(log: RequestLog) -> Times:
    return Times(
        log.first_s - log.arrival_s,
        (log.finish_s - log.first_s) / (log.output_tokens - 1),
        log.finish_s - log.arrival_s,
        float(log.finish_s.max() - log.arrival_s.min()),
    )


def off_by(found: Floats, truth: Floats, quantile: float) -> float:
    """Relative error of a quantile."""
    return float(np.quantile(found, quantile) / np.quantile(truth, quantile)) - 1.0


@pytest.mark.parametrize("run", RUNS, ids=lambda run: run.model)
def test_replay_of_a_real_run_keeps_the_stated_errors(shared_data: Path, tmp_path: Path, run: Run) -> None:
    truth, trace = measured(run, shared_data)
    found = simulated(run, trace, tmp_path)
    assert len(found.e2e_s) == len(truth.e2e_s) == 300
    assert found.duration_s == pytest.approx(truth.duration_s, rel=run.duration)
    for quantile in (0.5, 0.9, 0.99):
        assert abs(off_by(found.tpot_s, truth.tpot_s, quantile)) < run.tpot
        assert abs(off_by(found.e2e_s, truth.e2e_s, quantile)) < run.e2e
        assert abs(off_by(found.ttft_s, truth.ttft_s, quantile)) < run.ttft
    assert found.ttft_s.mean() == pytest.approx(truth.ttft_s.mean(), rel=run.ttft)


def test_most_requests_wait_where_they_did(shared_data: Path, tmp_path: Path) -> None:
    """The batch is full for most of the first run: who waited for seconds there waits here, who did not does not."""
    truth, trace = measured(RUNS[0], shared_data)
    found = simulated(RUNS[0], trace, tmp_path)
    waited, waits = np.sort(truth.ttft_s) > 1.0, np.sort(found.ttft_s) > 1.0
    assert waits.mean() == pytest.approx(waited.mean(), abs=0.05)
