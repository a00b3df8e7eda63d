"""One table of what can be wrong with a scenario: the change to a right one, and the line that says so."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from sim.document import load_document
from sim.errors import CatalogueError, InputError, ScenarioError
from sim.scenario import load

Write = Callable[[str], Path]

TABLE = load_document(Path(__file__).parent / "bad_scenarios.yaml").value
assert isinstance(TABLE, list)
ROWS = [tuple(str(row[key]) for key in ("replace", "by", "said")) for row in TABLE if isinstance(row, dict)]


@pytest.mark.parametrize(("right", "wrong", "said"), ROWS, ids=[f"{row[1][:40]!r}" for row in ROWS])
def test_a_fault_is_told_in_one_line_with_its_place(
    right: str, wrong: str, said: str, small: str, written: Write
) -> None:
    assert small.count(right) == 1
    path = written(small.replace(right, wrong))
    with pytest.raises(InputError) as caught:
        load(path)
    lines = str(caught.value).splitlines()
    assert any(line.startswith(f"{path}:{said}") for line in lines), lines


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the file is empty; a scenario is a mapping that begins with schema: 1"),
        ("~", "the file is empty"),
        ("# nothing\n", "the file is empty"),
        ("[1, 2]", "the file holds a list of 2; a scenario is a mapping"),
        ("{}", "missing key 'schema'"),
        ("a: &a [1]\nb: *a\n", "an anchor"),
    ],
)
def test_what_is_no_scenario_at_all_is_told(text: str, said: str, written: Write) -> None:
    path = written(text)
    with pytest.raises(ScenarioError, match=r"s\.yaml") as caught:
        load(path)
    assert said in str(caught.value)


def test_faults_of_keys_names_and_numbers_are_told_together_in_the_order_of_the_file(
    small: str, written: Write
) -> None:
    text = small.replace("nodes: 2", "nodess: 2").replace("llama-3.1-8b", "lama").replace("500", "-1")
    with pytest.raises(ScenarioError) as caught:
        load(written(text))
    assert [problem.line for problem in caught.value.problems] == [6, 10, 21]


def test_faults_that_only_the_whole_can_tell_are_told_together(small: str, written: Write) -> None:
    text = small.replace("llama-3.1-8b", "llama-3.1-405b").replace("horizon_h: 1", "horizon_h: 1\nwarmup_h: 2")
    with pytest.raises(ScenarioError) as caught:
        load(written(text + "jobs: [{name: j, pool: h100, trace: {file: no.swf}}]\n"))
    assert [problem.line for problem in caught.value.problems] == [4, 11, 23]


def test_services_that_fit_alone_but_not_together_are_refused(small: str, written: Write) -> None:
    always = small.replace("replicas: 4", "replicas: {min: 4, max: 4}")
    second = always[always.index("  - name: chat") : always.index("mixes:")].replace("chat", "code")
    text = small.replace("replicas: 4", "replicas: {min: 16, max: 16}").replace("mixes:", f"{second}mixes:")
    with pytest.raises(
        ScenarioError, match=r"services\.code\.replicas: the services of pool 'h100' together ask for 20"
    ):
        load(written(text))


def test_a_fixed_time_model_promises_no_tokens(small: str, written: Write) -> None:
    text = small.replace("llama-3.1-8b", "fixed-time\n    slo: {ttft_p99_s: 1}")
    with pytest.raises(ScenarioError, match="a fixed-time model has no tokens; promise e2e_p99_s"):
        load(written(text))


def test_a_bad_catalogue_file_is_told_at_its_own_lines(small: str, written: Write, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("accelerators:\n  mine: {kind: gpu, tdp_w: 1 kW}\n")
    with pytest.raises(CatalogueError, match=r"mine\.yaml:2:28: accelerators\.mine\.tdp_w: tdp_w is a number of watts"):
        load(written(small.replace("name: small", "name: small\ncatalog: mine.yaml")))


def test_a_fifo_as_a_file_does_not_block(small: str, written: Write, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ScenarioError, match="'pipe' is not a regular file"):
        load(written(small + "jobs: [{name: j, pool: h100, trace: {file: pipe}}]\n"))
    with pytest.raises(InputError):
        load(tmp_path / "pipe")
