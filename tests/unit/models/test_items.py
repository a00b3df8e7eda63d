"""Tables of models that take items in batches: time by batch, power, caps, splitting, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sim.catalog.reader import Catalogue
from sim.errors import ScenarioError
from sim.models.items import batch_state, batch_tokens, item_pace, item_tables, reached_share
from sim.models.variant import Variant

CATALOGUE = Catalogue.built_in()
V100 = CATALOGUE.accelerator("v100-sxm2")


def variant(name: str, precision: str | None = None) -> Variant:
    model = CATALOGUE.model(name)
    chosen = CATALOGUE.precision(precision or model.precision)
    return Variant(model=model, weights=chosen, kv_cache=chosen)


RESNET = variant("resnet-50")


@pytest.mark.parametrize("batch", [1, 32, 256])
def test_a_batch_takes_its_fixed_time_and_the_time_of_its_items(batch: int) -> None:
    pace, items = item_pace(RESNET, V100), RESNET.model.items
    assert items is not None
    expected = pace.batch_s + batch * items.flops / (pace.peak_share * 125e12)
    found = batch_state(item_tables(RESNET, V100), RESNET, batch)
    assert found.batch_s == pytest.approx(expected, rel=1e-9)
    assert found.items_per_s == pytest.approx(batch / expected)


def test_larger_batches_give_more_items_per_second_and_fewer_joules_each() -> None:
    tables = item_tables(RESNET, V100)
    states = [batch_state(tables, RESNET, batch) for batch in (1, 8, 64, 256)]
    assert np.all(np.diff([state.items_per_s for state in states]) > 0.0)
    assert np.all(np.diff([state.j_per_item for state in states]) < 0.0)


@pytest.mark.parametrize("name", ["resnet-50", "bert-large", "whisper-large-v3", "sdxl", "dlrm"])
@pytest.mark.parametrize("accelerator", ["v100-sxm2", "a100-80g-sxm", "h100-sxm", "b200"])
def test_power_lies_between_floor_and_design_power(name: str, accelerator: str) -> None:
    device, model = CATALOGUE.accelerator(accelerator), variant(name)
    tables = item_tables(model, device)
    for batch in (1.0, 8.0):
        assert device.power.floor_w <= batch_state(tables, model, batch).power_w <= device.tdp_w


def test_a_batch_reads_the_weights_that_work_and_not_all_embeddings() -> None:
    dlrm, h100 = variant("dlrm"), CATALOGUE.accelerator("h100-sxm")
    assert batch_state(item_tables(dlrm, h100), dlrm, 1).power_w == pytest.approx(h100.power.floor_w, rel=0.05)


def test_a_cap_is_kept_and_slows_the_items_but_not_the_fixed_part() -> None:
    free, capped = item_tables(RESNET, V100), item_tables(RESNET, V100, cap_w=200.0)
    assert batch_state(capped, RESNET, 256).power_w <= 200.0
    assert capped.prefill[-1, 0] > free.prefill[-1, 0]
    assert capped.decode[-1, 0, 0] == free.decode[-1, 0, 0]


def test_a_narrower_format_speeds_items_by_the_peak_it_may_use() -> None:
    a100 = CATALOGUE.accelerator("a100-80g-sxm")
    wide, narrow = item_tables(RESNET, a100), item_tables(variant("resnet-50", "int8"), a100)
    assert wide.prefill[-1, 0] == pytest.approx(2.0 * narrow.prefill[-1, 0])


def test_splitting_an_image_over_accelerators_helps_less_than_their_number() -> None:
    model, h100 = variant("stable-diffusion-3.5-large"), CATALOGUE.accelerator("h100-sxm")
    one, eight = (batch_state(item_tables(model, h100, count), model, 16) for count in (1, 8))
    assert 2.0 < eight.items_per_s / one.items_per_s < 8.0


def test_a_token_of_speech_is_a_tenth_of_a_second() -> None:
    whisper = variant("whisper-large-v3")
    assert whisper.model.items is not None
    assert batch_tokens(whisper) == 10 * whisper.model.items.batch_max


def test_an_unmeasured_accelerator_takes_the_fall_back_as_its_data_sheet_lets_it() -> None:
    assert RESNET.model.items is not None
    fallback, h100 = RESNET.model.items.fallback, CATALOGUE.accelerator("h100-sxm")
    pace = item_pace(RESNET, h100)
    assert pace.batch_s == fallback.batch_s
    limits = (989 / 312, 3350 / 2039, 700 / 400)  # arithmetic, memory, watts, against an A100
    rate = (sum(limit**-4 for limit in limits) / 3) ** -0.25
    assert pace.peak_share == pytest.approx(fallback.peak_share * rate / limits[0], rel=1e-6)


def test_an_a100_reaches_what_the_fall_back_says_and_a_higher_peak_alone_helps_little() -> None:
    a100 = CATALOGUE.accelerator("a100-80g-sxm")
    assert reached_share(a100) == pytest.approx(1.0)
    doubled = replace(a100, flops={name: 2.0 * peak for name, peak in a100.flops.items()})
    assert 1.0 < 2.0 * reached_share(doubled) < 1.15


def test_weights_that_do_not_fit_are_refused_with_what_is_needed() -> None:
    with pytest.raises(ScenarioError, match=r"flux-1-dev/bf16 needs 31 GiB for its weights; 1 t4 offer 14 GiB"):
        item_tables(variant("flux-1-dev"), CATALOGUE.accelerator("t4"))


def test_a_language_model_takes_no_items() -> None:
    with pytest.raises(ScenarioError, match=r"llama-3\.1-8b is of family llm; it takes no items"):
        item_tables(variant("llama-3.1-8b"), V100)


def test_pruning_takes_work_from_each_item() -> None:
    half = replace(RESNET, parameter_share=0.5)
    assert item_tables(half, V100).prefill[-1, 0] == pytest.approx(0.5 * item_tables(RESNET, V100).prefill[-1, 0])
