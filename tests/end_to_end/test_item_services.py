"""Services of models that take items, through whole runs: batches form, requests are conserved, promises hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim import run
from sim.catalog.reader import Catalogue
from sim.errors import ScenarioError, TraceError
from sim.models.items import item_pace
from sim.models.variant import Variant
from sim.scenario import load

CATALOGUE = Catalogue.built_in()

HEAD = """schema: 1
name: items
horizon_h: 0.02
seed: 3
site: {weather: {dry_bulb_c: 20, relative_humidity: 0.5}, tariff: {energy_usd_per_kwh: 0.1}, carbon: {g_per_kwh: 300}}
pools: [{name: v, node: v100-8, nodes: 1, acquire: {own: {capex_usd_per_node: 50000, life_y: 5}}}]
services:
"""
ENTRY = "  - {{name: it, field: FIELD, model: MODEL, pool: v, replicas: 1, traffic: {{{traffic}}}{more}}}\n"
EYE = ENTRY.replace("FIELD", "image-recognition").replace("MODEL", "resnet-50")
EAR = ENTRY.replace("FIELD", "speech").replace("MODEL", "whisper-large-v3")


def result(folder: Path, service: str, traffic: str, more: str = "") -> dict[str, object]:
    path = folder / "scenario.yaml"
    path.write_text(HEAD + service.format(traffic=traffic, more=more))
    services = run(load(path)).summary["services"]
    assert isinstance(services, dict)
    (found,) = services.values()
    assert found["arrived"] == found["completed"] + found["rejected"] + found["in_flight"]
    return dict(found)


def test_images_alone_take_a_batch_of_one_and_many_share_batches(tmp_path: Path) -> None:
    few = result(tmp_path, EYE, "poisson: {rate_per_s: 5}, items: {constant: 1}")
    many = result(tmp_path, EYE, "poisson: {rate_per_s: 2500}, items: {constant: 1}")
    assert isinstance(few["e2e_s"], dict)
    assert few["e2e_s"]["p50"] == pytest.approx(0.00375 + 8.2e9 / (0.253 * 125e12), rel=0.01)
    assert few["mean_batch"] == pytest.approx(1.0, abs=0.1)
    assert float(str(many["mean_batch"])) > 8.0
    assert many["throughput_per_s"] == pytest.approx(2500.0, rel=0.05)


def test_a_longer_recording_takes_longer(tmp_path: Path) -> None:
    def seconds(length_s: int) -> float:
        found = result(tmp_path, EAR, f"poisson: {{rate_per_s: 0.5}}, audio_s: {{constant: {length_s}}}")["e2e_s"]
        assert isinstance(found, dict)
        return float(found["p50"])

    whisper, v100 = CATALOGUE.model("whisper-large-v3"), CATALOGUE.accelerator("v100-sxm2")
    fp16 = CATALOGUE.precision("fp16")
    share = item_pace(Variant(model=whisper, weights=fp16, kv_cache=fp16), v100).peak_share
    assert seconds(60) - seconds(30) == pytest.approx(30 * 8.2e10 / (share * 125e12), rel=0.02)


@pytest.mark.parametrize(
    ("field", "model", "traffic"),
    [
        ("image-recognition", "vit-l", "poisson: {rate_per_s: 20}, items: {constant: 2}"),
        ("question-answering", "bert-large", "poisson: {rate_per_s: 40}, items: {constant: 1}"),
        ("question-answering", "distilbert", "poisson: {rate_per_s: 100}, items: {constant: 1}"),
        ("recommendation", "dlrm", "poisson: {rate_per_s: 200}, items: {lognormal: {mean: 200, cv: 0.6}}"),
        ("speech", "quartznet", "poisson: {rate_per_s: 3}, audio_s: {lognormal: {mean: 30, cv: 1}}"),
        ("image-generation", "sdxl", "poisson: {rate_per_s: 0.1}, items: {constant: 1}"),
        ("image-generation", "sana-1.5-1.6b", "poisson: {rate_per_s: 0.1}, items: {constant: 1}"),
        ("image-generation", "stable-diffusion-3.5-medium", "poisson: {rate_per_s: 0.05}, items: {constant: 1}"),
    ],
)
def test_models_of_every_family_serve_what_is_asked(tmp_path: Path, field: str, model: str, traffic: str) -> None:
    entry = EYE.replace("image-recognition", field).replace("resnet-50", model)
    found = result(tmp_path, entry, traffic)
    assert found["accuracy"] == CATALOGUE.model(model).accuracy[field]
    assert float(str(found["completed"])) > 0.0
    assert float(str(found["j_per_useful_output"])) > 0.0


def test_several_accelerators_share_one_image(tmp_path: Path) -> None:
    entry = EYE.replace("image-recognition", "image-generation").replace("resnet-50", "flux-1-dev")
    traffic = "poisson: {rate_per_s: 0.02}, items: {constant: 1}"
    two, eight = (result(tmp_path, entry, traffic, f", tensor_parallel: {count}")["e2e_s"] for count in (2, 8))
    assert isinstance(two, dict)
    assert isinstance(eight, dict)
    assert float(eight["p50"]) < float(two["p50"])


def test_a_trace_of_speech_takes_as_long_as_what_it_holds(tmp_path: Path) -> None:
    rows = "".join(f"{10 * index},{30 * (1 + index % 2)}\n" for index in range(6))
    (tmp_path / "calls.csv").write_text("arrival_s,audio_s\n" + rows)
    found = result(tmp_path, EAR, "trace: {file: calls.csv}")
    drawn = result(tmp_path, EAR, "poisson: {rate_per_s: 0.5}, audio_s: {constant: 60}")
    assert (found["arrived"], found["completed"]) == (6, 6)
    assert isinstance(found["e2e_s"], dict)
    assert isinstance(drawn["e2e_s"], dict)
    assert float(found["e2e_s"]["p99"]) <= float(drawn["e2e_s"]["p50"]) * 1.01


def test_published_requests_for_images_are_served(tmp_path: Path, shared_data: Path) -> None:
    trace = shared_data / "image_requests/alibaba_genai_2026_lora_requests_1115-1129.csv.gz"
    entry = EYE.replace("image-recognition", "image-generation").replace("resnet-50", "sana-1.5-1.6b")
    found = result(tmp_path, entry, f"trace: {{file: {trace}, rate_scale: 600}}", ", tensor_parallel: 8")
    assert float(str(found["arrived"])) > 20.0
    assert float(str(found["completed"])) > 0.0


def test_a_trace_without_items_is_refused(tmp_path: Path) -> None:
    (tmp_path / "chat.csv").write_text("arrival_s,input_tokens,output_tokens\n0,5,5\n")
    with pytest.raises(TraceError, match="the trace has no items, which resnet-50 of service 'it' needs"):
        result(tmp_path, EYE, "trace: {file: chat.csv}")


def test_items_make_no_tokens(tmp_path: Path) -> None:
    found = result(tmp_path, EYE, "poisson: {rate_per_s: 5}, items: {constant: 2}")
    assert found["output_tokens_per_s"] is None
    assert found["usd_per_million_output_tokens"] is None
    assert found["accuracy"] == 0.761


@pytest.mark.parametrize(
    ("traffic", "more", "said"),
    [
        ("poisson: {rate_per_s: 5}", "", "missing key 'items': requests to a model of family vision need it"),
        ("poisson: {rate_per_s: 5}, audio_s: {constant: 2}", "", "'audio_s' says nothing to a model of family vision"),
        ("poisson: {rate_per_s: 5}, items: {constant: 2}", ", tensor_parallel: 2", "runs on one accelerator"),
        (
            "poisson: {rate_per_s: 5}, items: {constant: 2}",
            ", slo: {tpot_p99_s: 1}",
            "has no tokens; promise e2e_p99_s",
        ),
    ],
)
def test_what_items_cannot_be_asked_is_refused(tmp_path: Path, traffic: str, more: str, said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        result(tmp_path, EYE, traffic, more)
