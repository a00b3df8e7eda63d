"""The reference variant: the leanest of the catalogue that keeps the field's floor, the used one, or the pinned one."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest

from handmade.runs import CATALOGUE, scenario, service, service_totals
from sim.economics.leanness import Leanness, accelerator_s_per_token, candidates, leanness, operating_point
from sim.errors import ScenarioError
from sim.models.serving import serving_tables
from sim.models.steady import steady_state
from sim.scenario.specs import Service
from sim.strategies import Deployment, apply_mix

H100 = CATALOGUE.accelerator("h100-sxm")


def deployment(chat: Service) -> Deployment:
    return apply_mix(scenario(services=(chat,)), None).deployments[chat.name]


def found(chat: Service) -> Leanness:
    lean = leanness(deployment(chat), service_totals(), H100, CATALOGUE)
    assert lean is not None
    return lean


def test_the_operating_point_is_the_mean_of_the_run() -> None:
    load = operating_point(service_totals(mean_batch=7.6))
    assert load is not None
    assert (load.batch, load.input_tokens, load.output_tokens) == (8, 300.0, 200.0)


@pytest.mark.parametrize("missing", [{"mean_batch": None}, {"completed": 0}, {"output_tokens": 0}])
def test_without_outputs_there_is_nothing_to_compare(missing: dict[str, object]) -> None:
    assert leanness(deployment(service()), service_totals(**missing), H100, CATALOGUE) is None


def test_seconds_are_those_of_the_whole_performance_model_at_full_clock() -> None:
    load, used = operating_point(service_totals()), deployment(service())
    assert load is not None
    unlimited = replace(H100, tdp_w=inf)
    tables = serving_tables(used.variant, used.service.engine, unlimited, 4, 400.0, None, None)
    whole = steady_state(tables, 8, 300.0, 200.0, level=len(tables.clock_mhz) - 1)
    assert accelerator_s_per_token(used.variant, used.service, H100, load) == pytest.approx(
        4 / whole.output_tokens_per_s, rel=1e-12
    )


def test_the_reference_keeps_the_floor_and_no_candidate_is_leaner() -> None:
    chat = service()
    lean, load = found(chat), operating_point(service_totals())
    assert load is not None
    fitting = {
        each.variant.name: accelerator_s_per_token(each.variant, chat, H100, load)
        for each in candidates(CATALOGUE, "nlp")
        if each.accuracy >= chat.field.floor and each.variant.model.parameters < 1e11
    }
    assert lean.reference == min(fitting, key=lambda name: fitting[name])
    assert lean.reference_s == min(fitting.values()) < lean.used_s


def test_a_high_floor_leaves_fewer_candidates() -> None:
    demanding = replace(service(), field=replace(CATALOGUE.field("nlp"), floor=0.80))
    accuracy = {each.variant.name: each.accuracy for each in candidates(CATALOGUE, "nlp")}
    assert accuracy[found(demanding).reference] >= 0.80
    assert found(demanding).reference_s > found(service()).reference_s


def test_the_leanest_variant_is_its_own_reference() -> None:
    model, precision = found(service()).reference.split("/")
    lean = found(service(model=model, precision=precision))
    assert lean.reference_s == lean.used_s


def test_a_pinned_reference_stands_alone() -> None:
    lean = found(replace(service(), reference="llama-3.1-70b/fp8"))
    assert lean.reference == "llama-3.1-70b/fp8"
    assert lean.reference_s < lean.used_s


def test_the_used_variant_counts_beside_a_fatter_pinned_one() -> None:
    lean = found(replace(service(model="llama-3.1-8b"), reference="llama-3.1-70b/bf16"))
    assert (lean.reference, lean.reference_s) == ("llama-3.1-8b/bf16", lean.used_s)


def test_an_unknown_pinned_reference_is_refused_with_its_path() -> None:
    with pytest.raises(ScenarioError, match=r"services.chat.reference: no variant 'llama-4/bf16'"):
        found(replace(service(), reference="llama-4/bf16"))


def test_candidates_are_quantised_only_to_fewer_bytes_and_at_a_loss() -> None:
    named = {each.variant.name: each for each in candidates(CATALOGUE, "nlp")}
    assert named["llama-3.1-70b/int4"].accuracy == pytest.approx(0.793 * 0.98)
    assert "llama-3.1-70b/fp16" not in named
