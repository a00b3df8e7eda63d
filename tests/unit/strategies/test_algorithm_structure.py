"""Pruning, quantising and their combinations: bytes and shapes, accuracy, cost, order, and what is refused or noted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import sqrt
from typing import Any

import pytest

from handmade.runs import CATALOGUE, measure, pool, scenario, service
from sim.catalog import entries
from sim.catalog.entries import MATURITY_SPREAD
from sim.errors import ScenarioError
from sim.models.peaks import peak_flops
from sim.scenario.specs import Measure
from sim.strategies import Deployment, Plan, apply_mix
from sim.strategies.accuracy import effect_of
from sim.strategies.algorithm.formats import format_notes

EIGHT = CATALOGUE.model("llama-3.1-8b")
HALF = {"pattern": "2:4"}


def algorithm(kind: str, /, **options: object) -> Measure:
    return measure("algorithm", kind, **options)


def plan(*measures: Measure, model: str = "llama-3.1-8b", node: str = "hgx-h100-8", field: str = "nlp") -> Plan:
    one = replace(service(model=model), field=CATALOGUE.field(field))
    return apply_mix(scenario(*measures, services=(one,), pools=(pool(node=node),)), "lean")


def chat(*measures: Measure, **where: Any) -> Deployment:
    return plan(*measures, **where).deployments["chat"]


def refused(*measures: Measure, **where: Any) -> str:
    with pytest.raises(ScenarioError) as error:
        plan(*measures, **where)
    return str(error.value)


# --- bytes, shapes, peaks ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("precision", "share"), [(None, 0.5625), ("fp8", 0.625), ("int4", (2 + 0.125 + 1) / 4.25)])
def test_two_of_four_keeps_half_the_values_and_a_bit_of_index_a_weight(precision: str | None, share: float) -> None:
    narrow = () if precision is None else (algorithm("quantise", quantise=precision),)
    dense, sparse = chat(*narrow).variant, chat(algorithm("prune", **HALF), *narrow).variant
    assert sparse.weight_bytes / dense.weight_bytes == pytest.approx(share)
    assert sparse.parameters == dense.parameters


def test_two_of_four_in_int4_holds_what_is_published() -> None:
    both = chat(algorithm("prune", **HALF), algorithm("quantise", quantise="int4")).variant
    assert 0.15 <= both.weight_bytes / chat().variant.weight_bytes <= 0.2  # Sparse-Llama announcement


def test_units_that_know_the_pattern_leave_zeros_out() -> None:
    device = CATALOGUE.accelerator("h100-sxm")
    assert peak_flops(chat(algorithm("prune", **HALF)).variant, device) == pytest.approx(1.3 * device.flops["bf16"])
    scattered = chat(algorithm("prune", pattern="unstructured")).variant
    assert peak_flops(scattered, device) == device.flops["bf16"]


def test_narrower_layers_keep_the_context_and_fewer_do_not() -> None:
    width, depth = (chat(algorithm("prune", **{what: 0.56})).variant for what in ("width", "depth"))
    assert width.parameters == depth.parameters == pytest.approx(0.56 * EIGHT.parameters)
    assert (width.model.layers, width.model.hidden) == (EIGHT.layers, round(EIGHT.hidden * sqrt(0.56)))
    assert abs(width.model.hidden - 3072) < 20  # Minitron-4B-width
    assert (depth.model.layers, depth.model.hidden) == (18, EIGHT.hidden)
    assert (width.name, depth.name) == ("llama-3.1-8b/bf16/prune-width-0.56", "llama-3.1-8b/bf16/prune-depth-0.56")


@pytest.mark.parametrize("what", ["width", "depth"])
def test_keeping_everything_changes_nothing_and_costs_nothing(what: str) -> None:
    whole = plan(algorithm("prune", **{what: 1.0}))
    assert whole.deployments == plan().deployments
    assert (whole.upfront[0].engineer_h, whole.upfront[0].accelerator_h) == (0.0, 0.0)
    assert any("changes nothing" in text for text in whole.warnings)


def test_a_cache_in_eight_bits_is_half_as_large() -> None:
    for narrow in (
        chat(algorithm("quantise_kv", quantise_kv="fp8")),
        chat(algorithm("quantise_kv", quantise_kv="int8")),
    ):
        assert narrow.variant.kv_cache.bytes_per_value == 1.0
        assert narrow.variant.weights.name == "bf16"


# --- accuracy ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "field", "kept"),
    [
        (HALF, "nlp", 60.6 / 65.4),  # Sparse-Llama-3.1-8B-2of4, MMLU
        ({"width": 0.56}, "nlp", 60.5 / 65.3),  # Minitron, MMLU
        ({"depth": 0.56}, "nlp", 58.7 / 65.3),
        ({"width": 0.56}, "education", 41.2 / 48.6),  # Minitron, GSM8K
        ({"depth": 0.56}, "education", 16.8 / 48.6),
    ],
)
def test_pruning_keeps_the_share_of_accuracy_that_is_published(
    options: Mapping[str, object], field: str, kept: float
) -> None:
    found = chat(algorithm("prune", **options), field=field)
    assert found.accuracy / EIGHT.accuracy[field] == pytest.approx(kept, abs=0.001)
    assert found.accuracy_sd > 0.0


def test_smaller_cuts_cost_less_than_their_share() -> None:
    lost = [1 - chat(algorithm("prune", width=kept)).accuracy / 0.667 for kept in (0.9, 0.78, 0.56)]
    assert lost[1] == pytest.approx(lost[2] / 4)  # half of the cut
    assert lost[0] < lost[1] / 2


def test_effects_of_a_combination_multiply() -> None:
    both = chat(
        algorithm("prune", **HALF), algorithm("quantise", quantise="fp8"), algorithm("quantise_kv", quantise_kv="fp8")
    )
    assert both.accuracy == pytest.approx(0.667 * 0.927 * 1.0 * 0.995)
    parts = (0.015 / 0.927, 0.003, 0.005 / 0.995)
    assert both.accuracy_sd == pytest.approx(both.accuracy * sqrt(sum(part**2 for part in parts)))


def test_a_pair_that_was_measured_together_takes_that_figure() -> None:
    steps = (algorithm("prune", **HALF), algorithm("quantise", quantise="int4"))
    assert chat(*steps, field="education").accuracy / 0.845 == pytest.approx(64.3 / 66.9, abs=0.001)
    assert chat(*steps).accuracy == pytest.approx(0.667 * 0.927 * 0.98)  # not measured on MMLU


def test_maturity_widens_the_spread_and_nothing_else() -> None:
    def of(maturity: str) -> entries.Technique:
        from sim.catalog.schema.facts import TechniqueFile

        file = TechniqueFile.model_validate(
            {"engineer_h": 1.0, "accuracy_factor": {"*": 0.98}, "accuracy_spread": {"*": 0.01}, "maturity": maturity}
        )
        return file.entry("t.x", {})

    known = {maturity: effect_of(of(maturity), chat()) for maturity in MATURITY_SPREAD}
    assert [factor for factor, _ in known.values()] == [0.98, 0.98, 0.98]
    assert known["production"][1] == 0.01
    assert known["emerging"][1] == pytest.approx(0.015)
    assert known["research"][1] == pytest.approx(0.025)


# --- cost -------------------------------------------------------------------------------------------------------------


def test_healing_takes_the_training_that_is_published() -> None:
    (sparse,) = plan(algorithm("prune", **HALF)).upfront
    (narrow,) = plan(algorithm("prune", width=0.56)).upfront
    assert sparse.accelerator_h == pytest.approx(26 * 32, rel=0.02)  # 13 billion tokens
    assert narrow.accelerator_h == pytest.approx(2800, rel=0.02)  # 94 billion tokens
    assert all(each.data_usd > 0.0 and each.engineer_h >= 240.0 for each in (sparse, narrow))


def test_one_shot_pruning_takes_hours_alone() -> None:
    (cost,) = plan(algorithm("prune", pattern="unstructured"), model="llama-3.1-70b").upfront
    assert cost.accelerator_h == pytest.approx(0.3 + 4.0 * 70.55 / 175, rel=0.02)


# --- order, refusals, notes -------------------------------------------------------------------------------------------


def test_distil_prune_quantise_and_draft_follow_each_other() -> None:
    found = plan(
        algorithm("distil", distil="llama-3.1-8b"),
        algorithm("prune", width=0.8),
        algorithm("prune", **HALF),
        algorithm("quantise", quantise="fp8"),
        algorithm("quantise_kv", quantise_kv="fp8"),
        algorithm("speculate", method="eagle-3"),
        model="llama-3.1-70b",
    )
    steps = "prune-width-0.8/prune-2:4/kv-fp8/eagle-3"
    assert found.deployments["chat"].variant.name == f"llama-3.1-8b/fp8/{steps}"
    assert len(found.upfront) == 6
    assert not [text for text in found.warnings if " after " in text]


def test_the_wrong_way_round_is_noted_with_its_reason() -> None:
    late = plan(algorithm("quantise", quantise="fp8"), algorithm("prune", **HALF))
    right = plan(algorithm("prune", **HALF), algorithm("quantise", quantise="fp8"))
    assert late.deployments["chat"].accuracy == pytest.approx(right.deployments["chat"].accuracy)
    (note,) = [text for text in late.warnings if " after " in text]
    assert "prune after quantise: retraining needs the wide weights" in note
    assert "write prune before quantise" in note


@pytest.mark.parametrize(
    ("measures", "said"),
    [
        ((algorithm("prune", **HALF), algorithm("distil", distil="qwen3-8b")), "which a student loses: distil first"),
        ((algorithm("prune", **HALF), algorithm("prune", width=0.8)), "prune width or depth first"),
        ((algorithm("prune", **HALF), algorithm("prune", **HALF)), "is pruned so already"),
        ((algorithm("prune", width=0.8), algorithm("prune", width=0.8)), "is pruned so already"),
        ((algorithm("quantise", quantise="int4"), algorithm("quantise", quantise="fp8")), "fp8 holds no fewer bytes"),
        ((algorithm("quantise", quantise="fp8"), algorithm("quantise", quantise="fp4")), "quantised to fp8 already"),
        ((algorithm("quantise_kv", quantise_kv="fp8"),) * 2, "the KV cache of 'chat' is fp8: fp8 holds no fewer"),
        (
            (algorithm("quantise_kv", quantise_kv="fp8"), algorithm("quantise_kv", quantise_kv="int4")),
            "the KV cache of 'chat' is quantised to fp8 already",
        ),
        (
            (algorithm("adapt", to={"quantise": "int4"}, when={"load": 1.0}), algorithm("quantise", quantise="fp8")),
            "adapts at run time already: let adapt come last",
        ),
        ((algorithm("adapt", to={"prune": {"depth": 0.8}}, when={"load": 1.0}),), "cannot change its depth while"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(measures: tuple[Measure, ...], said: str) -> None:
    assert said in refused(*measures, model="qwen3-14b")


def test_a_pattern_needs_units_that_know_it() -> None:
    assert "v100-sxm2, whose units do not leave out zeros" in refused(algorithm("prune", **HALF), node="v100-8")


def test_weights_without_arithmetic_of_their_own_are_computed_in_sixteen_bits_and_noted() -> None:
    found = plan(algorithm("quantise", quantise="fp4"))
    assert peak_flops(found.deployments["chat"].variant, CATALOGUE.accelerator("h100-sxm")) == 989e12
    assert "chat: h100-sxm has no native fp4: weights are held in it, computing is bf16" in found.warnings
    assert not plan(algorithm("quantise", quantise="fp4"), node="hgx-b200-8").warnings
    assert not plan(algorithm("quantise", quantise="int4")).warnings  # of weights alone, by definition


def test_a_device_that_computes_in_none_of_the_formats_is_refused() -> None:
    node = CATALOGUE.node("hgx-h100-8")
    lame = replace(node, accelerator=replace(node.accelerator, flops={"int8": 1e15}))
    asked = scenario(algorithm("quantise", quantise="fp8"), pools=(replace(pool(), node=lame),))
    with pytest.raises(ScenarioError, match="computes in none of fp8 or bf16 or fp16 that it needs"):
        apply_mix(asked, "lean")


def test_an_item_model_is_pruned_and_keeps_no_cache() -> None:
    where = {"model": "resnet-50", "field": "image-recognition"}
    assert chat(algorithm("prune", width=0.8), **where).variant.parameters == pytest.approx(0.8 * 25.6e6, rel=0.02)
    assert "keeps no keys and values" in refused(algorithm("quantise_kv", quantise_kv="fp8"), **where)


def test_models_of_items_are_healed_by_items_and_keep_what_is_published() -> None:
    where = {"model": "resnet-50", "field": "image-recognition"}
    (cost,) = plan(algorithm("prune", **HALF), **where).upfront
    flops = 115e6 * 4 * 8.2e9  # 90 epochs of ImageNet-1k: the whole model answers, the sparse one learns
    assert cost.accelerator_h == pytest.approx(flops / (0.28 * 989e12) / 3600, rel=1e-6)
    assert chat(algorithm("quantise", quantise="int8"), **where).accuracy == pytest.approx(0.761 * 0.997)


def test_a_pattern_on_a_device_that_came_later_and_does_not_know_it_is_noted() -> None:
    sparse = plan(algorithm("prune", **HALF))
    elsewhere = replace(sparse.pools["h100"], pool=pool(node="v100-8"))
    (note,) = format_notes(replace(sparse, pools={"h100": elsewhere}))
    assert "units of v100-sxm2 do not leave out zeros" in note
