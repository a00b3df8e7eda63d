"""What fits on an accelerator, and what the message says where it does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sim.catalog.memory import kv_bytes_per_token, kv_capacity_tokens, memory_fault, memory_need
from sim.catalog.reader import Catalogue

CATALOGUE = Catalogue.built_in()
BF16, VLLM, H100 = CATALOGUE.precision("bf16"), CATALOGUE.engine("vllm"), CATALOGUE.accelerator("h100-sxm")


@pytest.mark.parametrize(("model", "expected"), [("llama-3.1-8b", 131_072), ("llama-3.1-70b", 327_680)])
def test_a_token_of_context_takes_key_and_value_of_all_layers(model: str, expected: float) -> None:
    assert kv_bytes_per_token(CATALOGUE.model(model), 2.0) == expected


def test_the_capacity_is_what_weights_and_overhead_leave_of_the_usable_share() -> None:
    need = memory_need(CATALOGUE.model("llama-3.1-8b"), BF16, BF16)
    usable = 2 * (VLLM.memory_share * H100.memory_bytes - VLLM.overhead_bytes)
    assert kv_capacity_tokens(need, VLLM, H100, 2) == int((usable - need.weight_bytes) / 131_072)


def test_8_bit_weights_take_half_the_bytes() -> None:
    model = CATALOGUE.model("llama-3.1-8b")
    half = memory_need(model, CATALOGUE.precision("fp8"), BF16).weight_bytes
    assert half == pytest.approx(memory_need(model, BF16, BF16).weight_bytes / 2)


def test_a_model_that_fits_is_no_fault() -> None:
    assert memory_fault(memory_need(CATALOGUE.model("llama-3.1-8b"), BF16, BF16), VLLM, H100, 1) is None


def test_the_message_says_what_is_needed_what_is_there_and_what_would_do() -> None:
    need = memory_need(CATALOGUE.model("llama-3.1-70b"), BF16, BF16)
    narrower = [CATALOGUE.precision(name) for name in ("fp8", "int4")]
    assert memory_fault(need, VLLM, H100, 1, alternatives=narrower) == (
        "llama-3.1-70b bf16 needs 131 GiB; one h100-sxm has 80 GiB: use tensor_parallel 2 or more, or fp8"
    )


def test_where_no_group_is_large_enough_the_message_asks_for_another_model() -> None:
    crowd = replace(CATALOGUE.model("llama-3.1-405b"), parameters=1e14, active_parameters=1e14)
    text = memory_fault(memory_need(crowd, BF16, BF16), VLLM, H100, 8)
    assert text is not None
    assert text.endswith("8 h100-sxm have 640 GiB: use a smaller model or a larger accelerator")
