"""Repriced runs equal those simulated again; what a price would have changed is refused; break-even flips answers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from sim.errors import UsageError
from sim.scenario import load
from sim.study import compare, run, sweep
from sim.study.breaking_even import break_even, root
from sim.study.repricing import Repricing, reprice

SCENARIO = """\
schema: 1
name: priced
start: "2023-07-01T00:00:00-06:00"
horizon_h: 0.5
seed: 3
site:
  weather: {dry_bulb_c: 22, relative_humidity: 0.5}
  tariff: {energy_usd_per_kwh: 0.09, demand_usd_per_kw_month: 5}
  carbon: {g_per_kwh: 400, usd_per_tonne: 10}
  plant: chilled-water
pools:
  - {name: few, node: generic-1, nodes: 4}
services:
  - name: chat
    field: nlp
    model: llama-3.1-8b
    pool: few
    replicas: 4
    traffic:
      poisson: {rate_per_s: 1}
      input_tokens: {lognormal: {mean: 300, cv: 1}}
      output_tokens: {constant: 60}
mixes:
  baseline: {}
  leaner: {algorithm: {quantise: fp8}}
  capped: {energy: {power_cap_w: 300}}
"""
PRICES = """\
time,usd
2023-07-01T06:00:00Z,100
2023-07-01T06:15:00Z,400
2023-07-01T06:30:00Z,100
"""
SETTINGS = (
    "site.tariff.energy_usd_per_kwh=0.2",
    "site.tariff.demand_usd_per_kw_month=9",
    "site.carbon.g_per_kwh=150",
    "site.carbon.usd_per_tonne=80",
    "site.water_usd_per_m3=7",
    "economics.discount_rate=0.03",
    "economics.engineer_usd_per_h=40",
    "economics.measure_life_y=1",
    "pools.few.acquire.own.life_y=3",
)
NOT_EQUAL = {"engine", "warnings"}  # the time that a run took, and lines of the command line


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "s.yaml"
    path.write_text(SCENARIO)
    (tmp_path / "p.csv").write_text(PRICES)
    return path


def same(one: object, other: object, at: str = "") -> None:
    """Every figure of two results equal to 1e-9."""
    if isinstance(one, Mapping):
        assert isinstance(other, Mapping)
        assert one.keys() == other.keys()
        for key in one:
            if key not in NOT_EQUAL:
                same(one[key], other[key], f"{at}.{key}")
    elif isinstance(one, list):
        assert isinstance(other, list)
        assert len(one) == len(other), at
        for index, pair in enumerate(zip(one, other, strict=True)):
            same(*pair, f"{at}.{index}")
    elif isinstance(one, float):
        assert one == pytest.approx(other, rel=1e-9, abs=1e-12), at
    else:
        assert one == other, at


def after(found: Repricing, label: str) -> Mapping[str, object]:
    return next(each.after for each in found.runs if each.label == label)


def test_a_repriced_run_equals_the_run_simulated_again(file: Path, tmp_path: Path) -> None:
    run(load(file), "leaner", out=tmp_path / "out")
    again = run(load(file, SETTINGS), "leaner").summary
    same(after(reprice(tmp_path / "out", SETTINGS), "leaner"), again)


def test_a_price_file_takes_the_place_of_a_flat_price(file: Path, tmp_path: Path) -> None:
    run(load(file), out=tmp_path / "out")
    path = tmp_path / "p.csv"
    series = f"{{file: {path}, time_column: time, value_column: usd, timezone: UTC, per: mwh, outside: hold}}"
    setting = f"site.tariff={series}"
    same(after(reprice(tmp_path / "out", [setting]), "baseline"), run(load(file, [setting])).summary)


def test_all_replications_of_a_comparison_are_repriced(file: Path, tmp_path: Path) -> None:
    compare(load(file), replications=2, workers=1, out=tmp_path / "out")
    found = reprice(tmp_path / "out", SETTINGS)
    assert found.labels == ("baseline", "capped", "leaner")
    assert len(found.runs) == 6
    again = compare(load(file, SETTINGS), replications=2, workers=1)
    for mix in found.labels:
        for name, pair in found.figures(mix).items():
            assert pair[1] == pytest.approx(again.mixes[mix][name].mean, rel=1e-9), (mix, name)


def test_the_points_of_a_sweep_keep_the_values_that_it_varied(file: Path, tmp_path: Path) -> None:
    sweep(file, {"pools.few.nodes": ["4", "5"]}, tmp_path / "out", workers=1)
    found = reprice(tmp_path / "out", ["site.tariff.energy_usd_per_kwh=0.3"])
    assert len(found.labels) == 6
    assert "leaner, nodes=5" in found.labels
    again = run(load(file, ["pools.few.nodes=5", "site.tariff.energy_usd_per_kwh=0.3"]), "leaner").summary
    same(after(found, "leaner, nodes=5"), again)


def test_the_prices_as_they_were_change_nothing(file: Path, tmp_path: Path) -> None:
    found = run(load(file), "capped", out=tmp_path / "out").summary
    same(after(reprice(tmp_path / "out", []), "capped"), found)


@pytest.mark.parametrize(
    "setting",
    ["pools.few.nodes=8", "services.chat.traffic.poisson.rate_per_s=2", "mixes.capped.energy.power_cap_w=310"],
)
def test_settings_that_change_the_run_are_refused(setting: str, file: Path, tmp_path: Path) -> None:
    run(load(file), out=tmp_path / "out")
    with pytest.raises(UsageError, match="changes what is simulated"):
        reprice(tmp_path / "out", [setting])


def test_renting_what_was_always_held_is_repriced(file: Path, tmp_path: Path) -> None:
    run(load(file), out=tmp_path / "out")
    setting = "pools.few.acquire={rent: {usd_per_accelerator_h: 2.5}}"
    same(after(reprice(tmp_path / "out", [setting]), "baseline"), run(load(file, [setting])).summary)


def test_renting_what_stood_idle_is_refused(file: Path, tmp_path: Path) -> None:
    run(load(file, ["services.chat.replicas=2"]), out=tmp_path / "out")
    with pytest.raises(UsageError, match="not held all the time"):
        reprice(tmp_path / "out", ["pools.few.acquire={rent: {usd_per_accelerator_h: 2.5}}"])


@pytest.mark.parametrize(("dispatch", "follows"), [("price", True), ("carbon", True), ("peak", False)])
def test_prices_that_a_battery_follows_are_refused(file: Path, tmp_path: Path, dispatch: str, follows: bool) -> None:
    battery = f"mixes.capped.energy=[{{battery: {{kwh: 5, dispatch: {dispatch}, target_kw: 50}}}}]"
    run(load(file, [battery]), "capped", out=tmp_path / "out")
    if follows:
        with pytest.raises(UsageError, match=r"reads prices while it runs \(battery\)"):
            reprice(tmp_path / "out", ["site.tariff.energy_usd_per_kwh=0.3"])
        return
    found = reprice(tmp_path / "out", ["site.tariff.energy_usd_per_kwh=0.3"])
    again = run(load(file, [battery, "site.tariff.energy_usd_per_kwh=0.3"]), "capped").summary
    assert found.runs[0].after["cost_usd"] == again["cost_usd"]


def test_a_folder_without_ledgers_says_so(file: Path, tmp_path: Path) -> None:
    run(load(file), out=tmp_path / "out")
    (tmp_path / "out" / "ledger.json").unlink()
    with pytest.raises(UsageError, match="keeps no ledger"):
        reprice(tmp_path / "out", ["site.tariff.energy_usd_per_kwh=0.3"])


def test_at_the_break_even_rent_renting_costs_what_owning_did(file: Path, tmp_path: Path) -> None:
    run(load(file), out=tmp_path / "out")
    renting = "pools.few.acquire={rent: {usd_per_accelerator_h: 2.5}}"
    path = "pools.few.acquire.rent.usd_per_accelerator_h"
    found = break_even(tmp_path / "out", [renting], path)
    value = found.equals_stored["baseline"]
    assert value is not None
    repriced = reprice(tmp_path / "out", [renting, f"{path}={value!r}"])
    before, now = repriced.figures("baseline")["cost_usd.total"]
    assert now == pytest.approx(before, rel=1e-9)


def test_beyond_the_break_even_another_mix_is_the_cheapest(file: Path, tmp_path: Path) -> None:
    compare(load(file), replications=1, workers=1, out=tmp_path / "out")
    path = "economics.engineer_usd_per_h"
    found = break_even(tmp_path / "out", [], path)
    assert found.flips
    for flip in found.flips:
        for value, name in ((flip.value * 0.999, flip.cheapest_below), (flip.value * 1.001, flip.cheapest_above)):
            assert reprice(tmp_path / "out", [f"{path}={value!r}"]).cheapest(after=True) == name


def test_a_break_even_needs_a_number(file: Path, tmp_path: Path) -> None:
    run(load(file), out=tmp_path / "out")
    with pytest.raises(UsageError, match="path to a number"):
        break_even(tmp_path / "out", [], "site.tariff")


def test_roots_of_lines_and_curves_are_found() -> None:
    assert root(lambda x: 3.0 * x - 6.0, 1.0, 6.0) == pytest.approx(2.0, rel=1e-12)
    assert root(lambda x: 1.0 / (1.0 + x) - 0.2, 1.0, 0.2) == pytest.approx(4.0, rel=1e-9)
    assert root(lambda _: 1.0, 1.0, 1.0) is None
    assert root(lambda x: x + 5.0, 1.0, 5.0) is None
