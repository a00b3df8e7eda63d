"""A mix becomes a plan: what it acts on, in which order, and what it refuses."""

from __future__ import annotations

from dataclasses import replace
from os import utime
from pathlib import Path

import pytest

from handmade.runs import CATALOGUE, fixed_time_service, measure, pool, scenario, service
from sim.errors import ScenarioError, UsageError
from sim.scenario.specs import Acquire, PlantSpec
from sim.strategies import apply_mix

RENTED = Acquire(kind="rent", usd_per_accelerator_h=2.0)


def test_a_scenario_without_a_mix_runs_as_it_stands() -> None:
    plan = apply_mix(replace(scenario(), mixes=()), None)
    chat = plan.deployments["chat"]
    assert (plan.mix, plan.upfront, plan.assumed) == ("baseline", (), ())
    assert (chat.variant.name, chat.router, chat.autoscaler) == ("llama-3.1-70b/bf16", "round-robin", None)
    assert chat.accuracy == CATALOGUE.model("llama-3.1-70b").accuracy["nlp"]
    assert chat.ungated_gain == pytest.approx(chat.accuracy / CATALOGUE.field("nlp").target)
    assert plan.pools["h100"].power_cap_w is None


def test_without_a_name_the_first_mix_applies() -> None:
    assert apply_mix(scenario(), None).mix == "baseline"


def test_entries_of_the_users_file_are_known_and_read_anew_when_it_changes(tmp_path: Path) -> None:
    def with_hours(engineer_h: int) -> float:
        text = f"techniques:\n  router.least-loaded:\n    engineer_h: {engineer_h}\n    sources: {{me: [engineer_h]}}\n"
        (tmp_path / "mine.yaml").write_text(text)
        utime(tmp_path / "mine.yaml", ns=(0, engineer_h))
        own = scenario(measure("compute", "router", router="least-loaded"), document={"catalog": "mine.yaml"})
        return apply_mix(replace(own, source=tmp_path / "s.yaml"), "lean").upfront[0].engineer_h

    assert (with_hours(3), with_hours(4)) == (3.0, 4.0)


def test_an_unknown_mix_names_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"no mix 'leen' in 'small'; did you mean 'lean'\?"):
        apply_mix(scenario(), "leen")


def test_a_service_in_a_narrow_format_has_the_accuracy_of_the_quantised_model() -> None:
    in_scenario = apply_mix(replace(scenario(), services=(service(precision="int4"),)), None).deployments["chat"]
    by_measure = apply_mix(scenario(measure("algorithm", "quantise", quantise="int4")), "lean").deployments["chat"]
    assert in_scenario.variant == by_measure.variant
    assert (in_scenario.accuracy, in_scenario.accuracy_sd) == (by_measure.accuracy, by_measure.accuracy_sd)


def test_the_cache_stays_sixteen_bits_wide_under_quantised_weights() -> None:
    variant = apply_mix(scenario(measure("algorithm", "quantise", quantise="fp8")), "lean").deployments["chat"].variant
    assert (variant.weights.name, variant.kv_cache.name) == ("fp8", "bf16")
    assert variant.weight_bytes == pytest.approx(variant.model.parameters)


def test_measures_apply_in_order_and_each_has_its_cost() -> None:
    plan = apply_mix(
        scenario(
            measure("algorithm", "distil", distil="llama-3.1-8b"),
            measure("algorithm", "quantise", quantise="fp8"),
            measure("vertical", "customise", method="lora"),
        ),
        "lean",
    )
    variant = plan.deployments["chat"].variant
    assert variant.name == "llama-3.1-8b/fp8/lora"
    assert variant.weight_bytes == pytest.approx(variant.model.parameters * 1.01)
    assert [each.measure for each in plan.upfront] == ["distil llama-3.1-8b", "quantise fp8", "customise lora"]
    assert all(each.service == "chat" for each in plan.upfront)


def test_distilling_takes_training_and_answers_in_accelerator_hours() -> None:
    (cost,) = apply_mix(scenario(measure("algorithm", "distil", distil="llama-3.1-8b")), "lean").upfront
    flops = 94e9 * (6 * CATALOGUE.model("llama-3.1-8b").parameters + 2 * CATALOGUE.model("llama-3.1-70b").parameters)
    assert cost.accelerator_h == pytest.approx(flops / (0.4 * CATALOGUE.accelerator("h100-sxm").flops["bf16"]) / 3600)


def test_a_quantised_teacher_has_a_quantised_student() -> None:
    plan = apply_mix(
        scenario(
            measure("algorithm", "quantise", quantise="int4"), measure("algorithm", "distil", distil="llama-3.1-8b")
        ),
        "lean",
    )
    alone = apply_mix(replace(scenario(), services=(service(model="llama-3.1-8b", precision="int4"),)), None)
    assert plan.deployments["chat"].variant.name == "llama-3.1-8b/int4"
    assert plan.deployments["chat"].accuracy == pytest.approx(alone.deployments["chat"].accuracy)


def test_distilling_keeps_router_and_scaler() -> None:
    plan = apply_mix(
        scenario(
            measure("compute", "router", router="least-loaded"),
            measure("compute", "autoscale", target_utilisation=0.5),
            measure("algorithm", "distil", distil="llama-3.1-8b"),
        ),
        "lean",
    )
    assert plan.deployments["chat"].router == "least-loaded"
    assert plan.deployments["chat"].autoscaler is not None


def test_a_measure_acts_on_all_that_it_can_act_on() -> None:
    mixed = scenario(
        measure("algorithm", "quantise", quantise="fp8"), services=(service(), service("eight"), fixed_time_service())
    )
    plan = apply_mix(mixed, "lean")
    assert [each.service for each in plan.upfront] == ["chat", "eight"]
    assert plan.deployments["queue"].variant.weights.name == "bf16"


def test_a_measure_acts_on_its_targets_alone() -> None:
    pools = (pool("a"), pool("b"))
    plan = apply_mix(
        scenario(measure("energy", "power_cap_w", "b", power_cap_w=400.0), pools=pools, services=()), "lean"
    )
    assert (plan.pools["a"].power_cap_w, plan.pools["b"].power_cap_w) == (None, 400.0)


def test_a_plant_replaces_the_one_of_the_site_at_a_capital_per_kw() -> None:
    plant = PlantSpec(type=CATALOGUE.plant("colocation"), overrides={"pue": 1.1})
    plan = apply_mix(scenario(measure("energy", "plant", plant=plant)), "lean")
    assert plan.plant == plant
    assert (plan.upfront[0].capital_usd_per_kw, plan.upfront[0].life_y) == (2500.0, 15.0)


def test_the_plant_that_is_there_costs_nothing_and_is_noted() -> None:
    present = scenario().site.plant
    plan = apply_mix(scenario(measure("energy", "plant", plant=present)), "lean")
    assert plan.plant == present
    assert (plan.upfront[0].engineer_h, plan.upfront[0].capital_usd_per_kw) == (0.0, 0.0)
    assert any("changes nothing" in warning for warning in plan.warnings)


def test_another_set_point_takes_hours_but_no_capital() -> None:
    plant = PlantSpec(type=scenario().site.plant.type, overrides={**scenario().site.plant.overrides, "supply_c": 28.0})
    plan = apply_mix(scenario(measure("energy", "plant", plant=plant)), "lean")
    (cost,) = plan.upfront
    assert cost.capital_usd_per_kw == 0.0
    assert 0.0 < cost.engineer_h < CATALOGUE.technique("plant", "any").engineer_h
    assert "techniques.plant.set-point.engineer_h" in plan.assumed
    assert not [name for name in plan.assumed if name.startswith("techniques.plant.any")]


def test_assumed_figures_of_the_techniques_are_named_once() -> None:
    plan = apply_mix(
        scenario(
            measure("energy", "power_cap_w", "h100", power_cap_w=400.0),
            measure("energy", "power_cap_w", "h100", power_cap_w=300.0),
        ),
        "lean",
    )
    assert plan.assumed == ("techniques.power-cap.any.engineer_h",)


def test_effects_in_fields_that_nobody_serves_are_not_assumed() -> None:
    assumed = apply_mix(scenario(measure("vertical", "customise", method="lora")), "lean").assumed
    assert "techniques.customise.lora.accuracy_factor.*" in assumed
    assert not [name for name in assumed if name.endswith(".medical")]


@pytest.mark.parametrize(
    ("refused", "text"),
    [
        (measure("algorithm", "quantise", quantise="bf16"), "no technique 'quantise.bf16'"),
        (measure("algorithm", "distil", distil="llama-3.1-405b"), "'llama-3.1-405b' is not smaller than"),
        (measure("algorithm", "distil", distil="fixed-time"), "runs a model of family llm, not fixed-time"),
        (measure("energy", "power_cap_w", power_cap_w=20.0), "20 W is not above the idle power of h100-sxm"),
        (measure("energy", "clock_mhz", clock_mhz=9000.0), "not at 9000"),
        (measure("compute", "router", "speech", router="least-loaded"), "cannot act on 'speech': it acts on chat"),
        (measure("energy", "flywheel", kwh=1.0), "the energy family has no measure 'flywheel'"),
    ],
    ids=lambda each: each if isinstance(each, str) else "-".join((each.family, each.kind)),
)
def test_what_cannot_be_done_is_an_error_with_its_reason(refused: object, text: str) -> None:
    from sim.errors import InputError

    with pytest.raises(InputError, match=text):
        apply_mix(scenario(refused), "lean")  # type: ignore[arg-type]


def test_a_measure_that_acts_on_nothing_says_where_it_stands_and_why() -> None:
    with pytest.raises(ScenarioError) as error:
        apply_mix(scenario(measure("algorithm", "quantise", quantise="fp8"), services=(fixed_time_service(),)), "lean")
    reason = "'quantise' acts on nothing: 'queue' runs a fixed-time model, which has no weights"
    assert str(error.value) == f"mixes.lean.algorithm.quantise: {reason}"


def test_all_faults_of_a_mix_are_told_at_once() -> None:
    with pytest.raises(ScenarioError) as error:
        apply_mix(
            scenario(measure("energy", "power_cap_w", power_cap_w=20.0), measure("energy", "clock_mhz", clock_mhz=1.0)),
            "lean",
        )
    assert len(error.value.problems) == 2


def test_weights_are_not_quantised_twice() -> None:
    twice = scenario(
        measure("algorithm", "quantise", quantise="fp8"), measure("algorithm", "quantise", quantise="int4")
    )
    with pytest.raises(ScenarioError, match="quantised to fp8 already"):
        apply_mix(twice, "lean")


def test_a_customised_model_is_not_distilled_away() -> None:
    late = scenario(
        measure("vertical", "customise", method="lora"), measure("algorithm", "distil", distil="llama-3.1-8b")
    )
    with pytest.raises(ScenarioError, match=r"changed already \(lora\), which a student loses: distil first"):
        apply_mix(late, "lean")


def test_a_model_without_accuracy_in_the_field_is_refused() -> None:
    deaf = replace(service(), field=CATALOGUE.field("speech"))
    with pytest.raises(ScenarioError, match=r"services.chat.field: the catalogue knows no accuracy of 'llama-3.1-70b'"):
        apply_mix(scenario(services=(deaf,)), None)
