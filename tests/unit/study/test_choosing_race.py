"""Who leaves a race and why, who comes back, ties, the front, what a limit costs, and the nearest miss."""

from __future__ import annotations

import pytest

from choosing import Table, budget, cap, race
from sim.study.choosing.front import front
from sim.study.choosing.limits import breaks_of
from sim.study.choosing.relaxing import nearest, relaxations


def asked(made: object) -> list[tuple[str, int]]:
    assert isinstance(made, Table)
    return made.asked


def costs(**usd: float) -> dict[str, dict[str, float]]:
    return {name: {"cost_usd.total": value} for name, value in usd.items()}


def test_the_cheapest_wins_and_those_shown_dearer_leave_at_the_first_test() -> None:
    made = race(costs(baseline=100.0, dear=150.0, cheap=60.0), noise=0.01, replications=12)
    assert made.run() == ["cheap"]
    assert made.looks == [1, 3, 6, 12]
    runs = {name: [number for each, number in asked(made.trials) if each == name] for name in made.names}
    assert len(runs["dear"]) == len(runs["baseline"]) == 3
    assert len(runs["cheap"]) == 12


def test_mixes_that_are_not_shown_to_differ_stay_as_ties() -> None:
    made = race(costs(baseline=100.0, one=60.0, other=60.1), noise=2.0)
    assert set(made.run()) == {"one", "other"}


def test_equals_to_the_last_bit_stand_in_their_order_simplest_first() -> None:
    assert race(costs(baseline=60.0, same=60.0)).run() == ["baseline", "same"]


def test_a_limit_broken_once_is_broken_and_takes_no_more_runs() -> None:
    made = race(costs(baseline=100.0, cheap=60.0), noise=0.1, told={"cheap": [0]})
    assert made.run() == ["baseline"]
    assert [number for name, number in asked(made.trials) if name == "cheap"] == [0]


def test_who_left_because_of_a_mix_that_breaks_a_promise_later_comes_back() -> None:
    made = race(costs(baseline=100.0, second=70.0, cheap=60.0), noise=0.01, told={"cheap": [4]})
    assert made.run() == ["second"]
    assert len([1 for name, _ in asked(made.trials) if name == "second"]) == 5


def test_a_mix_that_serves_less_than_the_baseline_is_not_in_the_running() -> None:
    figures = {"baseline": {}, "lazy": {"cost_usd.total": 10.0, "services.chat.completed": 900.0}}
    made = race(figures)
    assert made.run() == ["baseline"]
    assert made.less_work("lazy") == ["chat completed 10.0% lower"]


def test_more_is_better_where_throughput_is_the_objective() -> None:
    made = race({"baseline": {}, "fast": {"throughput_per_s": 9.0}}, objective="throughput")
    assert made.run() == ["fast"]


def test_mixes_that_serve_all_that_is_asked_for_go_by_cost() -> None:
    figures = {"baseline": {"throughput_per_s": 5.00001}, "cheap": {"cost_usd.total": 60.0}}
    assert race(figures, objective="throughput").run() == ["cheap", "baseline"]


def test_one_replication_settles_what_is_not_random() -> None:
    made = race(costs(baseline=100.0, cheap=60.0))
    assert made.run() == ["cheap"]
    assert {number for _, number in asked(made.trials)} == {0}


def test_nobody_is_left_where_the_demand_cannot_be_met_and_the_nearest_miss_is_told() -> None:
    made = race(costs(baseline=100.0, cheap=60.0), limits=[budget(50.0)])
    assert made.run() == []
    near = nearest(made)
    assert near is not None
    assert (near.mix, near.breaks[0].text) == ("cheap", "cost 60 USD, above 50 USD")
    (way,) = relaxations(made, None)
    assert (way.mix, way.needed, way.gain) == ("cheap", 60.0, None)


def test_a_limit_that_binds_names_who_would_be_chosen_without_it_and_its_shadow_price() -> None:
    figures = {
        "baseline": {"carbon_kg": 4.0},
        "cheap": {"cost_usd.total": 60.0, "carbon_kg": 9.0},
        "dear": {"cost_usd.total": 300.0, "carbon_kg": 9.0},
    }
    made = race(figures, limits=[cap("carbon_kg", 5.0), budget(1e6)])
    assert made.run() == ["baseline"]
    (found,) = relaxations(made, "baseline")
    assert found.gain is not None
    assert (found.limit.metric, found.mix, found.needed) == ("carbon_kg", "cheap", 9.0)
    assert found.gain.mean == pytest.approx(40.0)
    assert found.per_unit == pytest.approx(10.0)


def test_a_limit_that_keeps_out_none_but_worse_mixes_does_not_bind() -> None:
    made = race({"baseline": {}, "dear": {"cost_usd.total": 300.0, "carbon_kg": 9.0}}, limits=[cap("carbon_kg", 5.0)])
    assert made.run() == ["baseline"]
    assert relaxations(made, "baseline") == []


def test_the_front_holds_what_no_other_is_as_good_as() -> None:
    figures = {
        "baseline": {},
        "cheap": {"cost_usd.total": 60.0, "accuracy": 0.7},
        "frugal": {"energy_kwh.facility": 8.0},
        "worse": {"cost_usd.total": 120.0},
    }
    made = race(figures)
    made.run()
    assert front(made, made.able(), "cheap") == ["cheap", "frugal"]


def test_a_hair_of_throughput_puts_nothing_on_the_front() -> None:
    made = race({"baseline": {}, "hair": {"cost_usd.total": 120.0, "throughput_per_s": 5.01}})
    made.run()
    assert front(made, made.able(), "baseline") == ["baseline"]


def test_promises_count_as_the_run_judges_them() -> None:
    promise = cap("services.chat.ttft_s.p99", 1.0)
    judged = [type(promise)(key="k", metric=promise.metric, bound=1.0, title="TTFT", unit="s", judged=True)]
    figures = {0: {promise.metric: 1.001}, 1: {promise.metric: 1.4}}
    assert breaks_of(judged, figures, {0: (), 1: ()}) == []
    (found,) = breaks_of(judged, figures, {0: (), 1: ("chat: ttft p99 1.4 s > 1 s promised",)})
    assert found.text == "TTFT 1.4 s, above 1 s in 1 of 2 runs"


def test_what_only_the_run_tells_is_told_in_its_words() -> None:
    (found,) = breaks_of([], {0: {}, 1: {}}, {0: ("chat: 90.0% of requests within ttft 1 s",), 1: ()})
    assert found.text == "chat: 90.0% of requests within ttft 1 s in 1 of 2 runs"
    assert found.relative == float("inf")
