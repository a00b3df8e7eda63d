"""A limit on the power of a pool: kept over a quarter of an hour, paid in throughput, and nothing where it is high."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from made import chat, measure, pool, scenario, training
from sim.engine import simulate
from sim.engine.limit_power import Budget, new_ceiling
from sim.engine.nodes import full_power_w
from sim.record.ledger import Ledger
from sim.scenario.specs import TrainJobs
from sim.strategies import apply_mix
from sim.strategies.plan import PoolPlan


def limited(limit_kw: float, **parts: Any) -> Ledger:
    kept = measure("energy", "oversubscribe", limit_kw=limit_kw)
    made = scenario(**{"services": [chat(400.0, 16)], "pools": [pool(nodes=2)], "horizon_s": 2700.0, **parts})
    return simulate(apply_mix(replace(made, mixes=(replace(made.mixes[0], name="test", measures=(kept,)),)), "test"), 1)


def quarter_hours_w(ledger: Ledger) -> NDArray[np.float64]:
    """Sliding means of 15 minutes."""
    return np.convolve(ledger.meter.it_w, np.full(15, 1.0 / 15.0), "valid")


def test_a_limit_is_kept_over_the_quarter_of_an_hour_and_used() -> None:
    free = limited(1000.0)
    assert quarter_hours_w(free).max() > 14_500.0
    outputs = [free.services["chat"].outputs_in_window]
    for limit_kw in (12.0, 9.0, 6.5):
        kept = limited(limit_kw)
        assert quarter_hours_w(kept).max() <= 1000.0 * limit_kw
        assert quarter_hours_w(kept)[-1] > 0.97 * 1000.0 * limit_kw, "and not much less"
        outputs.append(kept.services["chat"].outputs_in_window)
        assert any("clocks lowered for its power limit" in warning for warning in kept.warnings)
        assert kept.pools["h100"].throttled_node_s == 0.0, "that is not heat"
    assert outputs == sorted(outputs, reverse=True)
    assert outputs[-1] < 0.6 * outputs[0]
    # decoding leaves compute idle: a fifth less power costs hardly any tokens
    assert outputs[1] > 0.98 * outputs[0]


def test_the_limit_is_kept_while_jobs_come_and_go() -> None:
    stream = training(900.0, 16)
    assert isinstance(stream.work, TrainJobs)
    bursts = replace(stream, work=replace(stream.work, tokens=6.0e7))
    parts = {"services": [], "jobs": [bursts], "horizon_s": 2 * 3600.0}
    free, kept = limited(1000.0, **parts), limited(8.0, **parts)
    assert quarter_hours_w(free).max() > 8200.0
    assert quarter_hours_w(kept).max() <= 8000.0
    assert kept.jobs["train"].turnaround_s.mean > 1.1 * free.jobs["train"].turnaround_s.mean  # type: ignore[operator]
    assert kept.jobs["train"].completed >= free.jobs["train"].completed - 1


def test_a_limit_above_full_power_changes_nothing() -> None:
    made = scenario([chat(40.0, 8)], [pool(nodes=2)])
    plain, loose = simulate(apply_mix(made, None), 1), limited(30.0, services=made.services, horizon_s=900.0)
    np.testing.assert_equal(asdict(replace(loose, wall_s=0.0)), asdict(replace(plain, wall_s=0.0)))


def test_a_limit_is_shared_by_the_rating_of_the_nodes() -> None:
    fleet = [pool(nodes=2), pool("small", "l40s-8", nodes=1)]
    made = scenario(pools=fleet, measures=[measure("energy", "oversubscribe", limit_kw=20.0)])
    limits = {name: each.limit_w for name, each in apply_mix(made, "test").pools.items()}
    rated = {each.name: each.nodes * each.node.rated_w for each in fleet}
    assert limits == {name: pytest.approx(20_000.0 * rated[name] / sum(rated.values())) for name in rated}


def test_what_was_overspent_is_paid_back_within_the_window() -> None:
    budget = Budget(1000.0)
    assert budget.allowed_w(30.0, 30.0 * 1000.0) == pytest.approx(990.0)
    overspent = budget.allowed_w(30.0, 30.0 * 1200.0)
    assert overspent == pytest.approx(0.99 * 800.0)
    for _ in range(40):
        left = budget.allowed_w(30.0, 30.0 * 1000.0)
    assert left == pytest.approx(990.0), "it is forgotten after a quarter of an hour"


def test_clocks_fall_at_once_and_rise_slowly() -> None:
    draw = np.linspace(10.0, 110.0, 101)
    assert new_ceiling(100, 1210.0, 660.0, 110.0, draw) == 45
    assert new_ceiling(45, 660.0, 1210.0, 110.0, draw) == 53
    assert new_ceiling(45, 660.0, 100.0, 110.0, draw) == 0
    assert new_ceiling(98, 200.0, 5000.0, 110.0, draw) == 100


def test_thirty_percent_more_servers_on_one_feed_lose_hardly_any_tokens() -> None:
    """As POLCA found for clusters that serve language models (arXiv 2308.12908)."""
    made = pool(nodes=2)
    feed_kw = made.nodes * full_power_w(PoolPlan(pool=made), fan_share=1.0) / 1.3 / 1000.0
    free, kept = limited(1000.0), limited(feed_kw)
    assert quarter_hours_w(kept).max() <= 1000.0 * feed_kw < 0.95 * quarter_hours_w(free).max()
    assert kept.services["chat"].outputs_in_window > 0.98 * free.services["chat"].outputs_in_window


def test_the_limit_is_used_while_other_nodes_sleep_or_are_given_back() -> None:
    asleep, kept = measure("energy", "sleep", after_s=60.0), measure("energy", "oversubscribe", limit_kw=6.5)
    for fleet, measures in (([pool(nodes=4)], (asleep, kept)), ([pool(nodes=4, kind="rent")], (kept,))):
        made = scenario([chat(200.0, 8)], fleet, measures=measures, horizon_s=2700.0)
        ledger = simulate(apply_mix(made, "test"), 1)
        assert 6000.0 < quarter_hours_w(ledger)[-1] <= 6500.0
        assert np.ptp(ledger.meter.it_w[-10:]) < 300.0, "it settles"
