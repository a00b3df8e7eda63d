"""Times at the full clock are those of the serving tables' top row, variant by variant."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest

from sim.catalog import Catalogue
from sim.models.early_exit import EarlyExit
from sim.models.full_clock import batch_at_most, time_per_token_s
from sim.models.layout import Layout
from sim.models.serving import serving_tables
from sim.models.speculation import Speculation
from sim.models.steady import steady_state
from sim.models.variant import Variant
from sim.strategies.published import published_variant

CATALOGUE = Catalogue.built_in()


def variant(model: str, weights: str) -> Variant:
    return published_variant(CATALOGUE.model(model), CATALOGUE.precision(weights), CATALOGUE)


DRAFTING = Speculation(draft_tokens=3, acceptance=0.7, step_share=0.05, memory_share=0.03)
CASES = {
    "dense": (variant("llama-3.1-8b", "bf16"), "h100-sxm", 1),
    "split": (variant("llama-3.1-70b", "bf16"), "h100-sxm", 4),
    "narrow": (variant("llama-3.1-70b", "int4"), "l40s", 2),
    "mixture": (variant("qwen3-30b-a3b", "bf16"), "b200", 1),
    "windowed": (variant("gpt-oss-120b", "fp4"), "h100-sxm", 2),
    "latent": (variant("deepseek-r1", "fp8"), "b200", 8),
    "drafted": (replace(variant("llama-3.1-8b", "fp8"), speculation=DRAFTING), "h100-sxm", 1),
    "leaving early": (
        replace(variant("qwen3-8b", "bf16"), early_exit=EarlyExit(skipped=0.2, depth=0.5)),
        "h100-sxm",
        1,
    ),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("batch", [1, 37, 900])
def test_times_are_those_of_the_tables(case: str, batch: int) -> None:
    served, name, degree = CASES[case]
    engine, layout = CATALOGUE.engine("vllm"), Layout(tensor_parallel=degree)
    accelerator = replace(CATALOGUE.accelerator(name), tdp_w=inf)
    prompt, answer, context = 700.0, 250.0, 825.0
    tables = serving_tables(served, engine, accelerator, degree, context)
    kept = batch_at_most(served, engine, accelerator, layout, context, batch)
    assert kept == min(batch, tables.batch_max)
    found = time_per_token_s(served, engine, accelerator, layout, kept, prompt, answer, context)
    assert found == pytest.approx(steady_state(tables, kept, prompt, answer).tpot_s, rel=1e-12)
