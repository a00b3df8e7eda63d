"""Worth of useful outputs: of those that keep their promise, in proportion to the accuracy."""

from __future__ import annotations

from dataclasses import replace

import pytest

from handmade.runs import fixed_time_service, scenario, service, service_totals
from sim.economics.value import net_benefit_usd, service_value_usd, total_value_usd
from sim.strategies import Deployment, apply_mix


def deployment(value_usd: float | None) -> Deployment:
    chat = service()
    chat = replace(chat, field=replace(chat.field, value_usd=value_usd, target=0.8))
    return replace(apply_mix(scenario(services=(chat,)), None).deployments["chat"], ungated_gain=0.5)


def test_an_output_of_half_the_target_is_worth_half() -> None:
    assert service_value_usd(deployment(0.1), service_totals(met=1000)) == pytest.approx(50.0)


def test_outputs_that_break_a_promise_are_worth_nothing() -> None:
    assert service_value_usd(deployment(0.1), service_totals(met=0)) == 0.0


def test_what_nobody_knows_is_not_made_up() -> None:
    assert service_value_usd(deployment(None), service_totals(met=1000)) is None
    queue = apply_mix(scenario(services=(fixed_time_service(),)), None).deployments["queue"]
    assert service_value_usd(queue, service_totals(met=1000)) is None
    assert total_value_usd({"queue": queue}, {"queue": service_totals(met=1000)}) is None
    assert net_benefit_usd(None, 1.0) is None


def test_all_that_is_known_adds_up() -> None:
    both = {"a": deployment(0.1), "b": deployment(None)}
    assert total_value_usd(both, {"a": service_totals(met=10), "b": service_totals(met=10)}) == pytest.approx(0.5)
    assert net_benefit_usd(0.5, 2.0) == -1.5
