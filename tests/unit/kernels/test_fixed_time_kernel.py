"""Fixed-time services are the Kiefer-Wolfowitz recursion (least loaded) and Lindley recursions (round robin)."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from sim.kernels import fixed_time
from sim.kernels import serving_layout as at
from sim.kernels.tournament import new_tree, rebuild
from twins.queues import kiefer_wolfowitz, lindley

Floats = NDArray[np.float64]
LINGER_S = 0.5


def assigned(
    arrival_s: Floats, service_s: Floats, servers: int, router: int, blocks: int
) -> tuple[Floats, Floats, Floats]:
    """Starts, finishes and the kernel's table, fed in so many blocks."""
    times, free_s, tree = np.zeros((servers, fixed_time.TIMES)), np.zeros(servers), new_tree(servers)
    rebuild(tree, free_s)
    start_s, finish_s = np.zeros(len(arrival_s)), np.zeros(len(arrival_s))
    active, turn, edges = np.arange(servers), 0, np.linspace(0, len(arrival_s), blocks + 1).astype(int)
    for begin, stop in pairwise(edges):
        replica = np.zeros(stop - begin, np.int64)
        turn = fixed_time.assign(
            router, int(stop - begin), int(begin), arrival_s, service_s, active, turn, LINGER_S, times, free_s, tree,
            start_s[begin:stop], finish_s[begin:stop], replica,
        )  # fmt: skip
        if stop > begin:
            fixed_time.credit_all(times, float(arrival_s[stop - 1]), LINGER_S)
    fixed_time.credit_all(times, 1e12, LINGER_S)
    return start_s, finish_s, times


def drawn(count: int, servers: int) -> tuple[Floats, Floats]:
    random = np.random.default_rng(servers)
    return np.cumsum(random.exponential(1.0 / (0.9 * servers), count)), random.exponential(1.0, count)


@pytest.mark.parametrize("servers", [1, 2, 8, 100])
def test_least_loaded_is_kiefer_wolfowitz_bit_for_bit(servers: int) -> None:
    arrival_s, service_s = drawn(20_000, servers)
    start_s, _, times = assigned(arrival_s, service_s, servers, at.LEAST_LOADED, 7)
    assert np.array_equal(start_s, kiefer_wolfowitz(arrival_s.tolist(), service_s.tolist(), servers))
    assert times[:, fixed_time.BUSY_S].sum() == pytest.approx(service_s.sum(), rel=1e-12)


def test_round_robin_is_one_lindley_recursion_per_server() -> None:
    arrival_s, service_s = drawn(3_000, 3)
    start_s, _, _ = assigned(arrival_s, service_s, 3, at.ROUND_ROBIN, 5)
    for r in range(3):
        assert np.array_equal(start_s[r::3], lindley(arrival_s[r::3].tolist(), service_s[r::3].tolist()))


def test_a_server_out_of_work_is_at_its_floor_for_the_time_it_lingers_and_no_longer() -> None:
    arrival_s, service_s = drawn(3_000, 2)
    for blocks in (1, 100):
        start_s, finish_s, times = assigned(arrival_s, service_s, 2, at.ROUND_ROBIN, blocks)
        for r in range(2):
            gaps_s = np.append(start_s[r::2], 1e12) - np.append(0.0, finish_s[r::2])
            assert times[r, fixed_time.FLOOR_S] == pytest.approx(np.minimum(gaps_s, LINGER_S).sum(), rel=1e-9)


def test_blocks_change_nothing() -> None:
    arrival_s, service_s = drawn(2_000, 4)
    one, many = (assigned(arrival_s, service_s, 4, at.LEAST_LOADED, blocks) for blocks in (1, 100))
    assert np.array_equal(one[0], many[0])
    assert np.array_equal(one[1], many[1])
