"""Names in the chart of the front: the chosen mix and the baseline first, and none on top of another."""

from __future__ import annotations

from itertools import combinations

from sim.report.charts.choice import LABEL_HEIGHT, LABEL_WIDTH, Dot, named_dots


def dot(name: str, cost_usd: float, energy_kwh: float, state: str = "feasible") -> Dot:
    return Dot(name, cost_usd, energy_kwh, 1.0, 0.8, state)


def test_all_dots_far_apart_bear_their_names() -> None:
    dots = [dot("a", 0.0, 0.0, "chosen"), dot("b", 1.0, 1.0), dot("c", 0.5, 0.5, "out")]
    assert {each.name for each in named_dots(dots, "b")} == {"a", "b", "c"}


def test_of_dots_that_meet_the_chosen_one_is_named() -> None:
    dots = [dot("base", 1.0, 1.0), dot("near", 0.01, 0.01, "front"), dot("best", 0.0, 0.0, "chosen")]
    assert [each.name for each in named_dots(dots, "base")] == ["best", "base"]


def test_no_two_names_meet() -> None:
    dots = [dot(str(n), float(n % 7), float(n % 11)) for n in range(60)]
    for one, other in combinations(named_dots(dots, "0"), 2):
        across, along = abs(one.cost_usd - other.cost_usd) / 6.0, abs(one.energy_kwh - other.energy_kwh) / 10.0
        assert across > LABEL_WIDTH or along > LABEL_HEIGHT


def test_a_single_dot_is_named() -> None:
    assert len(named_dots([dot("a", 1.0, 1.0, "chosen")], "a")) == 1
