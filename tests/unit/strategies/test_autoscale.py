"""Replicas follow the requests in the system up at once, and down after the delay."""

from __future__ import annotations

import pytest

from sim.protocols import ServiceView
from sim.strategies.compute.autoscale import ConcurrencyAutoscaler


def view(time_s: float, running: int, waiting: int = 0, batch_max: int = 10, replicas_min: int = 1) -> ServiceView:
    return ServiceView(
        time_s=time_s, active=1, starting=0, running=running, waiting=waiting, busy_share=1.0, arrivals_per_s=1.0,
        batch_max=batch_max, replicas_min=replicas_min, replicas_max=8,
    )  # fmt: skip


def scaler(delay_s: float = 60.0) -> ConcurrencyAutoscaler:
    return ConcurrencyAutoscaler(target_utilisation=0.5, scale_down_delay_s=delay_s, period_s=15.0)


@pytest.mark.parametrize(
    ("running", "waiting", "replicas"), [(5, 0, 1), (6, 0, 2), (10, 0, 2), (10, 1, 3), (10, 30, 8), (0, 0, 1)]
)
def test_replicas_hold_the_requests_in_the_system_at_the_target(running: int, waiting: int, replicas: int) -> None:
    assert scaler().replicas(view(0.0, running, waiting)) == replicas


def test_the_minimum_is_kept() -> None:
    assert scaler().replicas(view(0.0, 0, replicas_min=3)) == 3


def test_one_request_at_a_time_is_the_rule_on_busy_servers() -> None:
    assert scaler().replicas(view(0.0, 3, batch_max=1)) == 6


def test_growing_is_immediate_and_shrinking_waits() -> None:
    each, loads = scaler(), {0: 20, 15: 40, 30: 5, 45: 10, 75: 10, 76: 10, 200: 5}
    asked = [each.replicas(view(float(time), running)) for time, running in loads.items()]
    assert asked == [4, 8, 8, 8, 8, 2, 1]


def test_without_delay_replicas_follow_down_at_once() -> None:
    each = scaler(delay_s=0.0)
    assert [each.replicas(view(float(i), running)) for i, running in enumerate((20, 5, 10))] == [4, 1, 2]


def test_a_second_run_starts_without_memory_of_the_first() -> None:
    each = scaler(delay_s=1e9)
    loads = [(15.0, 40), (30.0, 5), (45.0, 5)]
    first, second = ([each.replicas(view(*load)) for load in loads] for _ in range(2))
    assert first == second == [8, 8, 8]
    assert each.replicas(view(15.0, 5)) == 1
