"""Routers and admission against queues with known answers, request by request in the kernels.

Random routing: M/M/1. Two choices by queue length: M. Mitzenmacher, "The power of two choices in randomized load
balancing", IEEE TPDS 12 (2001); by work left: T. Hellemans and B. Van Houdt, "On the power-of-d-choices with least
loaded server selection", SIGMETRICS (2018); both in the limit of many servers. Loss: M/M/1/K.
"""

from __future__ import annotations

from dataclasses import replace
from math import log

import numpy as np
import pytest

from made import fixed_time, measure, pool, scenario
from sim.engine import simulate
from sim.kernels import serving
from sim.kernels import serving_layout as at
from sim.kernels.draws import stream_key
from sim.kernels.fleet import new_fleet
from sim.kernels.prefixes import new_prefixes
from sim.record.ledger import ServiceTotals
from sim.scenario.specs import Measure
from sim.strategies import apply_mix

USED = 0.9
SERVERS = 256
STEP_S, STEPS = 0.001, 1000  # seconds of one iteration, and how many a request takes on average: one second of work
ROUND_ROBIN, LEAST_LOADED, TWO = (at.ROUND_ROBIN, at.LEAST_LOADED, at.POWER_OF_TWO)


def time_of_two_choices(used: float) -> float:
    """Mean time in the system by Mitzenmacher's theorem, in service times: sum of used^(2^i - 2)."""
    return sum(float(used ** (2**i - 2)) for i in range(1, 12))


def wait_by_least_work_of_two(used: float) -> float:
    """Mean wait where the work left decides, in service times.

    A server has more work than w with the share F(w) = 1 / (used + (1 / used - used) e^w); both of two must.
    The integral of F^2 over w is -log(1 - used^2) / used^2 - 1.
    """
    return -log(1.0 - used**2) / used**2 - 1.0


def test_work_of_two_choices_integrates_to_its_closed_form() -> None:
    work = np.linspace(0.0, 60.0, 600_001)
    share = 1.0 / (USED + (1.0 / USED - USED) * np.exp(work))
    assert share[0] == pytest.approx(USED)
    assert np.trapezoid(share**2, work) == pytest.approx(wait_by_least_work_of_two(USED), rel=1e-6)


# --- language models: one sequence at a time per replica, an exponential number of equal iterations -------------------


def mean_time(router: int, servers: int = SERVERS, requests: int = 600_000, seed: int = 1) -> float:
    """Mean time in the system, in mean service times, of the second half of the requests."""
    rates = at.Rates(
        decode=np.tile(np.array([STEP_S, 0.0, 1.0, 0.0, 1.0, 0.0]), (1, 2, 1)),
        prefill=np.array([[0.0, 0.0, 1e-9, 0.0, 0.0, 0.0, 0.0, 0.0]]),
        waiting_w=np.ones((1, 2)),
        linger_s=0.0,
        batch_max=1,
        kv_capacity=10**9,
        prompt_tokens_max=10**6,
        kv_policy=at.RESERVE,
        prefix_share=0.0,
    )
    random = np.random.default_rng(seed)
    arrival_s = np.cumsum(random.exponential(1.0 / (USED * servers), requests))
    steps = np.ceil(random.exponential(STEPS, requests)).astype(np.int32)
    arrivals = at.Arrivals(arrival_s, arrival_s, np.ones(requests, np.int32), steps, steps, True)
    dispatch = at.Dispatch(router, key=stream_key(seed, 0, "router", "desk"))
    fleet = new_fleet(servers, 1)._replace(
        log_times=np.zeros((requests, at.LOG_TIMES)), log_counts=np.zeros((requests, at.LOG_COUNTS), np.int64)
    )
    fleet.counts[:, at.STATE] = at.ON
    serving.refresh_all(fleet, dispatch)
    active, prefixes = np.arange(servers, dtype=np.int64), new_prefixes(servers, 0, 0)
    for until in np.linspace(0.0, arrival_s[-1], 600)[1:]:  # slots come back at each stop
        assert serving.advance(rates, fleet, dispatch, prefixes, arrivals, active, float(until)) == at.REACHED
    ended = fleet.log_times[: fleet.cursors[at.LOGGED]]
    late = ended[ended[:, at.LOG_ARRIVAL_S] > 0.5 * arrival_s[-1]]
    assert len(late) > 0.45 * requests
    return float((late[:, at.LOG_FINISH_S] - late[:, at.LOG_ARRIVAL_S]).mean()) / (STEP_S * STEPS)


def test_two_choices_take_the_time_of_theory() -> None:
    assert mean_time(TWO) == pytest.approx(time_of_two_choices(USED), rel=0.02)


def test_two_choices_lie_between_turns_and_knowing_all_and_far_below_chance() -> None:
    in_turn, two, all_known = (mean_time(router) for router in (ROUND_ROBIN, TWO, LEAST_LOADED))
    assert all_known < two < in_turn < 1.0 / (1.0 - USED)
    assert two < 0.5 * (in_turn + all_known)


# --- fixed-time services ----------------------------------------------------------------------------------------------


def desk(servers: int, used: float, *measures: Measure, horizon_s: float = 4000.0) -> tuple[ServiceTotals, float]:
    """A whole run of exponential work, and the mean work of a request [s]."""
    mean_s = 0.1
    service = fixed_time(used * servers / mean_s, servers, mean_s)
    made = scenario([service], [pool(nodes=-(-servers // 8))], measures=measures, horizon_s=horizon_s, warmup_s=50.0)
    return simulate(apply_mix(made, made.mixes[-1].name), 3).services["desk"], mean_s


def test_two_choices_by_work_left_wait_as_theory_says() -> None:
    found, mean_s = desk(128, USED, measure("compute", "router", router="power-of-two"), horizon_s=600.0)
    assert found.e2e_s.mean is not None
    wait = found.e2e_s.mean / mean_s - 1.0
    assert wait == pytest.approx(wait_by_least_work_of_two(USED), rel=0.03)


@pytest.mark.parametrize(("used", "queue_max"), [(0.8, 1), (0.8, 4), (1.5, 3)])
def test_a_server_with_a_short_queue_rejects_as_many_as_theory_says(used: float, queue_max: int) -> None:
    found, _ = desk(1, used, measure("compute", "admit", queue_max=queue_max), horizon_s=20_000.0)
    room = queue_max + 1
    lost = (1.0 - used) * used**room / (1.0 - used ** (room + 1))
    assert found.rejected / found.arrived == pytest.approx(lost, rel=0.02)


def test_consolidating_waits_as_one_queue_and_saves_what_servers_draw_at_their_floor() -> None:
    spread, packed = (
        desk(16, 0.3, measure("compute", "router", router=router), horizon_s=600.0)[0]
        for router in ("least-loaded", "consolidate")
    )
    assert replace(packed.e2e_s, mean=0.0) == replace(spread.e2e_s, mean=0.0)
    assert packed.e2e_s.mean == pytest.approx(spread.e2e_s.mean, rel=1e-12)
    assert packed.busy_accelerator_s == pytest.approx(spread.busy_accelerator_s, rel=1e-3)
    assert packed.accelerator_j < 0.9 * spread.accelerator_j
