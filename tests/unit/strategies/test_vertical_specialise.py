"""Algorithms of a field's own: what they can act on, and what they make of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from handmade.runs import CATALOGUE, fixed_time_service, measure, scenario, service
from sim.errors import ScenarioError
from sim.models.early_exit import NO_EXIT
from sim.models.items import item_tables
from sim.models.variant import Variant
from sim.scenario.specs import Measure, PoissonTraffic, Service
from sim.strategies import Deployment, Plan, apply_mix
from sim.strategies.room import check_room

EXIT: dict[str, Any] = {"early_exit": {"share": 0.3}}
CACHE: dict[str, Any] = {"cache": {"hit_share": 0.3}}


def plan(*options: dict[str, Any], served: Service | None = None, first: tuple[Measure, ...] = ()) -> Plan:
    measures = [measure("vertical", "specialise", **each) for each in options]
    return apply_mix(scenario(*first, *measures, services=(served or service(),)), "lean")


def only(made: Plan) -> Deployment:
    (deployment,) = made.deployments.values()
    return deployment


@pytest.mark.parametrize("options", [EXIT, CACHE])
def test_a_model_without_answers_is_left_alone(options: dict[str, Any]) -> None:
    with pytest.raises(ScenarioError, match="runs a fixed-time model"):
        plan(options, served=fixed_time_service())


@pytest.mark.parametrize(("options", "said"), [(EXIT, "leave early already"), (CACHE, "remembers its answers already")])
def test_once_is_enough(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        plan(options, options)


def test_no_more_is_skipped_than_lies_above_the_exit() -> None:
    with pytest.raises(ScenarioError, match=r"skip at most 0\.5 of them"):
        plan({"early_exit": {"share": 0.6}})


def test_a_model_that_verifies_drafts_runs_all_layers() -> None:
    with pytest.raises(ScenarioError, match="verifies drafts"):
        plan(EXIT, first=(measure("algorithm", "speculate", method="eagle-3"),))


def test_both_go_together_and_are_named() -> None:
    made = plan(EXIT, CACHE)
    assert only(made).variant.early_exit.leaving == pytest.approx(0.6)
    assert only(made).cache is not None
    assert [each.measure for each in made.upfront] == ["early exit 0.3", "response cache 0.3"]
    assert only(plan()).variant.early_exit == NO_EXIT


def test_images_that_leave_early_save_their_arithmetic_alone() -> None:
    fp16, resnet = CATALOGUE.precision("fp16"), CATALOGUE.model("resnet-50")
    whole = Variant(model=resnet, weights=fp16, kv_cache=fp16)
    early = replace(whole, early_exit=replace(NO_EXIT, skipped=0.4))
    device = CATALOGUE.accelerator("v100-sxm2")
    full, less = (item_tables(each, device) for each in (whole, early))
    assert less.prefill[-1, 0] == pytest.approx(0.6 * full.prefill[-1, 0], rel=1e-6)
    assert less.decode[-1, 0, 0] == full.decode[-1, 0, 0]


class TestCascade:
    @staticmethod
    def to(model: str = "llama-3.1-8b", **options: Any) -> dict[str, Any]:
        return {"cascade": {"to": model, "keep_share": 0.7, **options}}

    def test_the_smaller_model_takes_what_the_service_has(self) -> None:
        made = only(
            plan(
                CACHE, self.to(replicas=3, replicas_behind=1), first=(measure("algorithm", "quantise", quantise="fp8"),)
            )
        )
        assert made.cascade is not None
        first = made.cascade.first
        assert (first.variant.name, first.service.replicas_max, first.cache) == ("llama-3.1-8b/fp8", 3, made.cache)
        assert (made.service.replicas_max, made.variant.steps[-1]) == (1, "cascade")

    def test_the_accuracy_lies_between_both_and_is_less_sure(self) -> None:
        made, plain = only(plan(self.to())), only(plan())
        assert made.accuracy == pytest.approx(0.793 - 0.7 * 0.5 * (0.793 - 0.667))
        assert made.accuracy_sd > plain.accuracy_sd

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            ({"model": "llama-3.1-405b"}, "is not smaller than"),
            ({"model": "resnet-50"}, "runs a model of family llm, not vision"),
        ],
    )
    def test_what_cannot_go_first_is_refused(self, options: dict[str, str], said: str) -> None:
        with pytest.raises(ScenarioError, match=said):
            plan(self.to(**options))

    def test_one_model_goes_first(self) -> None:
        with pytest.raises(ScenarioError, match=r"'llama-3\.1-8b' goes first of 'chat' already"):
            plan(self.to(), self.to("qwen3-8b"))

    def test_both_models_need_room(self) -> None:
        crowded = plan(self.to(replicas=8))
        with pytest.raises(ScenarioError, match="together hold 16 accelerators at least"):
            check_room(crowded)
        check_room(plan(self.to(replicas=4, replicas_behind=1)))


def test_remembered_answers_need_no_replica_at_the_peak() -> None:
    def sized(share: float) -> int:
        busy = replace(service(model="llama-3.1-8b"), replicas_max=64, tensor_parallel=1)
        assert isinstance(busy.traffic, PoissonTraffic)
        busy = replace(busy, traffic=replace(busy.traffic, rate_per_s=400.0))
        asked = measure("compute", "allocate", allocate="sized")
        return only(plan({"cache": {"hit_share": share}}, served=busy, first=(asked,))).service.replicas_max

    assert sized(0.5) < sized(0.0)
