"""Leakage and fans by temperature in a catalogue file of one's own."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from sim.catalog import Catalogue
from sim.catalog.reader import DATA
from sim.errors import CatalogueError

LEAKAGE = {"w_at_60c": 84.0, "per_k": 0.012, "inlet_c": 25.0}
CURVE = {"slow_c": 45.0, "full_c": 75.0, "flow_share": 0.4}


def own(folder: Path, kind: str, name: str, block: str, figures: object, **changes: object) -> Catalogue:
    """The catalogue with a copy of an entry that has one more block."""
    entry = yaml.safe_load((DATA / kind / f"{name}.yaml").read_text())
    entry[block] = figures
    entry.update(changes)
    entry["sources"] = {**entry["sources"], "assumed: for a test": [block]}
    path = folder / "mine.yaml"
    path.write_text(yaml.safe_dump({kind: {"mine": entry}}))
    return Catalogue.built_in().with_file(path)


def test_leakage_is_read_and_none_where_it_is_not_stated(tmp_path: Path) -> None:
    catalogue = own(tmp_path, "accelerators", "h100-sxm", "leakage", LEAKAGE)
    leakage = catalogue.accelerator("mine").leakage
    assert leakage is not None
    assert (leakage.w_at_60c, leakage.per_k, leakage.inlet_c) == (84.0, 0.012, 25.0)
    assert "leakage.w_at_60c" in catalogue.accelerator("mine").assumed()
    assert catalogue.accelerator("h100-sxm").leakage is None


def test_a_fan_curve_is_read(tmp_path: Path) -> None:
    curve = own(tmp_path, "nodes", "hgx-h100-8", "fan_curve", CURVE).node("mine").fan_curve
    assert curve is not None
    assert (curve.slow_c, curve.full_c, curve.flow_share) == (45.0, 75.0, 0.4)


def test_fans_that_are_full_before_they_turn_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="must be below full_c"):
        own(tmp_path, "nodes", "hgx-h100-8", "fan_curve", {**CURVE, "slow_c": 80.0})


def test_a_fan_curve_needs_a_slowest_speed(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="must lie between 0 and 1"):
        own(tmp_path, "nodes", "hgx-h100-8", "fan_curve", CURVE, fan_min_share=0.0)
