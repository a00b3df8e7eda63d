"""The catalogue against collected facts: hardware figures value by value, parameter counts, the power of a server."""

from __future__ import annotations

import csv
from itertools import pairwise
from pathlib import Path

import pytest

from sim.catalog import Catalogue
from sim.catalog.entries import Accelerator, NodeType

CATALOGUE = Catalogue.built_in()
NAMES = {
    "A100-40 SXM": "a100-40g-sxm",
    "A100-80 SXM": "a100-80g-sxm",
    "H100 SXM": "h100-sxm",
    "H100 PCIe": "h100-pcie",
    "H200 SXM": "h200-sxm",
    "B200 SXM": "b200",
    "B300 SXM": "b300",
    "GB200 NVL72": "gb200",
    "GB300 NVL72": "gb300",
    "L4": "l4",
    "L40S": "l40s",
    "A10": "a10",
    "T4": "t4",
    "V100 SXM2": "v100-sxm2",
    "MI300X": "mi300x",
    "MI325X": "mi325x",
    "MI355X": "mi355x",
    "TPU v4": "tpu-v4",
    "TPU v5e": "tpu-v5e",
    "TPU v5p": "tpu-v5p",
    "TPU v6e": "tpu-v6e",
    "TPU v7 Ironwood": "tpu-v7",
    "Gaudi 3 OAM": "gaudi3",
}
PEAKS = {
    "bf16_dense_TF": "bf16",
    "fp8_dense_TF": "fp8",
    "int8_dense_TOPS": "int8",
    "fp4_dense_TF": "fp4",
}
ONLY_FP16 = ("t4", "v100-sxm2")  # the table lists their half-precision peak in the bf16 column
UNSURE = ("GUESS", "MEMORY", "from memory")


@pytest.fixture(scope="module")
def table(shared_data: Path) -> list[dict[str, str]]:
    with (shared_data / "measured" / "hardware_catalogue.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def limits(text: str) -> tuple[float, float]:
    """Range of an idle power: `75`, `~140`, `74-80` or `<=38`."""
    low, _, high = text.lstrip("~<=").partition("-")
    return float(low), float(high or low)


def test_every_row_of_the_table_is_in_the_catalogue(table: list[dict[str, str]]) -> None:
    assert {row["name"] for row in table} == set(NAMES)
    assert set(NAMES.values()) <= set(CATALOGUE.names("accelerators"))


@pytest.mark.parametrize("label", NAMES)
def test_hardware_figures_equal_the_table(table: list[dict[str, str]], label: str) -> None:
    row = next(row for row in table if row["name"] == label)
    found = CATALOGUE.accelerator(NAMES[label])
    assert found.memory_bytes == float(row["mem_GB"]) * 2**30
    assert found.bandwidth_bytes_per_s == float(row["hbm_GBps"]) * 1e9
    assert found.tdp_w == float(row["tdp_W"].lstrip("~"))
    low, high = limits(row["idle_W"])
    assert low <= found.idle_w <= high
    assert found.link_bytes_per_s == pytest.approx(float(row["link_GBps_unidir"]) * 1e9)
    for column, precision in PEAKS.items():
        named = "fp16" if precision == "bf16" and found.name in ONLY_FP16 else precision
        wanted = float(row[column]) * 1e12 if row[column] else None
        assert found.flops.get(named) == wanted, precision


@pytest.mark.parametrize("label", NAMES)
def test_what_the_table_marks_as_unsure_is_assumed(table: list[dict[str, str]], label: str) -> None:
    row = next(row for row in table if row["name"] == label)
    found = CATALOGUE.accelerator(NAMES[label])
    if any(mark in row["idle_basis"] for mark in UNSURE):
        assert "idle_w" in found.assumed()
    if row["tdp_W"].startswith("~"):
        assert "tdp_w" in found.assumed()


@pytest.mark.parametrize(
    ("name", "parameters", "kv_bytes"),
    [("llama-3.1-8b", 8.030261248e9, 131_072), ("llama-3.1-70b", 70.553706496e9, 327_680)],
)
def test_parameters_and_cache_bytes_per_token_are_the_published_ones(
    name: str, parameters: float, kv_bytes: int
) -> None:
    model = CATALOGUE.model(name)
    assert model.parameters == parameters
    assert 2 * model.layers * model.kv_heads * model.head_size * 2 == kv_bytes


@pytest.mark.parametrize(("name", "total", "active"), [("qwen3-30b-a3b", 30.5, 3.3), ("qwen3-235b-a22b", 235, 22)])
def test_mixtures_of_experts_have_the_sizes_of_their_names(name: str, total: float, active: float) -> None:
    model = CATALOGUE.model(name)
    assert model.parameters / 1e9 == pytest.approx(total, rel=0.01)
    assert model.active_parameters / 1e9 == pytest.approx(active, rel=0.02)
    idle = model.expert_parameters * (1 - model.experts_per_token / model.experts)
    assert model.parameters - idle == pytest.approx(model.active_parameters)


def wall_w(node: NodeType, accelerator_w: float, cpu_share: float, fan_w: float) -> float:
    """Power of a node at the wall: the sum of its parts through the power supplies."""
    cpus = node.cpu_idle_w + cpu_share * (node.cpu_max_w - node.cpu_idle_w)
    inside = node.accelerators * accelerator_w + cpus + node.other_w + fan_w
    loads = list(node.psu.items())
    at_wall = inside
    for _ in range(20):
        load = min(at_wall / node.rated_w, 1.0)
        (x0, y0), (x1, y1) = next(pair for pair in pairwise(loads) if load <= pair[1][0])
        at_wall = inside / (y0 + (y1 - y0) * (max(load, x0) - x0) / (x1 - x0))
    return at_wall


def test_an_8_x_h100_server_draws_at_full_load_what_was_measured() -> None:
    node = CATALOGUE.node("hgx-h100-8")
    full = wall_w(node, node.accelerator.tdp_w, 1.0, node.fan_max_w)
    without_accelerators = full - node.accelerators * node.accelerator.tdp_w
    assert node.rated_w == 10_200
    assert 8_200 <= full <= 8_600
    assert 2_700 <= without_accelerators <= 2_900
    assert 1_000 <= node.fan_max_w <= 1_500


@pytest.mark.parametrize("name", CATALOGUE.names("nodes"))
def test_no_server_exceeds_its_rating_at_full_load(name: str) -> None:
    node = CATALOGUE.node(name)
    full = wall_w(node, node.accelerator.tdp_w, 1.0, node.fan_max_w)
    idle = wall_w(node, node.accelerator.idle_w, 0.0, node.fan_max_w * node.fan_min_share**3)
    assert idle < full <= node.rated_w
    assert full >= 0.6 * node.rated_w


@pytest.mark.parametrize("name", CATALOGUE.names("accelerators"))
def test_full_power_in_a_cool_hall_stays_below_the_firmware_target(name: str) -> None:
    found: Accelerator = CATALOGUE.accelerator(name)
    for thermal, coolant_c in ((found.thermal_air, 25.0), (found.thermal_liquid, 40.0)):
        assert coolant_c + thermal.resistance_k_per_w * found.tdp_w < thermal.target_c
