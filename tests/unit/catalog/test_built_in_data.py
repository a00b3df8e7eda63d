"""The data files that come with the program: all load, all figures have one source, and they agree with each other."""

from __future__ import annotations

import pytest

from sim.catalog import Catalogue
from sim.catalog.reader import DATA, KINDS
from sim.catalog.sources import figures

CATALOGUE = Catalogue.built_in()
ENTRIES = [(kind, name) for kind in KINDS for name in CATALOGUE.names(kind)]
NAMED = {  # names that scenarios rely on
    "accelerators": "a100-40g-sxm a100-80g-sxm h100-sxm h100-pcie h200-sxm b200 b300 gb200 gb300 l4 l40s a10 a30 a40 "
    "t4 v100-sxm2 v100-pcie p100 k80 rtx-4090 rtx-pro-6000 mi250x epyc-9654 mi300x mi325x mi355x gaudi3 tpu-v4 "
    "tpu-v5e tpu-v5p tpu-v6e tpu-v7",
    "nodes": "hgx-h100-8 hgx-h200-8 hgx-b200-8 dgx-a100-8 gb200-nvl72 mi300x-8 l40s-8 l4-8 v100-8 tpu-v5e-8 tpu-v5p-4 "
    "frontier-node generic-1",
    "models": "llama-3.1-8b llama-3.1-70b llama-3.1-405b qwen3-8b qwen3-14b qwen3-32b qwen3-30b-a3b qwen3-235b-a22b "
    "resnet-50 vit-l bert-large distilbert whisper-large-v3 sdxl flux-1-dev dlrm fixed-time",
    "precisions": "bf16 fp16 fp8 int8 int4 fp4",
    "fields": "nlp image-recognition speech finance finance-scoring medical education autonomous-driving smart-city "
    "smart-manufacturing recommendation",
    "engines": "vllm trt-llm sglang",
    "techniques": "quantise.fp8 quantise.int8 quantise.int4 quantise.fp4 quantise-kv.fp8 quantise-kv.int8 "
    "quantise-kv.int4 quantise-kv.fp4 prune.2of4 prune.unstructured prune.width prune.depth adapt.any "
    "distil.any customise.lora augment.samples "
    "router.round-robin router.least-loaded router.power-of-two router.consolidate router.prefix-affinity "
    "admit.queue batch-max.any decision-time.any autoscale.target-utilisation power-cap.any clock.any plant.any",
}
SCALED = "assumed: scaled by TDP from "
FIGURES_OF_TECHNIQUES = {  # what the measures of `sim.strategies` read by name
    ("distil", "any"): {"tokens", "items", "mfu"},
    ("prune", "2of4"): {"tokens", "items", "mfu", "weight_share", "index_bits", "sparse_gain"},
    ("prune", "unstructured"): {"weight_share", "index_bits", "sparse_gain"},
    ("prune", "width"): {"tokens", "items", "mfu", "published_share", "loss_exponent"},
    ("prune", "depth"): {"tokens", "items", "mfu", "published_share", "loss_exponent"},
    ("customise", "full"): {"samples", "usd_per_sample", "sample_tokens", "epochs", "mfu"},
    ("customise", "lora"): {"adapter_byte_share", "samples", "usd_per_sample"},
    ("customise", "prompt"): {"added_tokens"},
    ("customise", "rag"): {"added_tokens", "retrieval_s", "documents", "usd_per_document"},
    ("specialise", "cache"): {"answer_s"},
    ("specialise", "cascade"): {"skill", "skill_spread"},
    ("specialise", "early-exit"): {"depth"},
    ("augment", "samples"): {"half_saturation_samples", "max_gain", "useless_quality", "usd_per_sample"},
    ("router", "consolidate"): {"fill_share"},
    ("router", "prefix-affinity"): {"fill_share"},
    ("plant", "any"): {"capital_usd_per_kw", "life_y"},
}


@pytest.mark.parametrize(("kind", "name"), ENTRIES, ids=lambda part: part)
def test_every_entry_loads_and_each_figure_has_one_source(kind: str, name: str) -> None:
    document = CATALOGUE.entry_document(kind, name)  # the reader refuses a figure without a source, or with two
    stated = document.get("sources", {})
    assert isinstance(stated, dict)
    assert all(text == text.strip() and len(text) < 200 for text in stated)
    assert all("guess" not in text or text.startswith("assumed") for text in stated)
    assert all("recalled" not in text or text.startswith("assumed") for text in stated)
    assert bool(figures(document)) == bool(stated)


@pytest.mark.parametrize("kind", NAMED)
def test_names_that_scenarios_rely_on_are_there(kind: str) -> None:
    assert set(NAMED[kind].split()) <= set(CATALOGUE.names(kind))


@pytest.mark.parametrize("technique", FIGURES_OF_TECHNIQUES, ids=".".join)
def test_techniques_hold_the_figures_that_measures_read(technique: tuple[str, str]) -> None:
    assert set(CATALOGUE.technique(*technique).figures) == FIGURES_OF_TECHNIQUES[technique]


def test_no_data_file_stands_outside_the_known_kinds() -> None:
    entries = {path.relative_to(DATA).parts[0] for path in DATA.glob("**/*.yaml")}
    assert entries - {"weather"} <= set(KINDS)


@pytest.mark.parametrize("name", CATALOGUE.names("models"))
def test_models_have_an_accuracy_only_in_known_fields(name: str) -> None:
    model = CATALOGUE.model(name)
    assert set(model.accuracy) <= set(CATALOGUE.names("fields"))
    # metrics of the other families are not those of a field
    assert bool(model.accuracy) >= (model.family in ("llm", "vision", "speech", "tabular"))


@pytest.mark.parametrize("field", ["nlp", "medical", "finance", "education"])
def test_larger_models_of_a_family_are_more_accurate_and_some_model_keeps_the_floor(field: str) -> None:
    families = (
        ("llama-3.1-8b", "llama-3.1-70b", "llama-3.1-405b"),
        ("qwen3-8b", "qwen3-14b", "qwen3-32b", "qwen3-235b-a22b"),
    )
    for family in families:
        scores = [CATALOGUE.model(name).accuracy[field] for name in family]
        assert scores == sorted(scores)
        assert scores[-1] >= CATALOGUE.field(field).floor


@pytest.mark.parametrize("name", CATALOGUE.names("accelerators"))
def test_every_precision_finds_a_peak_on_every_accelerator(name: str) -> None:
    peaks = CATALOGUE.accelerator(name).flops
    for precision in CATALOGUE.names("precisions"):
        assert any(compute in peaks for compute in CATALOGUE.precision(precision).compute)


@pytest.mark.parametrize("name", CATALOGUE.names("accelerators"))
def test_a_power_curve_is_measured_or_scaled_by_tdp_from_the_measured_one_it_names(name: str) -> None:
    found = CATALOGUE.accelerator(name)
    source = found.sources["power.floor_w"]
    if not source.startswith(SCALED):
        assert not source.startswith("assumed")
        return
    measured = CATALOGUE.accelerator(source.removeprefix(SCALED))
    assert not measured.sources["power.floor_w"].startswith("assumed")
    for figure in ("floor_w", "memory_w", "compute_w", "split_w", "sequence_w"):
        wanted = getattr(measured.power, figure) * found.tdp_w / measured.tdp_w
        wanted = max(wanted, found.idle_w) if figure == "floor_w" else wanted
        assert getattr(found.power, figure) == pytest.approx(wanted, rel=0.01, abs=0.51), figure
