"""The serving kernel equals its plain twin, and does not care how its way is cut."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sim.kernels import serving
from sim.kernels import serving_layout as at
from sim.kernels.draws import stream_key
from sim.kernels.fleet import new_fleet
from sim.kernels.prefixes import new_prefixes
from twins.serving import Request, serve

Floats = NDArray[np.float64]
ROUTERS = (at.ROUND_ROBIN, at.LEAST_LOADED, at.POWER_OF_TWO, at.CONSOLIDATE, at.PREFIX_AFFINITY)
GROUPS = 7
DECISION_S = 0.0173205081  # an odd number, like the other times


def made_rates(
    kv_policy: int = at.RECOMPUTE,
    batch_max: int = 6,
    kv_capacity: int = 900,
    prompt_tokens_max: int = 150,
    prefix_share: float = 0.3,
    levels: int = 3,
) -> at.Rates:
    """A replica of ordinary proportions, slower and cheaper at lower levels.

    The times are odd numbers, so that no arrival falls on an iteration boundary but for rounding.
    """
    batch = np.arange(batch_max + 1.0)
    decode = np.zeros((levels, batch_max + 1, 6))
    prefill = np.zeros((levels, 8))
    for level in range(levels):
        slow = (levels / (level + 1.0)) ** 0.5
        decode[level, :, at.STEP_S] = slow * (0.00618033988 + 0.000412310562 * batch)
        decode[level, :, at.KV_S] = 2.23606798e-6
        decode[level, :, at.STEP_J] = decode[level, :, at.STEP_S] * (300.0 + 100.0 * level)
        decode[level, :, at.KV_J] = 2e-6 * (250.0 + 50.0 * level)
        decode[level, :, at.STEP_BEST_J] = decode[0, :, at.STEP_J]
        decode[level, :, at.KV_BEST_J] = decode[0, :, at.KV_J]
        prefill[level] = slow * np.array([3.16227766e-5, 1.41421356e-9, 2.64575131e-4, 0.012, 4e-7, 0.08, 0.01, 3e-7])
    waiting_w = np.column_stack((np.linspace(150.0, 230.0, levels), np.full(levels, 75.0)))
    return at.Rates(decode, prefill, waiting_w, 2.0, batch_max, kv_capacity, prompt_tokens_max, kv_policy, prefix_share)


def ruled(router: int, queue_max: int = at.ENDLESS) -> at.Dispatch:
    """A router; consolidating, it fills replicas up to four requests."""
    return at.Dispatch(router, queue_max, room=4, key=stream_key(7, 0, "router", "chat"))


def run_kernel(
    requests: list[Request],
    rates: at.Rates,
    replicas: int,
    router: int | at.Dispatch,
    instants: list[float],
    decision_s: float = 0.0,
    prefixes_max: int | None = None,
) -> tuple[at.Fleet, dict[int, tuple[float, float]]]:
    """Advances to each instant in turn; the fleet, and (first, finish) of every request that ended."""
    dispatch = router if isinstance(router, at.Dispatch) else ruled(router)
    fleet = new_fleet(replicas, rates.batch_max)
    fleet.counts[:, at.STATE] = at.ON
    fleet.counts[:, at.LEVEL] = len(rates.prefill) - 1
    serving.refresh_all(fleet, dispatch)
    arrival_s = np.array([r.arrival_s for r in requests], np.float64)
    arrivals = at.Arrivals(
        arrival_s,
        arrival_s + decision_s,
        np.array([r.prompt for r in requests], np.int32),
        np.array([r.output for r in requests], np.int32),
        np.array([r.group for r in requests], np.int32),
        True,
    )
    prefixes = new_prefixes(replicas, 0 if prefixes_max is None else GROUPS, prefixes_max or 0)
    active = np.arange(replicas, dtype=np.int64)
    for instant in instants:
        assert serving.advance(rates, fleet, dispatch, prefixes, arrivals, active, instant) == at.REACHED
    ended = {
        int(number): (float(times[at.LOG_FIRST_S]), float(times[at.LOG_FINISH_S]))
        for times, number in zip(fleet.log_times, fleet.log_counts[:, at.LOG_ID], strict=True)
        if times[at.LOG_ARRIVAL_S] > 0
    }
    return fleet, ended


@st.composite
def request_lists(draw: st.DrawFn) -> list[Request]:
    gaps = draw(st.lists(st.floats(1e-4, 0.3), min_size=1, max_size=40))
    arrival = np.cumsum(np.array(gaps) + 1e-6)
    sizes = st.tuples(st.integers(1, 400), st.integers(1, 120))
    groups = st.integers(0, GROUPS - 1)
    return [
        Request(i, float(at_s), *draw(st.shared(sizes, key=f"size {i}")), group=draw(groups))
        for i, at_s in enumerate(arrival)
    ]


@pytest.mark.parametrize("policy", [at.RESERVE, at.RECOMPUTE])
@pytest.mark.parametrize("router", ROUTERS)
@given(
    requests=request_lists(),
    replicas=st.integers(1, 4),
    queue_max=st.sampled_from((1, 3, at.ENDLESS)),
    prefixes_max=st.sampled_from((None, 0, 1, 3)),
)
@settings(max_examples=60, deadline=None)
def test_kernel_equals_simpy_twin_request_by_request(
    router: int, policy: int, requests: list[Request], replicas: int, queue_max: int, prefixes_max: int | None
) -> None:
    rates, dispatch = made_rates(policy), ruled(router, queue_max)
    if router == at.PREFIX_AFFINITY and prefixes_max is None:
        prefixes_max = 2
    fleet, ended = run_kernel(requests, rates, replicas, dispatch, [1e5], DECISION_S, prefixes_max)
    twins = serve(requests, rates, replicas, dispatch, DECISION_S, prefixes_max)
    assert fleet.cursors[at.ALIVE] == 0
    for request in requests:
        first, finish = ended[request.number]
        if request.finish_s is None:
            assert np.isnan(finish), "the twin rejected it"
        else:
            assert first == pytest.approx(request.first_s, rel=1e-9)
            assert finish == pytest.approx(request.finish_s, rel=1e-9)
    assert fleet.cursors[at.PREEMPTED] == sum(twin.preemptions for twin in twins)
    assert fleet.cursors[at.PREFIX_HITS] == sum(twin.hits for twin in twins)
    for r, twin in enumerate(twins):
        assert fleet.counts[r, at.ITERATIONS] == twin.iterations
        assert fleet.clocks[r, at.BUSY_S] == pytest.approx(twin.busy_s, rel=1e-9)
        assert fleet.clocks[r, at.ENERGY_J] - fleet.clocks[r, at.WAIT_J] == pytest.approx(twin.joules, rel=1e-9)


@pytest.mark.parametrize("router", ROUTERS)
@given(requests=request_lists(), cuts=st.lists(st.floats(0.01, 20.0), max_size=30))
@settings(max_examples=60, deadline=None)
def test_cutting_the_way_changes_no_bit_of_any_request(router: int, requests: list[Request], cuts: list[float]) -> None:
    rates = made_rates()
    whole, in_one = run_kernel(requests, rates, 2, router, [1e5], prefixes_max=3)
    parts, in_parts = run_kernel(requests, rates, 2, router, [*sorted(cuts), 1e5], prefixes_max=3)
    assert in_one.keys() == in_parts.keys()
    for number, times in in_one.items():
        assert np.array_equal(times, in_parts[number], equal_nan=True)
    assert np.array_equal(whole.counts[:, at.TOKENS], parts.counts[:, at.TOKENS])
    assert np.allclose(whole.clocks[:, at.ENERGY_J], parts.clocks[:, at.ENERGY_J], rtol=1e-9)
    assert np.allclose(whole.clocks[:, at.BEST_J], parts.clocks[:, at.BEST_J], rtol=1e-9)


def test_energy_until_an_instant_grows_steadily_within_an_iteration() -> None:
    rates = made_rates()
    requests = [Request(0, 1.0, 200, 50)]
    at_stops = [run_kernel(requests, rates, 1, at.ROUND_ROBIN, [stop])[0].clocks[0, at.ENERGY_J] for stop in
                np.linspace(0.5, 3.0, 200)]  # fmt: skip
    assert all(np.diff(at_stops) > 0.0)


def test_waiting_replicas_stay_at_the_floor_before_they_idle() -> None:
    rates = made_rates()
    fleet, _ = run_kernel([Request(0, 1.0, 10, 1)], rates, 1, at.ROUND_ROBIN, [101.0])
    fleet_begin_idle_s = 1.0  # it idles from the start, works once, lingers 2 s at the floor, then idles again
    busy_s = fleet.clocks[0, at.BUSY_S]
    expected = 75.0 * fleet_begin_idle_s + 230.0 * 2.0 + 75.0 * (100.0 - busy_s - 2.0)
    assert fleet.clocks[0, at.WAIT_J] == pytest.approx(expected, rel=1e-12)


def test_a_lower_clock_acts_from_the_next_iteration_boundary() -> None:
    rates = made_rates()
    requests = [Request(0, 1.0, 100, 400)]
    fast, fast_end = run_kernel(requests, rates, 1, at.ROUND_ROBIN, [1e3])
    fleet = new_fleet(1, rates.batch_max)
    fleet.counts[:, at.STATE], fleet.counts[:, at.LEVEL] = at.ON, 2
    dispatch, active = at.Dispatch(), np.zeros(1, np.int64)
    serving.refresh_all(fleet, dispatch)
    prompt, output, prefixes = np.array([100], np.int32), np.array([400], np.int32), new_prefixes(1, 0, 0)
    arrivals = at.Arrivals(np.ones(1), np.ones(1), prompt, output, output, True)
    serving.advance(rates, fleet, dispatch, prefixes, arrivals, active, 2.0)
    done = int(fleet.counts[0, at.ITERATIONS])
    serving.set_levels(rates, fleet, dispatch, np.zeros(1, np.int64), 2.0)
    serving.advance(rates, fleet, dispatch, prefixes, arrivals, active, 1e3)
    finish = float(fleet.log_times[0, at.LOG_FINISH_S])
    held = sum(101 + i for i in range(done, 399))
    slow_s = (399 - done) * rates.decode[0, 1, at.STEP_S] + held * rates.decode[0, 1, at.KV_S]
    assert finish > fast_end[0][1]
    assert finish == pytest.approx(2.0 + slow_s, abs=0.02)
    assert fleet.counts[0, at.ITERATIONS] == fast.counts[0, at.ITERATIONS]


def crowded(number: int) -> list[Request]:
    """Requests that arrive faster than memory allows, with odd arrival times."""
    random = np.random.default_rng(5)
    arrival_s = np.cumsum(random.exponential(0.0131, number) + 1e-6)
    sizes = random.integers((20, 20), (400, 200), (number, 2))
    return [Request(i, float(arrival_s[i]), int(sizes[i, 0]), int(sizes[i, 1])) for i in range(number)]


def test_where_memory_runs_out_the_newest_is_recomputed_as_the_twin_does() -> None:
    requests, rates = crowded(300), made_rates(at.RECOMPUTE)
    fleet, ended = run_kernel(requests, rates, 2, at.ROUND_ROBIN, [1e5])
    twins = serve(requests, rates, 2, at.Dispatch())
    assert fleet.cursors[at.PREEMPTED] == sum(twin.preemptions for twin in twins)
    assert fleet.cursors[at.PREEMPTED] > 20
    for request in requests:
        assert ended[request.number][1] == pytest.approx(request.finish_s, rel=1e-9)


def test_reserved_memory_is_never_taken_back() -> None:
    fleet, _ = run_kernel(crowded(300), made_rates(at.RESERVE), 2, at.ROUND_ROBIN, [1e5])
    assert fleet.cursors[at.PREEMPTED] == 0
    assert fleet.cursors[at.ALIVE] == 0


def test_a_long_prompt_is_taken_in_beside_decoding() -> None:
    rates = made_rates(batch_max=4, prompt_tokens_max=100)
    requests = [Request(0, 1.0, 10, 60), Request(1, 1.1, 450, 1)]
    _, ended = run_kernel(requests, rates, 1, at.ROUND_ROBIN, [1e3])
    serve(requests, rates, 1, at.Dispatch())
    assert ended[1][0] == pytest.approx(requests[1].first_s, rel=1e-9)
    alone = made_rates(batch_max=4, prompt_tokens_max=1000)
    _, at_once = run_kernel([Request(0, 1.0, 10, 60), Request(1, 1.1, 450, 1)], alone, 1, at.ROUND_ROBIN, [1e3])
    assert ended[1][0] > at_once[1][0], "it shares its iterations with the sequence that decodes"


def test_a_cached_prefix_shortens_the_wait_for_the_first_token() -> None:
    first = [
        run_kernel([Request(0, 1.0, 400, 5)], made_rates(prefix_share=share), 1, at.ROUND_ROBIN, [1e3])[1][0][0]
        for share in (0.0, 0.5, 1.0)
    ]
    assert first[0] > first[1] > first[2] > 1.0
