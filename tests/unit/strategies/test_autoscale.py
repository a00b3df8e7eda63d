"""What each autoscaler asks for: up at once, down after the delay, by concurrency, queue, forecast or time of day."""

from __future__ import annotations

import math

import pytest

from sim.protocols import ServiceView
from sim.strategies.compute.autoscale_forecast import ByForecast
from sim.strategies.compute.autoscale_rules import ByConcurrency, ByQueue, BySchedule
from sim.strategies.compute.autoscale_steady import SteadyAutoscaler

HOUR_S = 3600.0
DAY_S = 24 * HOUR_S


def view(
    time_s: float,
    running: int,
    waiting: int = 0,
    batch_max: int = 10,
    replicas_min: int = 1,
    active: int = 1,
    rate_per_s: float = 1.0,
    start_s: float = 0.0,
) -> ServiceView:
    return ServiceView(
        time_s=time_s, active=active, starting=0, running=running, waiting=waiting, busy_share=1.0,
        arrivals_per_s=rate_per_s, batch_max=batch_max, replicas_min=replicas_min, replicas_max=8, start_s=start_s,
    )  # fmt: skip


def scaler(delay_s: float = 60.0, idle_s: float = 0.0) -> SteadyAutoscaler:
    return SteadyAutoscaler(lambda: ByConcurrency(0.5), scale_down_delay_s=delay_s, idle_s=idle_s, period_s=15.0)


@pytest.mark.parametrize(
    ("running", "waiting", "replicas"), [(5, 0, 1), (6, 0, 2), (10, 0, 2), (10, 1, 3), (10, 30, 8), (0, 0, 1)]
)
def test_replicas_hold_the_requests_in_the_system_at_the_target(running: int, waiting: int, replicas: int) -> None:
    assert scaler().replicas(view(15.0, running, waiting)) == replicas


def test_the_minimum_is_kept() -> None:
    assert scaler().replicas(view(15.0, 0, replicas_min=3)) == 3


def test_one_request_at_a_time_is_the_rule_on_busy_servers() -> None:
    assert scaler().replicas(view(15.0, 3, batch_max=1)) == 6


def test_growing_is_immediate_and_shrinking_waits() -> None:
    each, loads = scaler(), {0: 20, 15: 40, 30: 5, 45: 10, 75: 10, 76: 10, 200: 5}
    asked = [each.replicas(view(float(time), running)) for time, running in loads.items()]
    assert asked == [4, 8, 8, 8, 8, 2, 1]


def test_without_delay_replicas_follow_down_at_once() -> None:
    each = scaler(delay_s=0.0)
    assert [each.replicas(view(float(i + 1), running)) for i, running in enumerate((20, 5, 10))] == [4, 1, 2]


def test_a_second_run_starts_without_memory_of_the_first() -> None:
    each = scaler(delay_s=1e9)
    loads = [(15.0, 40), (30.0, 5), (45.0, 5)]
    first, second = ([each.replicas(view(*load)) for load in loads] for _ in range(2))
    assert first == second == [8, 8, 8]
    assert each.replicas(view(15.0, 5)) == 1


def test_the_last_replica_stays_while_requests_come_and_for_the_idle_time() -> None:
    each = scaler(delay_s=0.0, idle_s=100.0)

    def asked(time_s: float, running: int, rate_per_s: float) -> int:
        return each.replicas(view(time_s, running, replicas_min=0, rate_per_s=rate_per_s))

    assert [asked(15.0, 1, 1.0), asked(30.0, 0, 0.1), asked(120.0, 0, 0.0), asked(131.0, 0, 0.0)] == [1, 1, 1, 0]
    assert asked(146.0, 1, 0.1) == 1


@pytest.mark.parametrize(
    ("waiting", "running", "active", "replicas"),
    [(0, 35, 4, 4), (0, 30, 4, 3), (8, 30, 4, 4), (9, 30, 4, 5), (30, 40, 4, 15), (1, 0, 0, 1), (0, 0, 0, 0)],
)
def test_a_queue_per_replica_above_the_target_calls_for_more_and_none_for_one_fewer(
    waiting: int, running: int, active: int, replicas: int
) -> None:
    assert ByQueue(2.0).wanted(view(15.0, running, waiting, active=active)) == replicas


def test_a_schedule_has_its_replicas_ready_at_the_local_time() -> None:
    rule = BySchedule.of({"20:00": 2, "08:00": 8}, period_s=15.0, start_local_s=-5 * HOUR_S)

    def at(local_h: float) -> int:
        return rule.wanted(view((local_h + 5.0) * HOUR_S, 0, start_s=585.0))

    assert [at(0.0), at(7.8), at(7.84), at(8.0), at(19.9), at(20.0), at(31.84), at(47.0)] == [2, 2, 8, 8, 8, 2, 8, 2]


def test_a_schedule_looks_across_midnight() -> None:
    rule = BySchedule.of({"00:00": 5, "12:00": 1}, period_s=15.0, start_local_s=0.0)
    assert rule.wanted(view(23.95 * HOUR_S, 0, start_s=600.0)) == 5


def forecast(load: list[tuple[float, float]], ahead_s: float, start_s: float = 60.0) -> list[int]:
    """What a forecast asks for where (time, rate) are seen and each request stays 10 s on a replica of ten."""
    rule = ByForecast(0.5, ahead_s, period_s=60.0)
    return [rule.wanted(view(at, round(10 * rate), rate_per_s=rate, start_s=start_s)) for at, rate in load]


def looks(days: float, rate: float = 1.0, peak: float = 3.0, at_h: float = 8.0) -> list[tuple[float, float]]:
    """A look a minute at a load that steps to its peak at `at_h` each day, for four hours."""
    times = [60.0 * (k + 1) for k in range(int(days * 1440))]
    return [(at, peak if at_h <= at % DAY_S / HOUR_S < at_h + 4.0 else rate) for at in times]


def test_a_forecast_follows_a_constant_load_as_concurrency_does() -> None:
    assert set(forecast([(at, 1.0) for at, _ in looks(1.5)], 600.0)) == {2}


def test_a_forecast_knows_the_rise_of_the_day_before() -> None:
    load = looks(1.5)
    asked = dict(zip([at for at, _ in load], forecast(load, 600.0), strict=True))
    assert asked[7.9 * HOUR_S] == 2, "nobody knows on the first day"
    assert asked[DAY_S + 7.7 * HOUR_S] == 2
    assert asked[DAY_S + 7.9 * HOUR_S] == 6
    assert asked[DAY_S + 11.5 * HOUR_S] == 6
    assert asked[DAY_S + 11.9 * HOUR_S] == 6, "what is needed now stays"


def test_a_forecast_looks_at_least_as_far_as_a_start_takes() -> None:
    load = looks(1.4)
    asked = dict(zip([at for at, _ in load], forecast(load, 0.0, start_s=1200.0), strict=True))
    assert asked[DAY_S + 7.75 * HOUR_S] == 6


def test_on_the_first_day_a_forecast_follows_the_trend() -> None:
    rising = [(60.0 * (k + 1), 1.0 + k / 60.0) for k in range(120)]
    now, ahead = forecast(rising, 0.0)[-1], forecast(rising, 1800.0)[-1]
    assert now >= math.ceil(rising[-1][1] * 10 / 5)
    assert ahead == pytest.approx((rising[-1][1] + 0.5) * 2, abs=1.5)
