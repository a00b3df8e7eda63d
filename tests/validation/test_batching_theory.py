"""Continuous batching against what theory and the model's own tables say of its limits, through whole runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from made import chat, pool, scenario
from request_log import logged_run
from sim.engine import build, simulate
from sim.engine.build import build_world
from sim.models.power import clock_grid_mhz
from sim.models.serving import ServingTables, serving_tables
from sim.models.steady import steady_state
from sim.record.ledger import ServiceTotals
from sim.scenario.specs import Distribution, PoissonTraffic, Scenario, Service, TraceTraffic
from sim.strategies import apply_mix
from sim.study.statistics import estimate

PROMPT, OUTPUT = 600, 150


def constant(mean: float) -> Distribution:
    return Distribution(kind="constant", mean=mean)


def varied(mean: float, cv: float) -> Distribution:
    return Distribution(kind="lognormal", mean=mean, cv=cv)


def traced(folder: Path, rows: Sequence[tuple[float, int, int]]) -> Service:
    """One replica and the requests of a trace: arrival, prompt, output."""
    path = folder / "trace.csv"
    lines = (",".join(map(repr, row)) for row in rows)
    path.write_text("\n".join(["arrival_s,input_tokens,output_tokens", *lines]) + "\n", "utf-8")
    return replace(chat(1.0, 1), traffic=TraceTraffic(path=path))


def generated(rate_per_s: float, prompt: Distribution, output: Distribution, **changes: object) -> Service:
    """One replica and Poisson traffic."""
    traffic = PoissonTraffic(rate_per_s=rate_per_s, input_tokens=prompt, output_tokens=output)
    return chat(1.0, 1, traffic=traffic, **changes)


def tables_of(made: Scenario, context_tokens: float) -> ServingTables:
    """The tables that a run of the only service reads."""
    deployment = apply_mix(made, None).deployments["chat"]
    accelerator = made.pools[0].node.accelerator
    return serving_tables(deployment.variant, deployment.service.engine, accelerator, 1, context_tokens)


def totals_of(made: Scenario, seed: int = 1, replication: int = 0) -> ServiceTotals:
    return simulate(apply_mix(made, None), seed, replication).services["chat"]


def prompt_alone_s(tables: ServingTables, tokens: int) -> float:
    """One iteration that takes in one prompt and decodes nothing."""
    token_s, token2_s, request_s = tables.prefill[tables.top_level, :3]
    return float(tables.decode[tables.top_level, 0, 0] + token_s * tokens + token2_s * tokens**2 + request_s)


# --- a replica that is nearly idle -----------------------------------------------------------------------------------


def test_a_request_alone_takes_the_seconds_of_the_tables(tmp_path: Path) -> None:
    rows = [(100.0 * number, 100 + 300 * number, 2 + 50 * number) for number in range(8)]
    made = scenario([traced(tmp_path, rows)])
    tables = tables_of(made, 1000.0)  # far from the power cap, where the context would matter
    step_s, kv_s = tables.decode[tables.top_level, 1, :2]
    _, log = logged_run(apply_mix(made, None))
    for (_, prompt, output), arrival, first, finish in zip(rows, log.arrival_s, log.first_s, log.finish_s, strict=True):
        assert first - arrival == pytest.approx(prompt_alone_s(tables, prompt), rel=1e-9)
        held = prompt + 1 + np.arange(output - 1)  # tokens of context at each of its iterations
        assert finish - first == pytest.approx(float((step_s + kv_s * held).sum()), rel=1e-9)


def test_first_token_at_low_load_comes_without_a_queue() -> None:
    made = scenario([generated(0.02, constant(PROMPT), constant(OUTPUT))], horizon_s=40_000.0)
    totals = totals_of(made)
    assert totals.completed > 700
    assert totals.ttft_s.p50 == pytest.approx(prompt_alone_s(tables_of(made, 675.0), PROMPT), rel=1e-3)
    assert totals.ttft_s.mean == pytest.approx(totals.ttft_s.p50, rel=0.02)


# --- a replica that is full ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("batch", [8, 64, 256])
def test_saturated_throughput_is_that_of_the_full_batch(batch: int) -> None:
    cv = 1.0
    service = generated(400.0, constant(PROMPT), varied(OUTPUT, cv))
    full = replace(service, engine=replace(service.engine, batch_max=batch))
    made = scenario([full], horizon_s=400.0, warmup_s=60.0)
    totals = totals_of(made)
    held = PROMPT + 0.5 * OUTPUT * (1.0 + cv**2)  # sequences in flight are the longer ones
    tables = tables_of(made, held)
    assert tables.batch_max == batch
    expected = steady_state(tables, batch, PROMPT, OUTPUT)
    assert totals.mean_batch == pytest.approx(batch, rel=1e-3)
    assert totals.outputs_in_window / 340.0 == pytest.approx(expected.output_tokens_per_s, rel=0.02)


def test_below_saturation_as_much_leaves_as_comes() -> None:
    rate = 10.0
    made = scenario([generated(rate, varied(PROMPT, 1.0), varied(OUTPUT, 0.8))], horizon_s=1000.0, warmup_s=100.0)
    found = [totals_of(made, 601, replication) for replication in range(10)]
    requests = estimate([totals.completed / 900.0 for totals in found], 0.999)
    tokens = estimate([totals.outputs_in_window / 900.0 for totals in found], 0.999)
    assert requests.half_width is not None
    assert tokens.half_width is not None
    assert abs(requests.mean - rate) < requests.half_width < 0.03 * rate
    assert abs(tokens.mean - rate * OUTPUT) < tokens.half_width < 0.03 * rate * OUTPUT


def test_every_token_of_a_trace_is_produced_once(tmp_path: Path) -> None:
    random = np.random.default_rng(602)
    rows = [
        (float(at), int(prompt), int(output))
        for at, prompt, output in zip(
            np.sort(random.uniform(0.0, 60.0, 400)),
            random.integers(1, 3000, 400),
            random.integers(1, 600, 400),
            strict=True,
        )
    ]
    totals = totals_of(scenario([traced(tmp_path, rows)], horizon_s=600.0))
    assert totals.completed == 400
    assert totals.input_tokens == sum(prompt for _, prompt, _ in rows)
    assert totals.output_tokens == totals.outputs_in_window == sum(output for _, _, output in rows)


# --- KV memory -------------------------------------------------------------------------------------------------------


def with_room_for(service: Service, tokens: int) -> Service:
    """The service on an engine whose KV cache holds so many tokens."""
    token_bytes = 131_072  # Llama-3.1-8B, 16 bits
    needed = 2.0 * service.model.parameters + service.engine.overhead_bytes + token_bytes * (tokens + 0.5)
    share = needed / pool().node.accelerator.memory_bytes
    return replace(service, engine=replace(service.engine, memory_share=share, kv_policy="reserve"))


@pytest.mark.parametrize(("requests", "spare"), [(1, 0), (10, 0), (10, OUTPUT), (40, PROMPT + OUTPUT - 1)])
def test_kv_memory_admits_as_many_requests_as_it_holds_whole(requests: int, spare: int) -> None:
    room = requests * (PROMPT + OUTPUT) + spare
    service = with_room_for(generated(200.0, constant(PROMPT), constant(OUTPUT)), room)
    made = scenario([service], horizon_s=30.0)
    assert tables_of(made, 675.0).kv_capacity_tokens == room
    world = build_world(apply_mix(made, None), 1, 0).world
    most = 0
    for instant in np.arange(0.05, 30.0, 0.05):
        world.advance(float(instant))
        most = max(most, world.services["chat"].running)
    assert most == requests
    assert world.services["chat"].waiting > 0


# --- the ideal of continuous batching --------------------------------------------------------------------------------

TOKENS = 500
SECONDS_PER_TOKEN = 2e-5


def fair_tables(*_: object) -> ServingTables:
    """A replica whose work is the same for every token, whoever else is in the batch: processor sharing."""
    levels, batch_max = len(clock_grid_mhz(pool().node.accelerator)), 1000
    decode, prefill = np.zeros((levels, batch_max + 1, 6)), np.zeros((levels, 8))
    decode[:, :, 0] = SECONDS_PER_TOKEN * np.arange(batch_max + 1)
    prefill[:, 2] = SECONDS_PER_TOKEN  # the first token, which comes with the prompt
    return ServingTables(
        batch_max=batch_max,
        kv_capacity_tokens=10**12,
        tensor_parallel=1,
        context_tokens=float(TOKENS),
        decode=decode,
        prefill=prefill,
        clock_mhz=clock_grid_mhz(pool().node.accelerator),
        top_level=levels - 1,
    )


@pytest.mark.parametrize(
    ("output", "seed", "horizon_s"),
    [
        (constant(TOKENS), 701, 1000.0),
        (varied(TOKENS, 1.0), 702, 1000.0),
        pytest.param(varied(TOKENS, 3.0), 703, 10_000.0, marks=pytest.mark.slow),
    ],
    ids=["constant", "lognormal cv 1", "lognormal cv 3"],
)
def test_fair_batching_is_processor_sharing_whatever_the_law_of_lengths(
    monkeypatch: pytest.MonkeyPatch, output: Distribution, seed: int, horizon_s: float
) -> None:
    used, alone_s = 0.8, TOKENS * SECONDS_PER_TOKEN
    monkeypatch.setattr(build, "replica_tables", fair_tables)
    made = scenario([generated(used / alone_s, constant(1), output)], horizon_s=horizon_s, warmup_s=100.0)
    found = [totals_of(made, seed, replication).e2e_s.mean for replication in range(20)]
    stretched = [mean / alone_s for mean in found if mean is not None]
    interval = estimate(stretched, 0.999)
    assert interval.half_width is not None
    assert abs(interval.mean - 1.0 / (1.0 - used)) < interval.half_width < 0.05 / (1.0 - used)
