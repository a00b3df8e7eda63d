"""The catalogue's reader: names, fallbacks, SI units, copies for workers, and how light it is."""

from __future__ import annotations

import pickle
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sim.catalog import Catalogue
from sim.errors import CatalogueError


@pytest.fixture
def catalogue() -> Catalogue:
    return Catalogue.built_in()


def test_a_misspelt_accelerator_is_answered_with_the_nearest_name(catalogue: Catalogue) -> None:
    with pytest.raises(CatalogueError) as error:
        catalogue.accelerator("h100-smx")
    assert str(error.value) == "no accelerator 'h100-smx'; did you mean 'h100-sxm'? (dcsim catalog list accelerators)"


def test_a_name_like_nothing_known_still_says_where_to_look(catalogue: Catalogue) -> None:
    with pytest.raises(CatalogueError, match=r"no model '\.\./secret' \(dcsim catalog list models\)|there are"):
        catalogue.model("../secret")


def test_an_unknown_kind_names_the_nearest_one(catalogue: Catalogue) -> None:
    with pytest.raises(CatalogueError, match="no kind 'accelerator' in the catalogue; did you mean 'accelerators'"):
        catalogue.names("accelerator")
    with pytest.raises(CatalogueError, match="no kind 'plant'"):
        catalogue.entry_document("plant", "colocation")


def test_entries_are_in_si_units(catalogue: Catalogue) -> None:
    h100 = catalogue.accelerator("h100-sxm")
    assert h100.memory_bytes == 80 * 2**30
    assert h100.bandwidth_bytes_per_s == 3.35e12
    assert h100.flops["fp8"] == 1.978e15
    assert h100.link_bytes_per_s == 450e9


def test_a_node_carries_its_accelerator_and_a_table_with_numbers_as_keys(catalogue: Catalogue) -> None:
    node = catalogue.node("hgx-h100-8")
    assert (node.accelerator.name, node.accelerators) == ("h100-sxm", 8)
    loads = list(node.psu)
    assert loads == sorted(loads)
    assert all(isinstance(load, float) for load in loads)


def test_a_technique_without_an_own_file_falls_back_to_any(catalogue: Catalogue) -> None:
    technique = catalogue.technique("distil", "llama-3.1-8b")
    assert (technique.measure, technique.option) == ("distil", "any")
    assert catalogue.technique("quantise", "int4").option == "int4"
    with pytest.raises(CatalogueError, match=r"no technique 'quantise\.fp9'; did you mean 'quantise\.fp8'\?"):
        catalogue.technique("quantise", "fp9")


def test_a_missing_precision_means_no_native_support(catalogue: Catalogue) -> None:
    assert "bf16" not in catalogue.accelerator("t4").flops
    assert "fp8" not in catalogue.accelerator("a100-80g-sxm").flops


def test_sources_name_figures_and_tell_assumptions(catalogue: Catalogue) -> None:
    h100 = catalogue.accelerator("h100-sxm")
    assert h100.sources["tdp_w"].startswith("aiconfigurator")
    assert "clock.knee_mhz" in h100.assumed()
    assert "tdp_w" not in h100.assumed()


def test_the_document_of_an_entry_is_what_its_file_holds(catalogue: Catalogue) -> None:
    document = catalogue.entry_document("accelerators", "h100-sxm")
    assert document["memory_gib"] == 80
    assert "sources" in document


def test_entries_can_be_sent_to_worker_processes(catalogue: Catalogue) -> None:
    node = catalogue.node("hgx-h100-8")
    assert pickle.loads(pickle.dumps(node)) == node


def test_the_digest_is_stable_and_tells_catalogues_apart(catalogue: Catalogue, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text('fields: {law: {metric: exam, floor: 0.5, target: 0.9, sources: {"assumed": [floor, target]}}}\n')
    assert catalogue.digest() == Catalogue().digest()
    assert len(catalogue.digest()) == 64
    assert catalogue.with_file(file).digest() != catalogue.digest()


def test_reading_loads_no_heavy_library() -> None:
    script = (
        "import sys; from sim.catalog import Catalogue; Catalogue.built_in().node('hgx-h100-8');"
        "print([m for m in ('numba', 'numpy', 'pandas', 'scipy', 'matplotlib', 'networkx', 'pyarrow')"
        " if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_importing_the_package_loads_neither_yaml_nor_pydantic() -> None:
    script = "import sys, sim.catalog.entries; print([m for m in ('yaml', 'pydantic') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_entries_of_a_scenario_are_read_in_tens_of_milliseconds() -> None:
    begin = time.process_time()
    fresh = Catalogue()
    fresh.node("hgx-h100-8")
    fresh.model("llama-3.1-70b")
    fresh.engine("vllm")
    fresh.precision("bf16")
    fresh.field("nlp")
    fresh.technique("quantise", "fp8")
    spent = time.process_time() - begin
    assert spent < 0.1, f"entries of a scenario took {1e3 * spent:.1f} ms of CPU"
