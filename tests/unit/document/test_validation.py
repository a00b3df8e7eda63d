"""Faults of a document against a schema: all of them, where they stand, in plain words."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import AfterValidator, Field

from sim.document import Source, Strict, fault, parse_document, validated
from sim.errors import ScenarioError


def _even(value: int) -> int:
    if value % 2:
        raise fault(f"{value} is odd")
    return value


class Item(Strict):
    name: str = Field(max_length=8)
    count: Annotated[int, AfterValidator(_even)] = Field(default=2, ge=0)
    share: float = Field(default=0.5, ge=0, le=1)


class Root(Strict):
    power_cap_w: float | None = None
    energy_usd_per_kwh: float | None = None
    horizon_h: float = Field(gt=0)
    kind: Literal["own", "rent"] = "own"
    on: bool = False
    items: list[Item] = Field(default=[])
    named: dict[str, Item] = Field(default={})


def faults_of(text: str) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        validated(Root, parse_document(text, Source("t.yaml", Path())), error=ScenarioError)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("power_cap_w: 0.7 kW", "t.yaml:1:14: power_cap_w: power_cap_w is a number of watts; got '0.7 kW'; write 700"),
        ("power_cap_w: '8'", "power_cap_w is a number of watts; got '8'; write 8"),
        ("power_cap_w: 5 km", "power_cap_w is a number of watts; got '5 km'"),
        ("power_cap_w: true", "power_cap_w is a number of watts; got true"),
        ("horizon_h: 2 days", "horizon_h is a number of hours; got '2 days'"),
        ("horizon_h: 1.5 years", "horizon_h is a number of hours; got '1.5 years'; write 13140"),
        ("energy_usd_per_kwh: 3 cents", "energy_usd_per_kwh is a number of US dollars per kwh; got '3 cents'"),
        ("power_cap_kw: 1", "t.yaml:1:1: unknown key 'power_cap_kw'; did you mean 'power_cap_w'?"),
        ("zzz: 1", "unknown key 'zzz'; allowed: power_cap_w, energy_usd_per_kwh, horizon_h, kind, on, items, named"),
        ("items: [{name: a, counts: 4}]", "t.yaml:1:19: items.a: unknown key 'counts'; did you mean 'count'?"),
        ("items: [{name: a, count: 3}]", "t.yaml:1:26: items.a.count: 3 is odd"),
        ("items: [{name: a, count: 8.5}]", "count is a whole number; got 8.5"),
        ("items: [{name: a, count: 8.0}]", "count is a whole number; got 8.0; write 8"),
        ("items: [{name: a, count: true}]", "count is a whole number; got true"),
        ("items: [{name: a, count: -2}]", "count must be at least 0; got -2"),
        ("items: [{name: a, share: 1.2}]", "share must be at most 1; got 1.2"),
        ("items: [{count: 2}]", "t.yaml:1:9: items.0: missing key 'name'"),
        ("items: {name: a}", "t.yaml:1:8: items: items is a list; got a mapping of 1"),
        ("items: [5]", "items is a mapping; got 5"),
        ("named: {x: {name: averylongname}}", "t.yaml:1:19: named.x.name: name must have at most 8 characters"),
        ("horizon_h: -0.0", "horizon_h must be above 0; got -0.0"),
        ("kind: owm", "t.yaml:1:7: kind: kind is one of own, rent; got 'owm'; did you mean 'own'?"),
        ("on: NO", "on is true or false; got 'NO'"),
        ("horizon_s: 3", "t.yaml:1:1: unknown key 'horizon_s'; did you mean 'horizon_h'?"),
    ],
)
def test_a_fault_says_what_is_wrong_and_what_to_write(text: str, fault: str) -> None:
    assert any(fault in line for line in faults_of(text)), faults_of(text)


def test_a_missing_key_and_an_unknown_one_that_resembles_it_are_one_fault() -> None:
    assert len(faults_of("horizon_hh: 1")) == 1
    assert len(faults_of("zzz: 1")) == 2


def test_all_faults_come_at_once_in_the_order_of_the_file() -> None:
    lines = faults_of("on: 1\nhorizon_h: 0\nitems:\n  - {name: a, count: x}\n  - {nme: b}\n")
    assert [line.split(": ")[0] for line in lines] == ["t.yaml:1:5", "t.yaml:2:12", "t.yaml:4:22", "t.yaml:5:6"]


def test_a_hundred_thousand_faults_are_told_in_short_and_soon() -> None:
    document = parse_document(
        "{horizon_h: 1, " + ", ".join(f"k{n}: 1" for n in range(20_000)) + "}", Source("t", Path())
    )
    with pytest.raises(ScenarioError) as caught:
        validated(Root, document, error=ScenarioError)
    assert str(caught.value).endswith("... and 19980 more")


def test_values_are_shown_short_and_harmless() -> None:
    line = faults_of('{horizon_h: "\\e[31m' + "x" * 500 + '"}')[0]
    assert "\x1b" not in line
    assert len(line) < 150


def test_a_part_of_a_document_is_validated_where_it_stands() -> None:
    document = parse_document("outer:\n  inner: {name: a, count: 4}\n", Source("t.yaml", Path()))
    assert validated(Item, document, at=("outer", "inner")) == Item(name="a", count=4)
    bad = parse_document("outer:\n  inner: {name: 4}\n", Source("t.yaml", Path()))
    with pytest.raises(ScenarioError, match=r"t\.yaml:2:17: outer\.inner\.name: name is text; got 4"):
        validated(Item, bad, at=("outer", "inner"), error=ScenarioError)
