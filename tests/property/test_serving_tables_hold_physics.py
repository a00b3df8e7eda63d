"""What must hold for the tables of any model, accelerator, group, context, cap and clock."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sim.catalog.entries import Accelerator
from sim.catalog.reader import Catalogue
from sim.errors import ScenarioError
from sim.models.serving import ServingTables, engine_fit, serving_tables
from sim.models.variant import Variant
from twins.iteration import Replica, capped_clock_mhz, clocks_mhz, decode, launches, prefill, softening

CATALOGUE = Catalogue.built_in()
VLLM = replace(CATALOGUE.engine("vllm"), batch_max=96)  # keeps the examples small
MODELS = ("llama-3.1-8b", "llama-3.1-70b", "qwen3-8b", "qwen3-30b-a3b")
ACCELERATORS = ("h100-sxm", "b200", "a100-80g-sxm", "h200-sxm", "l40s")
ROUNDING = 1.0 + 1e-12


class Case(NamedTuple):
    """One replica and its typical context."""

    variant: Variant
    accelerator: Accelerator
    group: int  # accelerators
    context: float

    def tables(self, cap_w: float | None = None, clock_mhz: float | None = None) -> ServingTables:
        return serving_tables(self.variant, VLLM, self.accelerator, self.group, self.context, cap_w, clock_mhz)

    @property
    def replica(self) -> Replica:
        return Replica(
            self.variant, engine_fit(VLLM, self.accelerator, self.variant.model), self.accelerator, self.group
        )


@st.composite
def cases(draw: st.DrawFn) -> Case:
    model, weights = draw(st.sampled_from(MODELS)), draw(st.sampled_from(("bf16", "fp8", "int4")))
    variant = Variant(
        model=replace(CATALOGUE.model(model), power_calibration={}),
        weights=CATALOGUE.precision(weights),
        kv_cache=CATALOGUE.precision(draw(st.sampled_from(("bf16", "fp8")))),
        parameter_share=draw(st.sampled_from((1.0, 0.6))),
    )
    accelerator = CATALOGUE.accelerator(draw(st.sampled_from(ACCELERATORS)))
    case = Case(variant, accelerator, draw(st.sampled_from((1, 2, 4, 8))), draw(st.floats(16.0, 4000.0)))
    try:
        case.tables(0.6 * accelerator.tdp_w)
    except ScenarioError:
        assume(False)
    return case


def decode_s(case: Case, tables: ServingTables) -> NDArray[np.float64]:
    """Seconds of iterations at the typical context, f8[levels, batches]."""
    held = np.arange(tables.batch_max + 1.0) * case.context
    return np.asarray(tables.decode[:, :, 0] + tables.decode[:, :, 1] * held)


def decode_power_w(case: Case, tables: ServingTables) -> NDArray[np.float64]:
    held = np.arange(tables.batch_max + 1.0) * case.context
    step_s, kv_s, step_j, kv_j, *_ = np.moveaxis(tables.decode, 2, 0)
    return np.asarray((step_j + kv_j * held) / (step_s + kv_s * held) / case.group)


@settings(max_examples=40, deadline=None)
@given(case=cases(), share=st.floats(0.6, 1.0), data=st.data())
def test_the_tables_equal_the_plain_twin(case: Case, share: float, data: st.DataObject) -> None:
    cap_w = share * case.accelerator.tdp_w
    tables = case.tables(cap_w)
    level = data.draw(st.integers(0, tables.top_level))
    batch = data.draw(st.integers(0, tables.batch_max))
    typical = batch * case.context
    context = data.draw(st.floats(0.0, 2.0)) * typical
    clock = capped_clock_mhz(case.replica, tables.clock_mhz[level], cap_w, batch, typical)
    assume(clock is not None)
    assert clock is not None
    usual_s, usual_j = decode(case.replica, clock, batch, typical, typical)
    seconds, spent = decode(case.replica, clock, batch, context, typical)
    spent *= softening(usual_j / usual_s / case.group, cap_w)
    step_s, kv_s, step_j, kv_j, *_ = tables.decode[level, batch]
    assert step_s + kv_s * context == pytest.approx(seconds, rel=1e-9)
    assert step_j + kv_j * context == pytest.approx(spent, rel=1e-9)


@settings(max_examples=40, deadline=None)
@given(case=cases(), tokens=st.floats(1.0, 8000.0), data=st.data())
def test_prefill_equals_the_plain_twin_at_the_clock_that_design_power_allows(
    case: Case, tokens: float, data: st.DataObject
) -> None:
    tables, limit = case.tables(), case.accelerator.tdp_w
    level = data.draw(st.integers(0, tables.top_level))
    kept = [
        clock
        for clock in clocks_mhz(case.accelerator)[: level + 1]
        if prefill(case.replica, clock, case.context)[1] / prefill(case.replica, clock, case.context)[0]
        <= limit * case.group
    ]
    assume(kept)
    usual_s, usual_j = prefill(case.replica, kept[-1], case.context)
    seconds, spent = prefill(case.replica, kept[-1], tokens)
    spent *= softening(usual_j / usual_s / case.group, limit)
    token_s, token2_s, request_s, token_j, token2_j, _, *_ = tables.prefill[level]
    assert token_s * tokens + token2_s * tokens**2 == pytest.approx(seconds, rel=1e-9)
    assert token_j * tokens + token2_j * tokens**2 == pytest.approx(spent, rel=1e-9)
    assert request_s == pytest.approx(case.replica.fit.prompt_s * launches(case.replica))


@settings(max_examples=40, deadline=None)
@given(case=cases())
def test_a_higher_clock_is_never_slower_and_joules_are_positive(case: Case) -> None:
    tables = case.tables()
    assert np.all(np.diff(decode_s(case, tables), axis=0) <= 1e-12)
    assert np.all(np.diff(tables.prefill[:, :2], axis=0) <= 0.0)
    assert np.all(tables.decode > 0.0)
    assert np.all(tables.prefill[:, [0, 1, 3, 4, 6, 7]] > 0.0)
    assert np.all(tables.prefill[:, [2, 5]] >= 0.0)


@settings(max_examples=40, deadline=None)
@given(case=cases(), share=st.floats(0.4, 1.5))
def test_power_lies_between_idle_and_the_cap_at_every_entry(case: Case, share: float) -> None:
    cap_w = share * case.accelerator.tdp_w
    try:
        tables = case.tables(cap_w)
    except ScenarioError:
        return
    highest = min(cap_w, case.accelerator.tdp_w) * ROUNDING
    power = decode_power_w(case, tables)
    prompt = tables.prefill[:, 3:5] @ [1.0, case.context] / (tables.prefill[:, :2] @ [1.0, case.context]) / case.group
    for found in (power, prompt):
        assert np.all(found >= case.accelerator.idle_w / ROUNDING)
        assert np.all(found <= highest)


@settings(max_examples=20, deadline=None)
@given(case=cases(), above=st.floats(1.0, 3.0))
def test_a_cap_at_or_above_design_power_is_no_cap(case: Case, above: float) -> None:
    free, capped = case.tables(), case.tables(above * case.accelerator.tdp_w)
    assert np.array_equal(free.decode, capped.decode)
    assert np.array_equal(free.prefill, capped.prefill)


@settings(max_examples=30, deadline=None)
@given(case=cases(), low=st.floats(0.3, 1.0), high=st.floats(0.3, 1.0))
def test_a_lower_cap_is_never_faster(case: Case, low: float, high: float) -> None:
    try:
        tight, loose = (case.tables(share * case.accelerator.tdp_w) for share in sorted((low, high)))
    except ScenarioError:
        return
    assert np.all(decode_s(case, tight) >= decode_s(case, loose) / ROUNDING)
    assert np.all(tight.prefill[:, :2] >= loose.prefill[:, :2])


@settings(max_examples=30, deadline=None)
@given(case=cases(), share=st.floats(0.4, 1.0))
def test_the_best_joules_are_never_above_the_actual_at_the_typical_context(case: Case, share: float) -> None:
    try:
        tables = case.tables(share * case.accelerator.tdp_w)
    except ScenarioError:
        return
    held = np.arange(tables.batch_max + 1.0) * case.context
    actual = tables.decode[:, :, 2] + tables.decode[:, :, 3] * held
    best = tables.decode[:, :, 4] + tables.decode[:, :, 5] * held
    assert np.all(best <= actual * ROUNDING)
    prompt = np.array([1.0, case.context])
    assert np.all(tables.prefill[:, 6:8] @ prompt <= tables.prefill[:, 3:5] @ prompt * ROUNDING)


@settings(max_examples=30, deadline=None)
@given(case=cases(), weights=st.sampled_from(("fp8", "int4")))
def test_narrower_weights_are_never_slower_where_memory_binds(case: Case, weights: str) -> None:
    """Without a limit by power, and at equal peak, fewer bytes can only help, but for launches that quantise."""
    peak = {"bf16": case.accelerator.flops["bf16"], "fp8": case.accelerator.flops["bf16"]}
    same = case._replace(accelerator=replace(case.accelerator, flops=peak, tdp_w=1e6))
    wide = same._replace(variant=replace(case.variant, weights=CATALOGUE.precision("bf16")))
    narrow = same._replace(variant=replace(case.variant, weights=CATALOGUE.precision(weights)))
    try:
        bf16, less = wide.tables(), narrow.tables()
    except ScenarioError:
        return
    rows = min(bf16.batch_max, less.batch_max) + 1
    model, fit = case.variant.model, engine_fit(VLLM, case.accelerator, case.variant.model)
    quantising = weights == "fp8" and model.experts > 1
    launches_s = fit.layer_s * model.layers * fit.quantised_launches if quantising else 0.0
    assert np.all(decode_s(same, less)[-1, :rows] - launches_s <= decode_s(same, bf16)[-1, :rows] * ROUNDING)
