"""Fixed-time services are the Kiefer-Wolfowitz recursion (least loaded) and Lindley recursions (round robin)."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from sim.kernels import fixed_time
from sim.kernels import serving_layout as at
from sim.kernels.draws import stream_key
from sim.kernels.tournament import rebuild
from twins.queues import desks, kiefer_wolfowitz, lindley

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
KEY = stream_key(7, 0, "router", "desk")
LINGER_S = 0.5


def assigned(
    reach_s: Floats, service_s: Floats, count: int, router: int | at.Dispatch, blocks: int
) -> tuple[Floats, Floats, fixed_time.Servers, Ints]:
    """Starts, finishes, the kernel's tables and the replicas, fed in so many blocks."""
    dispatch = router if isinstance(router, at.Dispatch) else at.Dispatch(router)
    servers = fixed_time.new_servers(count, dispatch)
    servers.free_s[:] = 0.0
    rebuild(servers.tree, servers.free_s)
    start_s, finish_s = np.zeros(len(reach_s)), np.zeros(len(reach_s))
    replica = np.zeros(len(reach_s), np.int64)
    active, turn, edges = np.arange(count), 0, np.linspace(0, len(reach_s), blocks + 1).astype(int)
    for begin, stop in pairwise(edges):
        rows = slice(begin, stop)
        turn = fixed_time.assign(
            dispatch, servers, reach_s[rows], service_s[rows], int(begin), active, turn, LINGER_S,
            start_s[rows], finish_s[rows], replica[rows],
        )  # fmt: skip
        if stop > begin:
            fixed_time.credit_all(servers.times, float(reach_s[stop - 1]), LINGER_S)
    fixed_time.credit_all(servers.times, 1e12, LINGER_S)
    return start_s, finish_s, servers, replica


def drawn(count: int, servers: int) -> tuple[Floats, Floats]:
    random = np.random.default_rng(servers)
    return np.cumsum(random.exponential(1.0 / (0.9 * servers), count)), random.exponential(1.0, count)


@pytest.mark.parametrize("servers", [1, 2, 8, 100])
def test_least_loaded_is_kiefer_wolfowitz_bit_for_bit(servers: int) -> None:
    arrival_s, service_s = drawn(20_000, servers)
    start_s, _, after, _ = assigned(arrival_s, service_s, servers, at.LEAST_LOADED, 7)
    assert np.array_equal(start_s, kiefer_wolfowitz(arrival_s.tolist(), service_s.tolist(), servers))
    assert after.times[:, fixed_time.BUSY_S].sum() == pytest.approx(service_s.sum(), rel=1e-12)


def test_round_robin_is_one_lindley_recursion_per_server() -> None:
    arrival_s, service_s = drawn(3_000, 3)
    start_s, *_ = assigned(arrival_s, service_s, 3, at.ROUND_ROBIN, 5)
    for r in range(3):
        assert np.array_equal(start_s[r::3], lindley(arrival_s[r::3].tolist(), service_s[r::3].tolist()))


def test_a_server_out_of_work_is_at_its_floor_for_the_time_it_lingers_and_no_longer() -> None:
    arrival_s, service_s = drawn(3_000, 2)
    for blocks in (1, 100):
        start_s, finish_s, servers, _ = assigned(arrival_s, service_s, 2, at.ROUND_ROBIN, blocks)
        for r in range(2):
            gaps_s = np.append(start_s[r::2], 1e12) - np.append(0.0, finish_s[r::2])
            assert servers.times[r, fixed_time.FLOOR_S] == pytest.approx(np.minimum(gaps_s, LINGER_S).sum(), rel=1e-9)


def test_blocks_change_nothing() -> None:
    arrival_s, service_s = drawn(2_000, 4)
    one, many = (assigned(arrival_s, service_s, 4, at.LEAST_LOADED, blocks) for blocks in (1, 100))
    assert np.array_equal(one[0], many[0])
    assert np.array_equal(one[1], many[1])


@pytest.mark.parametrize("router", [at.ROUND_ROBIN, at.LEAST_LOADED, at.POWER_OF_TWO, at.CONSOLIDATE])
@pytest.mark.parametrize("queue_max", [1, 2, 5, at.ENDLESS])
@pytest.mark.parametrize("count", [1, 2, 7])
def test_every_router_is_its_plain_twin_bit_for_bit(router: int, queue_max: int, count: int) -> None:
    dispatch = at.Dispatch(router, queue_max, key=KEY)
    reach_s, service_s = drawn(1_000, count)
    twin = desks(reach_s.tolist(), service_s.tolist(), count, dispatch)
    for blocks in (1, 60):
        start_s, finish_s, _, replica = assigned(reach_s, service_s, count, dispatch, blocks)
        found = [
            None if r == at.NONE else (r, start) for r, start in zip(replica.tolist(), start_s.tolist(), strict=True)
        ]
        assert found == twin
        assert np.array_equal(np.isnan(finish_s), replica == at.NONE)


def test_consolidating_waits_no_longer_than_one_queue_and_leaves_the_last_servers_idle() -> None:
    reach_s, service_s = drawn(20_000, 8)
    reach_s = 3.0 * reach_s  # 30 % busy
    central, *_ = assigned(reach_s, service_s, 8, at.LEAST_LOADED, 1)
    start_s, _, servers, _ = assigned(reach_s, service_s, 8, at.CONSOLIDATE, 1)
    assert np.array_equal(np.sort(start_s), np.sort(central))
    used_s = servers.times[:, fixed_time.BUSY_S]
    assert np.all(np.diff(used_s) < 0.0)
    assert used_s[-1] < 0.02 * used_s[0]
