"""Bytes and FLOPs of an iteration, and the peak that a number format uses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sim.catalog.reader import Catalogue
from sim.errors import ScenarioError
from sim.models.peaks import peak_flops
from sim.models.variant import Variant
from sim.models.work import attention_flops, context_bytes, message_bytes, token_flops, weight_read_bytes

CATALOGUE = Catalogue.built_in()


def made_variant(model: str, weights: str, kv_cache: str = "bf16") -> Variant:
    precision = CATALOGUE.precision
    return Variant(model=CATALOGUE.model(model), weights=precision(weights), kv_cache=precision(kv_cache))


def test_a_dense_model_reads_all_weights_at_any_batch() -> None:
    variant = made_variant("llama-3.1-8b", "bf16")
    assert np.all(weight_read_bytes(variant, np.array([0.0, 1.0, 100.0])) == variant.weight_bytes)


def test_a_mixture_reads_the_experts_that_the_batch_meets() -> None:
    variant = made_variant("qwen3-30b-a3b", "bf16")
    none, one, many = weight_read_bytes(variant, np.array([0.0, 1.0, 4096.0]))
    assert one == pytest.approx(2.0 * variant.active_parameters, rel=0.01)
    assert many == pytest.approx(variant.weight_bytes)
    assert none == variant.weight_bytes


def test_flops_and_bytes_of_a_token() -> None:
    variant = made_variant("llama-3.1-8b", "bf16")
    assert token_flops(variant) == 2.0 * variant.model.parameters
    assert attention_flops(variant) == 2.0 * 4096 * 32
    assert message_bytes(variant) == 8192.0
    assert context_bytes(variant) == 131_072.0


def test_an_8_bit_cache_halves_the_bytes_of_context() -> None:
    assert context_bytes(made_variant("llama-3.1-8b", "fp8", "fp8")) == 65_536.0


def test_weights_compute_at_the_first_of_their_formats_that_the_accelerator_has() -> None:
    fp8 = made_variant("llama-3.1-8b", "fp8")
    hopper, ampere = CATALOGUE.accelerator("h100-sxm"), CATALOGUE.accelerator("a100-80g-sxm")
    assert peak_flops(fp8, hopper) == hopper.flops["fp8"]
    assert peak_flops(fp8, ampere) == ampere.flops["bf16"]
    assert peak_flops(made_variant("llama-3.1-8b", "int4"), hopper) == hopper.flops["bf16"]


def test_where_no_format_is_native_the_error_names_those_that_are() -> None:
    ampere = CATALOGUE.accelerator("a100-80g-sxm")
    variant = made_variant("llama-3.1-8b", "fp8")
    odd = replace(variant, weights=replace(variant.weights, compute=("fp8",)))
    with pytest.raises(ScenarioError, match=r"llama-3.1-8b in fp8 computes in fp8; a100-80g-sxm has bf16, fp16, int8"):
        peak_flops(odd, ampere)
