"""A point is known by all that decides its result, and can travel to another process."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from sim.catalog.entries import PlantType
from sim.scenario.specs import Mix, PlantSpec, Scenario, SeriesFile, Tariff
from sim.study.point import Point, keys_of, scenario_digest


def test_identity_depends_on_each_part(scenario: Scenario) -> None:
    point = Point(scenario=scenario, mix="lean", seed=1)
    others = [
        replace(point, mix="baseline"),
        replace(point, seed=2),
        replace(point, replication=1),
        replace(point, scenario=replace(scenario, horizon_s=7200.0)),
        replace(point, scenario=replace(scenario, mixes=(Mix(name="baseline"),))),
    ]
    assert len({key.identity for key in keys_of([point, *others])}) == 6
    first, elsewhere = keys_of([point, replace(point, settings={"any": 1}, folder=Path("elsewhere"))])
    assert first == elsewhere


def test_digest_ignores_where_the_scenario_stands(scenario: Scenario) -> None:
    assert scenario_digest(scenario) == scenario_digest(replace(scenario, source=Path("moved.yaml"), warnings=("a",)))


def test_digest_sees_a_changed_data_file(scenario: Scenario, tmp_path: Path) -> None:
    file = SeriesFile(path=tmp_path / "p.csv", time_column="t", value_column="v", timezone="UTC", scale=0.001)
    priced = replace(scenario, site=replace(scenario.site, tariff=Tariff(energy_usd_per_kwh=file)))
    absent = scenario_digest(priced)
    file.path.write_text("t,v\n0,1\n")
    first = scenario_digest(priced)
    file.path.write_text("t,v\n0,123\n")
    assert len({absent, first, scenario_digest(priced)}) == 3


def test_digest_sees_a_changed_catalogue_file(scenario: Scenario, tmp_path: Path) -> None:
    own = replace(scenario, source=tmp_path / "s.yaml", document={"catalog": "mine.yaml"})
    (tmp_path / "mine.yaml").write_text("techniques: {}\n")
    before = scenario_digest(own)
    (tmp_path / "mine.yaml").write_text("techniques: {other: {}}\n")
    assert scenario_digest(own) != before


def test_a_point_with_read_only_mappings_can_be_pickled(scenario: Scenario) -> None:
    plant = PlantSpec(type=PlantType(name="plain", kind="stated", figures=MappingProxyType({"pue": 1.2})))
    point = Point(scenario=replace(scenario, site=replace(scenario.site, plant=plant)), mix="lean", seed=1)
    assert pickle.loads(pickle.dumps(point)) == point
