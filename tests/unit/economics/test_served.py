"""Accuracy of an adapting service by the outputs of each form of its model."""

from __future__ import annotations

from dataclasses import replace

import pytest

from handmade.runs import ledger, measure, scenario, service_totals
from sim.economics import appraise
from sim.economics.served import adaptation_result, as_served, lean_share
from sim.record.kept import pack, unpack
from sim.record.ledger import Adapted, Ledger
from sim.strategies import Plan, apply_mix

HALF = Adapted(lean_s=900.0, lean_outputs=10_000, switches=2, returned_s=1800.0)


def plan() -> Plan:
    """A 70B model in bf16 that goes over to int4 under load."""
    return apply_mix(scenario(measure("algorithm", "adapt", to={"quantise": "int4"}, when={"load": 0.5})), "lean")


def with_use(adapted: Adapted | None) -> Ledger:
    return ledger(services={"chat": service_totals(adapted=adapted)})


def test_half_of_the_outputs_have_half_of_the_loss() -> None:
    chat = as_served(plan(), with_use(HALF)).deployments["chat"]
    assert chat.accuracy == pytest.approx(0.793 * 0.99)
    assert chat.accuracy_sd == pytest.approx(0.5 * 0.793 * 0.007)
    assert chat.ungated_gain == pytest.approx(chat.accuracy / chat.service.field.target)
    assert chat.variant.name == "llama-3.1-70b/bf16"


def test_a_leaner_form_that_never_served_leaves_the_plan_as_it_is() -> None:
    mine = plan()
    assert as_served(mine, with_use(replace(HALF, lean_outputs=0))) is mine
    assert lean_share(service_totals()) == 0.0


def test_the_result_tells_how_the_leaner_form_was_used() -> None:
    chat = plan().deployments["chat"]
    told = adaptation_result(chat, service_totals(adapted=HALF), 3600.0)
    assert told is not None
    assert (told["variant"], told["switches"], told["returned_s"]) == ("llama-3.1-70b/int4", 2, 1800.0)
    assert (told["time_share"], told["output_share"]) == (0.25, 0.5)
    assert adaptation_result(replace(chat, adaptation=None), service_totals(), 3600.0) is None


def test_the_leaner_form_keeps_its_own_accuracy_in_the_result() -> None:
    services = appraise(plan(), with_use(HALF), 1)["services"]
    assert isinstance(services, dict)
    assert services["chat"]["accuracy"] == pytest.approx(0.793 * 0.99)
    assert services["chat"]["adaptation"]["accuracy"] == pytest.approx(0.793 * 0.98)


def test_the_floor_is_that_of_what_was_served() -> None:
    mine = plan()
    chat = mine.deployments["chat"]
    strict = replace(chat.service, field=replace(chat.service.field, floor=0.79))
    asked = replace(mine, deployments={"chat": replace(chat, service=strict)})
    assert appraise(asked, with_use(replace(HALF, lean_outputs=0)), 1)["feasible"]
    assert not appraise(asked, with_use(HALF), 1)["feasible"]  # .785


def test_the_leanness_used_weighs_both_forms() -> None:
    def leanness(adapted: Adapted) -> float:
        factors = appraise(plan(), with_use(adapted), 1)["efficiency"]
        assert isinstance(factors, dict)
        return float(factors["algorithm"])

    whole, half, none = (leanness(replace(HALF, lean_outputs=outputs)) for outputs in (20_000, 10_000, 0))
    assert none < half < whole <= 1.0
    assert 1.0 / half == pytest.approx(0.5 * (1.0 / none + 1.0 / whole))


def test_a_guard_that_returned_is_told() -> None:
    warnings = appraise(plan(), with_use(HALF), 1)["warnings"]
    assert isinstance(warnings, list)
    assert any("the guard gave llama-3.1-70b/int4 up for good after 0.5 h" in text for text in warnings)


def test_a_kept_ledger_remembers_the_forms() -> None:
    assert unpack(pack(with_use(HALF))).services["chat"].adapted == HALF
