"""Models fitted to their field: what that does to accuracy, prompts and cost, in direction and size."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from handmade.runs import CATALOGUE, fixed_time_service, measure, pool, scenario, service
from sim.errors import ScenarioError
from sim.scenario.specs import Distribution, PoissonTraffic, Service
from sim.strategies import Deployment, Plan, apply_mix


def doctor() -> Service:
    return replace(service("notes"), field=CATALOGUE.field("medical"))


def eyes() -> Service:
    items = PoissonTraffic(rate_per_s=1.0, items=Distribution(kind="constant", mean=1.0))
    plain = replace(service("eyes", model="resnet-50", precision="fp16"), traffic=items, tensor_parallel=1)
    return replace(plain, field=CATALOGUE.field("image-recognition"))


def plan(*options: dict[str, Any], kind: str = "customise", served: Service | None = None, nodes: int = 1) -> Plan:
    measures = [measure("vertical", kind, **each) for each in options]
    return apply_mix(scenario(*measures, services=(served or service(),), pools=(pool(nodes=nodes),)), "lean")


def only(made: Plan) -> Deployment:
    (deployment,) = made.deployments.values()
    return deployment


class TestTuning:
    def test_six_flops_per_parameter_and_token(self) -> None:
        figures = CATALOGUE.technique("customise", "full").figures
        (paid,) = plan({"method": "full"}, served=replace(service(), model=CATALOGUE.model("llama-3.1-8b"))).upfront
        model, device = CATALOGUE.model("llama-3.1-8b"), CATALOGUE.accelerator("h100-sxm")
        tokens = 10_000 * 3 * (1238 + 221)
        seconds = 6 * model.parameters * tokens / (figures["mfu"] * device.flops["bf16"])
        assert paid.accelerator_h == pytest.approx(2 + seconds / 3600)
        assert paid.data_usd == pytest.approx(10_000 * 0.5)

    def test_training_images_counts_their_own_flops(self) -> None:
        (paid,) = plan({"method": "full"}, served=eyes()).upfront
        seconds = 3 * 8.2e9 * 10_000 * 3 / (0.4 * CATALOGUE.accelerator("h100-sxm").flops["fp16"])
        assert paid.accelerator_h == pytest.approx(2 + seconds / 3600)

    def test_a_full_fine_tune_gains_more_than_adapters_and_costs_more_and_is_less_sure(self) -> None:
        (lora, full) = (plan({"method": method}, served=doctor(), nodes=2) for method in ("lora", "full"))
        assert only(full).accuracy > only(lora).accuracy > 0.793
        assert only(full).accuracy_sd > only(lora).accuracy_sd
        assert full.upfront[0].engineer_h > lora.upfront[0].engineer_h

    def test_adapters_are_read_with_the_weights_and_a_full_fine_tune_leaves_no_bytes(self) -> None:
        plain = only(plan()).variant.weight_bytes
        assert only(plan({"method": "lora"})).variant.weight_bytes == pytest.approx(1.01 * plain)
        assert (
            only(plan({"method": "full"}, served=eyes())).variant.weight_bytes
            == only(plan(served=eyes())).variant.weight_bytes
        )

    def test_what_adam_keeps_must_fit_the_pool(self) -> None:
        with pytest.raises(ScenarioError, match=r"training all of 'chat' keeps 1,129 GB; pool 'h100' has 687 GB"):
            plan({"method": "full"})
        assert only(plan({"method": "full"}, nodes=2)).variant.name == "llama-3.1-70b/bf16/full"

    def test_a_model_is_tuned_once(self) -> None:
        with pytest.raises(ScenarioError, match="'eyes' is customised by full already"):
            plan({"method": "full"}, {"method": "lora"}, served=eyes())

    def test_examples_cost_what_the_field_says(self) -> None:
        (paid,) = plan({"method": "lora"}, served=doctor()).upfront
        assert paid.data_usd == pytest.approx(10_000 * (1 + 4))
        assert "fields.medical.label_usd_per_sample" in plan({"method": "lora"}, served=doctor()).assumed


class TestPrompting:
    def test_prompts_grow_and_nothing_is_trained(self) -> None:
        made = plan({"method": "prompt", "added_tokens": 700})
        assert only(made).added_tokens == 700
        assert (made.upfront[0].accelerator_h, made.upfront[0].data_usd) == (0.0, 0.0)
        assert only(made).accuracy > 0.793

    def test_passages_take_time_and_an_index(self) -> None:
        made = plan({"method": "rag", "documents": 1_000.0, "retrieval_s": 0.25}, served=doctor())
        assert (only(made).added_tokens, only(made).decision_s) == (1500, 0.25)
        assert made.upfront[0].data_usd == pytest.approx(10.0)
        assert only(made).accuracy == pytest.approx(1 - (1 - 0.793) / 1.1)

    def test_both_may_follow_one_another(self) -> None:
        assert only(plan({"method": "prompt"}, {"method": "rag"})).added_tokens == 2100

    @pytest.mark.parametrize("served", [eyes(), fixed_time_service()])
    def test_what_takes_no_prompts_is_not_prompted(self, served: Service) -> None:
        with pytest.raises(ScenarioError, match="takes no prompts"):
            plan({"method": "rag"}, served=served)

    def test_nothing_added_changes_nothing_of_the_requests(self) -> None:
        made = only(plan({"method": "rag", "added_tokens": 0, "retrieval_s": 0.0, "documents": 0.0}))
        plain = only(plan())
        assert (made.added_tokens, made.decision_s) == (plain.added_tokens, plain.decision_s)
        assert (made.accuracy, made.accuracy_sd) == (plain.accuracy, plain.accuracy_sd)


class TestAugmentation:
    @staticmethod
    def accuracy(samples: float, quality: float | None = None) -> float:
        options = {"samples": samples} | ({} if quality is None else {"quality": quality})
        return only(plan(options, kind="augment")).accuracy

    def test_every_further_sample_teaches_less(self) -> None:
        gains = [self.accuracy(2.0 * n) - self.accuracy(n) for n in (10_000.0, 20_000.0, 40_000.0, 80_000.0)]
        assert gains[0] > gains[1] > gains[2] > gains[3] > 0.0

    def test_quality_scales_the_gain_and_bad_samples_hurt(self) -> None:
        plain = only(plan()).accuracy
        assert self.accuracy(20_000.0) == self.accuracy(20_000.0, 1.0)
        assert self.accuracy(20_000.0, 1.0) > self.accuracy(20_000.0, 0.8) > plain
        assert self.accuracy(20_000.0, 0.5) == plain
        assert self.accuracy(20_000.0, 0.2) < plain
        assert self.accuracy(80_000.0, 0.2) < self.accuracy(20_000.0, 0.2)

    def test_samples_cost_what_the_field_says(self) -> None:
        (paid,) = plan({"samples": 1000.0}, kind="augment", served=doctor()).upfront
        assert paid.data_usd == pytest.approx(5000.0)
