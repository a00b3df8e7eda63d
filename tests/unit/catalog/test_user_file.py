"""A user's catalogue file: what it adds and replaces, and every way in which it can be wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.catalog import Catalogue
from sim.document import Document, load_document
from sim.errors import CatalogueError

ACCELERATOR = """\
accelerators:
  mine:
    kind: gpu
    memory_gib: 48
    bandwidth_gb_per_s: 1000
    tflops: {bf16: 400}
    tdp_w: 400
    idle_w: 40
    link_gb_per_s: 64
    clock: {min_mhz: 300, max_mhz: 1800, step_mhz: 15, knee_mhz: 1200, knee_voltage: 0.7}
    power: {floor_w: 120, memory_w: 150, compute_w: 200, linger_s: 2}
    thermal_air: {resistance_k_per_w: 0.1, capacity_j_per_k: 300, target_c: 83, slowdown_c: 87, shutdown_c: 92}
    thermal_liquid: {resistance_k_per_w: 0.05, capacity_j_per_k: 90, target_c: 83, slowdown_c: 87, shutdown_c: 92}
    sources:
      data sheet: [memory_gib, bandwidth_gb_per_s, tflops, tdp_w, idle_w, link_gb_per_s]
      "assumed: guess": [clock, power, thermal_air, thermal_liquid]
"""
NODE = """\
nodes:
  small:
    accelerator: mine
    accelerators: 2
    cpu_idle_w: 50
    cpu_max_w: 150
    other_w: 60
    fan_max_w: 90
    fan_min_share: 0.25
    psu: {0.1: 0.9, 0.5: 0.96, 1: 0.94}
    rated_w: 1400
    life_y: 5
    maintenance_share_per_y: 0.03
    sources:
      bench:
        [accelerators, cpu_idle_w, cpu_max_w, other_w, fan_max_w, fan_min_share, psu, rated_w, life_y,
         maintenance_share_per_y]
"""
MODEL = """\
models:
  tiny:
    family: llm
    parameters: 1.0e9
    active_parameters: 1.0e9
    layers: 16
    hidden: 2048
    kv_heads: 8
    head_size: 64
    accuracy: {nlp: 0.5}
    sources:
      own: [parameters, active_parameters, layers, hidden, kv_heads, head_size, accuracy]
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "mine.yaml"
    file.write_text(text)
    return file


def faults(folder: Path, text: str) -> list[str]:
    """The problems that reading a user's file raises, one line each, without the folder."""
    with pytest.raises(CatalogueError) as error:
        Catalogue.built_in().with_file(written(folder, text))
    return [str(problem).replace(f"{folder}/", "") for problem in error.value.problems]


def test_entries_are_added_and_may_name_each_other(tmp_path: Path) -> None:
    catalogue = Catalogue.built_in().with_file(written(tmp_path, ACCELERATOR + NODE + MODEL))
    assert catalogue.node("small").accelerator.memory_bytes == 48 * 2**30
    assert catalogue.node("small").psu == {0.1: 0.9, 0.5: 0.96, 1.0: 0.94}
    assert catalogue.model("tiny").accuracy == {"nlp": 0.5}
    assert "mine" in catalogue.names("accelerators")
    assert "mine" not in Catalogue.built_in().names("accelerators")
    assert catalogue.entry_document("models", "tiny")["layers"] == 16


def test_an_entry_of_the_same_name_replaces_the_built_in_one_and_what_stands_on_it(tmp_path: Path) -> None:
    text = ACCELERATOR.replace("mine:", "h100-sxm:")
    catalogue = Catalogue.built_in().with_file(written(tmp_path, text))
    assert catalogue.accelerator("h100-sxm").tdp_w == 400
    assert catalogue.node("generic-1").accelerator.tdp_w == 400
    assert catalogue.node("generic-1").accelerator != Catalogue.built_in().node("generic-1").accelerator


def test_a_second_file_stands_over_the_first(tmp_path: Path) -> None:
    first = Catalogue.built_in().with_file(written(tmp_path, MODEL))
    second = first.with_file(written(tmp_path, MODEL.replace("layers: 16", "layers: 17")))
    assert (first.model("tiny").layers, second.model("tiny").layers) == (16, 17)


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        (("idle_w: 40", "idle_w: 500"), "mine.yaml:8:5: accelerators.mine.idle_w: idle_w (500) must not exceed tdp_w"),
        (("floor_w: 120", "floor_w: 20"), "mine.yaml:11:5: accelerators.mine.power: power.floor_w (20) must lie"),
        (("tdp_w: 400", "tpd_w: 400"), "mine.yaml:7:5: accelerators.mine: unknown key 'tpd_w'; did you mean 'tdp_w'?"),
        (("memory_gib: 48", "memory_gib: '48'"), "memory_gib is a number"),
        (("memory_gib: 48", "memory_gib: 0"), "memory_gib must be above 0"),
        (("kind: gpu", "kind: fpga"), "kind is one of gpu, tpu, cpu; got 'fpga'"),
        (("tflops: {bf16: 400}", "tflops: {}"), "tflops must name the peak of at least one precision"),
        (("{bf16: 400}", "{bf61: 400}"), "mine.yaml:6:14: accelerators.mine.tflops.bf61: no precision 'bf61'"),
        (("step_mhz: 15", "step_mhz: 17"), "must be whole steps of step_mhz"),
        (("knee_mhz: 1200", "knee_mhz: 2000"), "knee_mhz (2000) must lie in 300..1800"),
        (("slowdown_c: 87", "slowdown_c: 80"), "must rise in this order"),
        (("compute_w: 200, ", ""), "missing key 'compute_w'"),
        (("tdp_w, idle_w", "idle_w"), "mine.yaml:7:5: accelerators.mine.tdp_w: figure 'tdp_w' has no source"),
        (("tdp_w, idle_w", "tdp_w, idle"), "has no figure 'idle'; did you mean 'idle_w'?"),
        (("[clock, power", "[clock, tdp_w, power"), "figure 'tdp_w' has a source already; one figure, one source"),
        (("[clock, power", "[clock, clock.max_mhz, power"), "figure 'clock.max_mhz' has a source already"),
    ],
)
def test_faults_of_an_accelerator_are_named_where_they_stand(
    tmp_path: Path, change: tuple[str, str], wanted: str
) -> None:
    found = faults(tmp_path, ACCELERATOR.replace(*change, 1))
    assert any(wanted in fault for fault in found), found
    assert all(fault.startswith("mine.yaml:") for fault in found)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (NODE, "nodes.small.accelerator: no accelerator 'mine'"),
        (NODE.replace("mine", "h100-smx"), "no accelerator 'h100-smx'; did you mean 'h100-sxm'?"),
        (NODE.replace("mine", "l4").replace("0.1: 0.9", "0.7: 0.9"), "arguments must rise, but 0.5 stands after 0.7"),
        (NODE.replace("mine", "l4").replace("0.5: 0.96", "0.5: 1.96"), "efficiency must lie in 0..1 (0.5: 1.96)"),
        (NODE.replace("mine", "l4").replace("{0.1: 0.9, 0.5: 0.96, 1: 0.94}", "{1: 0.9}"), "at least two points"),
        (NODE.replace("mine", "l4").replace("0.1: 0.9", "low: 0.9"), "psu"),
        (NODE.replace("mine", "l4").replace("psu: {", "psu: [").replace("0.94}", "0.94]"), "psu is a mapping"),
        (NODE.replace("mine", "l4").replace("cpu_idle_w: 50", "cpu_idle_w: 500"), "must not exceed cpu_max_w (150)"),
        (NODE.replace("mine", "l4").replace("accelerators: 2", "accelerators: 0"), "accelerators must be at least 1"),
        (NODE.replace("mine", "l4").replace("  small:", "  small:\n    title: 7"), "title is text"),
        (MODEL.replace("nlp: 0.5", "nlp: 1.5"), "models.tiny.accuracy.nlp: nlp must be at most 1; got 1.5"),
        (MODEL.replace("nlp: 0.5", "npl: 0.5"), "models.tiny.accuracy.npl: no field 'npl'; did you mean 'nlp'?"),
        (MODEL.replace("layers: 16", "layers: 0"), "a language model needs layers above 0"),
        (MODEL.replace("active_parameters: 1.0e9", "active_parameters: 2.0e9"), "must not exceed parameters"),
        (MODEL.replace("hidden: 2048", "hidden: 2048\n    experts: 4"), "above 0 where experts > 1"),
        (MODEL.replace("hidden: 2048", "hidden: 2048\n    experts_per_token: 4"), "must not exceed experts"),
        (MODEL.replace("    family", "    precision: bf17\n    family"), "no precision 'bf17'; did you mean 'bf16'?"),
        (MODEL.replace("own: [", "'': ["), "a key is missing before the colon"),
        ("models: {tiny: 3}\n", "models.tiny: tiny is a mapping of the entry's keys"),
        ("models: 3\n", "models: models is a mapping: name -> entry"),
        ("model: {}\n", "no kind 'model'; did you mean 'models'?"),
        ("- 3\n", "a catalogue file is a mapping: kind -> name -> entry"),
        ("", "a catalogue file is a mapping: kind -> name -> entry"),
        ("fields: {law: {metric: exam, floor: 0.9, target: 0.5}}\n", "floor (0.9) must not exceed target (0.5)"),
        ("precisions: {int2: {bytes_per_value: 0.25, compute: []}}\n", "at least 1 entries"),
        ("engines: {mine: {fits: {h9: {}}, fallback: {}}}\n", "missing key 'layer_s'"),
        ("techniques: {prune.a: {engineer_h: -1}}\n", "engineer_h must be at least 0"),
        ("techniques: {prune.a: {engineer_h: 1, accuracy_factor: {nlq: 1}}}\n", "no field 'nlq'"),
        ("plants: {mine: {kind: x, figures: {a: b}}}\n", "a is a number"),
        ("plants: {mine: {kind: x, figures: {a: 1}, tables: {t: {1: 2, 0: 3}}}}\n", "0 stands after 1"),
        ("models: {a: {family: llm}, a: {family: llm}}\n", "duplicate key 'a'"),
    ],
)
def test_faults_of_other_entries_are_named_where_they_stand(tmp_path: Path, text: str, wanted: str) -> None:
    found = faults(tmp_path, text)
    assert any(wanted in fault for fault in found), found


def test_faults_of_all_entries_are_told_at_once(tmp_path: Path) -> None:
    text = ACCELERATOR.replace("idle_w: 40", "idle_w: 500") + NODE.replace("life_y: 5", "life_y: 0")
    found = faults(tmp_path, text)
    assert len(found) == 2
    assert "idle_w (500)" in found[0]
    assert "life_y must be above 0" in found[1]


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="no such file"):
        Catalogue.built_in().with_file(tmp_path / "none.yaml")


def inline(folder: Path, change: tuple[str, str] = ("", "")) -> Document:
    text = NODE.replace("accelerator: mine", "accelerator: l4").split("    sources:")[0].replace(*change, 1)
    return load_document(written(folder, text), CatalogueError)


def test_a_node_inside_a_scenario_needs_no_sources_and_is_marked_as_input(tmp_path: Path) -> None:
    node = Catalogue.built_in().node_in(inline(tmp_path), ("nodes", "small"), "pool-a")
    assert (node.name, node.accelerator.name, node.accelerators) == ("pool-a", "l4", 2)
    assert node.sources["rated_w"] == "input"
    assert node.assumed() == ()


def test_faults_of_a_node_inside_a_scenario_stand_at_its_place(tmp_path: Path) -> None:
    catalogue = Catalogue.built_in()
    with pytest.raises(CatalogueError, match=r"nodes\.small\.rated_w: rated_w must be above 0"):
        catalogue.node_in(inline(tmp_path, ("1400", "-1")), ("nodes", "small"), "pool-a")
    with pytest.raises(CatalogueError, match=r"nodes\.small\.accelerator: no accelerator 'l40'; did you mean 'l40s'"):
        catalogue.node_in(inline(tmp_path, ("accelerator: l4", "accelerator: l40")), ("nodes", "small"), "pool-a")
