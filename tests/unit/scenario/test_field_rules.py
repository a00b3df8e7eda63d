"""A field's rules for the pools that serve it: refused or warned of, as the field says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sim.errors import ScenarioError
from sim.scenario import load

Write = Callable[[str], Path]
RENTED = "nodes: 2, acquire: {rent: {usd_per_accelerator_h: 2.5}}}"
ELSEWHERE = "nodes: 2, acquire: {rent: {usd_per_accelerator_h: 2.5, includes: [energy, facility]}}}"


def in_field(small: str, field: str, pool: str = "nodes: 2}") -> str:
    text = small.replace("field: nlp", f"field: {field}").replace("llama-3.1-8b", "llama-3.1-70b")
    return text.replace("replicas: 4", "replicas: 4, tensor_parallel: 4".replace(", ", "\n    ")).replace(
        "nodes: 2}", pool
    )


@pytest.mark.parametrize("pool", [RENTED, ELSEWHERE])
def test_patients_are_not_served_from_rented_nodes(written: Write, small: str, pool: str) -> None:
    with pytest.raises(ScenarioError, match="'medical' allows no rented nodes, and pool 'h100' is rented: patients"):
        load(written(in_field(small, "medical", pool)))


def test_patients_are_served_from_owned_nodes(written: Write, small: str) -> None:
    assert not load(written(in_field(small, "medical"))).warnings


def test_finance_is_warned_of_another_building_alone(written: Write, small: str) -> None:
    assert not load(written(in_field(small, "finance", RENTED))).warnings
    (warning,) = load(written(in_field(small, "finance", ELSEWHERE))).warnings
    assert warning.startswith("services.chat.pool: field 'finance' asks for nodes in a building of one's own")


def test_a_field_of_ones_own_may_say_otherwise(written: Write, small: str, tmp_path: Path) -> None:
    own = tmp_path / "mine.yaml"
    own.write_text(
        "fields: {medical: {metric: MMLU, floor: 0.7, target: 0.87, sources: {our own choice: [floor, target]}}}\n"
    )
    scenario = load(
        written(in_field(small, "medical", RENTED).replace("horizon_h: 1", "horizon_h: 1\ncatalog: mine.yaml"))
    )
    assert scenario.services[0].field.rules == ()
    assert scenario.services[0].field.value_usd is None


def test_a_run_leans_on_a_fields_floor_target_and_worth_alone(written: Write, small: str) -> None:
    of_the_field = {name for name in load(written(small)).assumed if name.startswith("fields.")}
    assert of_the_field == {"fields.nlp.floor", "fields.nlp.target", "fields.nlp.value_usd"}
