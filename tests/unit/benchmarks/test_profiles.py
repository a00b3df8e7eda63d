"""Which measured rows stand for which profile of a serving engine, and what is written for each."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.measured_rows import read_energy, read_latency
from benchmarks.profiles import Key, profile_rows, shares_priors
from benchmarks.software_years import software_year
from sim.catalog.reader import Catalogue
from sim.models.serving import engine_fit

CATALOGUE = Catalogue.built_in()


@pytest.mark.parametrize(
    ("backend", "version", "measured", "year"),
    [
        ("vllm", "0.11.2", "2025-12-10", 2025),
        ("vllm", "", "2025-10-05", 2025),
        ("vllm", "", "2025-11-20", 2026),
        ("vllm", "0.19.0", "2026-04-06", 2026),
        ("sglang", "", "2025-11-20", 2025),
        ("trtllm", "1.0.0rc3", "", 2025),
        ("vllm", "0.17.0", "", 2026),
    ],
)
def test_the_version_tells_the_year_else_the_month(backend: str, version: str, measured: str, year: int) -> None:
    assert software_year({"backend": backend, "backend_version": version, "measured": measured}) == year


@pytest.mark.parametrize(
    ("key", "other", "shares"),
    [
        (("vllm-2025", "b200", True), ("vllm-2025", "h100-sxm", True), True),
        (("vllm-2025", "b200", True), ("vllm-2026", "h100-sxm", True), False),
        (("vllm", "b200", False), ("vllm", "h100-sxm", False), False),
        (("sglang-2026", "b200", True), ("sglang-2026", "b300", True), False),
    ],
)
def test_fits_share_priors_within_one_version_of_vllm(key: Key, other: Key, shares: bool) -> None:
    assert shares_priors(key, other) is shares


def test_a_row_stands_for_its_year_and_for_the_engine_unless_newer_software_left_its_model_out(
    shared_data: Path,
) -> None:
    folder = shared_data / "measured"
    rows = profile_rows([*read_energy(folder, CATALOGUE).used, *read_latency(folder, CATALOGUE).used])
    old = {row.model for row in rows["vllm-2025", "b200", True]}
    assert old == {"deepseek-r1", "qwen3-30b-a3b"}
    assert old.isdisjoint(row.model for row in rows["vllm", "b200", True])
    both = {row.year for row in rows["vllm", "h100-sxm", True] if row.model == "gpt-oss-120b"}
    assert both == {2025, 2026}


@pytest.mark.parametrize("name", ["vllm-2023", "vllm-2025", "vllm-2026", "sglang-2025", "sglang-2026"])
def test_a_profile_of_a_year_is_of_that_year(name: str) -> None:
    assert CATALOGUE.engine(name).year == int(name[-4:])


def test_launches_and_host_work_of_2023_took_several_times_as_long() -> None:
    h100 = CATALOGUE.accelerator("h100-sxm")
    old, new = (engine_fit(CATALOGUE.engine(name), h100) for name in ("vllm-2023", "vllm"))
    assert old.layer_s > 4.0 * new.layer_s
    assert old.sequence_s > 5.0 * new.sequence_s


def test_a_model_measured_with_older_software_alone_takes_its_constants() -> None:
    b200, vllm = CATALOGUE.accelerator("b200"), CATALOGUE.engine("vllm")
    older = CATALOGUE.engine("vllm-2025").expert_fits["b200"]
    assert engine_fit(vllm, b200, CATALOGUE.model("deepseek-r1")).layer_s == older.layer_s
    assert engine_fit(vllm, b200, CATALOGUE.model("gpt-oss-120b")).layer_s < older.layer_s
