"""Axes of a sweep: lists, ranges, spans, what goes together, and what is refused."""

from __future__ import annotations

import pytest

from sim.study.axes import Axes, Axis, Listed, Span, Values, combinations, crossed, size_of, values_of
from sim.study.sampling import Sample, sample_of, sampled


def texts(text: str) -> list[str]:
    found = values_of(text)
    assert not isinstance(found, Span)
    return [found.text(index) for index in range(found.size)]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("4", ["4"]),
        ("chilled-water, direct-liquid", ["chilled-water", "direct-liquid"]),
        ("{x: 1, y: [2, 3]},4,'5,6'", ["{x: 1, y: [2, 3]}", "4", "'5,6'"]),
        ("1:4:1", ["1", "2", "3", "4"]),
        ("0.1:0.5:0.1", ["0.1", "0.2", "0.3", "0.4", "0.5"]),
        ("1:2:0.4", ["1", "1.4", "1.8"]),
        ("3:1:-1", ["3", "2", "1"]),
        ("range(100, 300, 100)", ["100", "200", "300"]),
        ("linear(0,1,4)", ["0", "0.333333333333333", "0.666666666666667", "1"]),
        ("log(1,64,7)", ["1", "2", "4", "8", "16", "32", "64"]),
        ("log(1e-3, 10, 3)", ["0.001", "0.1", "10"]),
        ("12:30", ["12:30"]),
        ("2023-07-01T00:00:00-06:00", ["2023-07-01T00:00:00-06:00"]),
    ],
)
def test_a_text_stands_for_values(text: str, values: list[str]) -> None:
    assert texts(text) == values


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1:9:0", "never ends"),
        ("1:9:-1", "never ends"),
        ("range(1,9)", "range takes from, to, step"),
        ("log(0,9,3)", "above 0"),
        ("log(1,9,1)", "at least 2"),
        ("linear(1,9,2.5)", "whole number of values"),
        ("linear(1,nine,3)", "linear takes"),
        ("between(3,1)", "from a lower to a higher"),
        ("log-between(0,1)", "both above 0"),
        ("whole(1,2.5)", "whole number"),
        ("0:1e30:1", "values on one axis"),
    ],
)
def test_a_form_that_makes_no_sense_is_refused(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        values_of(text)


def axes(**given: str) -> Axes:
    return {name: values_of(text) for name, text in given.items()}


def test_the_last_axis_goes_fastest() -> None:
    found = crossed(axes(a="1,2", b="x,y,z"))
    assert size_of(found) == 6
    assert list(combinations(found))[:4] == [
        {"a": "1", "b": "x"},
        {"a": "1", "b": "y"},
        {"a": "1", "b": "z"},
        {"a": "2", "b": "x"},
    ]


def test_paths_that_go_together_step_as_one() -> None:
    found = crossed(axes(a="1,2", b="x,y", c="8,9"), [["a", "c"]])
    assert [each["a"] + each["c"] + each["b"] for each in combinations(found)] == ["18x", "18y", "29x", "29y"]


@pytest.mark.parametrize(
    ("together", "words"),
    [
        ([["a", "b"]], "a has 2, b has 3"),
        ([["a", "nope"]], "'nope'"),
        ([["a"], ["a"]], "twice"),
        ([], "'s' is a span"),
    ],
)
def test_what_does_not_go_together_is_refused(together: list[list[str]], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        crossed(axes(a="1,2", b="1,2,3", s="between(0,1)"), together)


def test_a_range_of_a_billion_is_counted_without_being_made() -> None:
    assert size_of(crossed(axes(a="1:1e9:1", b="1:1000:1"))) == 10**12


@pytest.mark.parametrize("method", ["lhs:16", "sobol:16", "random:16"])
def test_spans_are_sampled_together_and_the_same_each_time(method: str) -> None:
    given = axes(x="between(10,20)", y="log-between(1e-3,1e3)", n="whole(1,4)", a="1,2")
    spread, paths = sampled(given, sample_of(method))
    assert paths == ("x", "y", "n")
    assert sampled(given, sample_of(method)) == (spread, paths)
    assert sampled(given, sample_of(method, seed=2)) != (spread, paths)
    found = crossed(spread, [paths])
    assert size_of(found) == 32
    rows = list(combinations(found))
    assert all(10.0 <= float(row["x"]) < 20.0 for row in rows)
    assert all(1e-3 <= float(row["y"]) < 1e3 for row in rows)
    assert {row["n"] for row in rows} <= {"1", "2", "3", "4"}


@pytest.mark.parametrize("method", ["lhs", "sobol"])
def test_hypercube_and_sobol_put_one_sample_into_each_slice(method: str) -> None:
    spread, _ = sampled(axes(x="between(0,16)", y="whole(0,15)"), sample_of(f"{method}:16"))
    columns: dict[str, Values] = {path: each for path, each in spread.items() if isinstance(each, Listed)}
    for column in columns.values():
        assert sorted(int(float(column.text(index))) for index in range(16)) == list(range(16))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sobol:100", "64 or 128"),
        ("lhs", "METHOD:SIZE"),
        ("cube:9", "METHOD:SIZE"),
        ("random:0", "1 to"),
    ],
)
def test_a_sample_that_makes_no_sense_is_refused(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        sample_of(text)


def test_a_sample_without_a_span_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a span"):
        sampled(axes(a="1,2"), Sample("lhs", 4))


def test_an_axis_of_one_path_is_its_values() -> None:
    assert Axis(("a",), (Listed(("1", "2")),)).step(1) == {"a": "2"}
