"""`extends` and `--set`: what is laid over what, which paths exist, and where faults are said to be."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from sim.errors import InputError, ScenarioError, UsageError
from sim.scenario import Scenario, load, specs

Write = Callable[..., Path]


class TestExtends:
    def test_mappings_merge_and_lists_are_replaced(self, small: str, written: Write) -> None:
        written(small, "base.yaml")
        top = (
            "extends: base.yaml\nname: top\nsite: {water_usd_per_m3: 5}\nmixes: {lean: {energy: {power_cap_w: 400}}}\n"
        )
        scenario = load(written(top))
        assert (scenario.name, scenario.site.water_usd_per_m3) == ("top", 5)
        assert scenario.site.plant.type.name == "colocation"
        assert [measure.options for measure in scenario.mixes[1].measures] == [
            {"quantise": "fp8"},
            {"power_cap_w": 400},
        ]
        assert "extends" not in scenario.document

    def test_faults_point_into_the_file_that_holds_the_value(self, small: str, written: Write) -> None:
        base = written(small.replace("nodes: 2", "nodes: 0"), "base.yaml")
        top = written("extends: base.yaml\nhorizon_h: 0\n")
        with pytest.raises(ScenarioError) as caught:
            load(top)
        assert {str(problem).split(" ")[0] for problem in caught.value.problems} == {f"{base}:6:43:", f"{top}:2:12:"}

    def test_paths_are_relative_to_the_file_that_names_them(self, small: str, written: Write, tmp_path: Path) -> None:
        (tmp_path / "lib").mkdir()
        (tmp_path / "lib" / "jobs.swf").write_text("")
        written(small + "jobs: [{name: j, pool: h100, trace: {file: jobs.swf}}]\n", "lib/base.yaml")
        scenario = load(written("extends: lib/base.yaml\nname: top\n"))
        assert scenario.jobs[0].work == specs.JobTrace(path=tmp_path / "lib" / "jobs.swf")
        jobs = scenario.document["jobs"]
        assert isinstance(jobs, list)
        assert jobs[0]["trace"]["file"] == os.path.join("lib", "jobs.swf")  # noqa: PTH118

    def test_a_chain_of_three_is_followed(self, small: str, written: Write) -> None:
        written(small, "a.yaml")
        written("extends: a.yaml\nhorizon_h: 2\n", "b.yaml")
        assert load(written("extends: b.yaml\nseed: 7\n")).horizon_s == 7200

    def test_a_circle_is_told_with_its_chain(self, written: Write) -> None:
        a = written("extends: b.yaml\n", "a.yaml")
        written("extends: a.yaml\n", "b.yaml")
        with pytest.raises(
            ScenarioError, match=r"b\.yaml:1:10: extends: extends goes in a circle: .*a.yaml -> .*b.yaml -> "
        ):
            load(a)

    def test_a_missing_base_is_told_with_its_chain(self, written: Write) -> None:
        with pytest.raises(
            ScenarioError, match=r"s\.yaml:1:10: extends: no file 'b\.yaml' to extend: .*s\.yaml -> .*b\.yaml"
        ):
            load(written("extends: b.yaml\n"))


def mixes_of(scenario: Scenario) -> dict[str, list[object]]:
    return {mix.name: [measure.options for measure in mix.measures] for mix in scenario.mixes}


class TestSettings:
    @pytest.mark.parametrize(
        ("setting", "path", "value"),
        [
            ("horizon_h=2", ("horizon_h",), 2),
            ("site.water_usd_per_m3=5", ("site", "water_usd_per_m3"), 5),
            ("site.plant=chilled-water", ("site", "plant"), "chilled-water"),
            ("site.plant.pue=1.2", ("site", "plant"), {"preset": "colocation", "pue": 1.2}),
            ("site.weather={dry_bulb_c: 30, relative_humidity: 0.2}", ("site", "weather", "dry_bulb_c"), 30),
            ("economics.staff_usd_per_y=1e5", ("economics", "staff_usd_per_y"), 1e5),
            ("pools.h100.nodes=3", ("pools", 0, "nodes"), 3),
            ("pools.0.nodes=3", ("pools", 0, "nodes"), 3),
            ("pools.h100.acquire.own.life_y=2", ("pools", 0, "acquire"), {"own": {"life_y": 2}}),
            ("services.chat.replicas=2", ("services", 0, "replicas"), 2),
            ("services.chat.replicas.min=2", ("services", 0, "replicas"), {"max": 4, "min": 2}),
            ("services.chat.traffic.poisson.rate_per_s=9", ("services", 0, "traffic", "poisson", "rate_per_s"), 9),
            ("mixes.lean.energy.power_cap_w=300", ("mixes", "lean", "energy", "power_cap_w"), 300),
            ("mixes.baseline.energy.clock_mhz=1200", ("mixes", "baseline", "energy"), {"clock_mhz": 1200}),
            ("mixes.lean.algorithm.0.quantise=int8", ("mixes", "lean", "algorithm", 0, "quantise"), "int8"),
            ("mixes.new={energy: {power_cap_w: 300}}", ("mixes", "new"), {"energy": {"power_cap_w": 300}}),
        ],
    )  # fmt: skip
    def test_a_path_of_the_schema_is_set_or_made(
        self, setting: str, path: tuple[str | int, ...], value: object, small: str, written: Write
    ) -> None:
        found: object = load(written(small), [setting]).document
        for part in path:
            assert isinstance(found, dict | list)
            found = found[part]  # type: ignore[index]
        assert found == value

    @pytest.mark.parametrize(
        ("setting", "said"),
        [
            ("pool.h100.nodes=2", "no such path 'pool.h100.nodes'; did you mean 'pools.h100.nodes'?"),
            ("pools.h10.nodes=2", "no such path 'pools.h10.nodes'; did you mean 'pools.h100.nodes'?"),
            ("pools.7.nodes=2", "no such path 'pools.7.nodes'; under pools there are: h100"),
            ("pools.h100.nods=2", "did you mean 'pools.h100.nodes'?"),
            ("services.chatt.replicas=2", "did you mean 'services.chat.replicas'?"),
            ("mixes.laen.energy.power_cap_w=2", "did you mean 'mixes.lean.energy.power_cap_w'?"),
            ("mixes.lean.energy.power_cap=2", "did you mean 'mixes.lean.energy.power_cap_w'?"),
            ("horizon_h.x=2", "no such path 'horizon_h.x'; under horizon_h nothing is inside"),
            ("no.such.path=1", "no such path 'no.such.path'; under the top there are: "),
            ("horizon_h", "--set needs PATH=VALUE; got 'horizon_h'"),
            ("=1", "--set needs PATH=VALUE; got '=1'"),
            ("horizon_h=[1", "--set horizon_h=[1: "),
            ("horizon_h=*a", "--set horizon_h=*a: an alias"),
            ("horizon_h=.nan", "--set horizon_h=.nan: .nan is not a number"),
            (".=1", "no such path '.'"),
            (
                "pools.h100.node.fan_max_w=1",
                "no such path 'pools.h100.node.fan_max_w'; under pools.h100.node nothing is inside",
            ),
        ],
    )
    def test_a_path_that_does_not_exist_is_a_usage_error(
        self, setting: str, said: str, small: str, written: Write
    ) -> None:
        with pytest.raises(UsageError) as caught:
            load(written(small), [setting])
        assert said in str(caught.value)

    def test_a_value_that_is_not_right_is_a_scenario_error_that_names_the_setting(
        self, small: str, written: Write
    ) -> None:
        with pytest.raises(ScenarioError, match=r"^--set horizon_h=0: horizon_h: horizon_h must be above 0; got 0$"):
            load(written(small), ["horizon_h=0"])
        with pytest.raises(ScenarioError, match=r"^--set pools\.h100\.nodes=2 TB: pools\.h100\.nodes: "):
            load(written(small), ["pools.h100.nodes=2 TB"])

    def test_what_is_not_built_yet_is_said_so(self, small: str, written: Write) -> None:
        with pytest.raises(ScenarioError, match=r"pools\.h100\.acquire\.spot: 'spot' is not built yet"):
            load(written(small), ["pools.h100.acquire.spot.interruptions_per_h=1"])

    def test_a_node_written_in_place_is_set_inside(self, small: str, written: Write) -> None:
        node = "{accelerator: h100-sxm, accelerators: 4}"
        with pytest.raises(
            InputError, match=r"^--set pools\.h100\.node\.accelerators=0: pools\.h100\.node\.accelerators: "
        ):
            load(written(small.replace("hgx-h100-8", node)), ["pools.h100.node.accelerators=0"])

    def test_later_settings_win(self, small: str, written: Write) -> None:
        assert load(written(small), ["horizon_h=2", "horizon_h=3"]).horizon_s == 3 * 3600

    def test_settings_reach_what_a_base_holds(self, small: str, written: Write) -> None:
        written(small, "base.yaml")
        scenario = load(written("extends: base.yaml\n"), ["mixes.lean.energy.power_cap_w=450"])
        assert mixes_of(scenario)["lean"] == [{"quantise": "fp8"}, {"power_cap_w": 450}]

    def test_a_path_in_a_setting_starts_where_the_command_was_given(
        self, small: str, written: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "here").mkdir()
        (tmp_path / "here" / "jobs.swf").write_text("")
        monkeypatch.chdir(tmp_path / "here")
        scenario = load(written(small), ["jobs=[{name: j, pool: h100, trace: {file: jobs.swf}}]"])
        assert scenario.jobs[0].work == specs.JobTrace(path=tmp_path / "here" / "jobs.swf")
        jobs = scenario.document["jobs"]
        assert isinstance(jobs, list)
        assert jobs[0]["trace"]["file"] == os.path.join("here", "jobs.swf")  # noqa: PTH118
