"""The conclusion in sentences: cheapest feasible mix, how sure, and never an infeasible one."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sim.report.sentences import finding, headline
from sim.report.warnings import warning_lines
from sim.study.comparison import Comparison
from sim.study.sample import Sample

Compared = Callable[[Mapping[str, Sample]], Comparison]
Sampled = Callable[..., Sample]


def test_the_cheapest_feasible_mix_is_named_with_its_interval_and_rivals(comparison: Comparison) -> None:
    first, doubt, left_out, certainty = headline(comparison)
    assert first.startswith(
        "lean is the cheapest mix that does all the work and keeps every promise: 800 USD for 24 h,"
        " 20.0 % below baseline"
    )
    assert first.endswith("(95 % interval 19.8 to 20.2 % less).")
    assert doubt == "near is not shown to cost more than lean: treat them as equal in cost."
    assert left_out.startswith("tiny at 500 USD is not in the running: infeasible in 5 of 5 replications")
    assert "chat ttft p99 above the promised 2 s" in left_out
    assert certainty.startswith("5 replications under common random numbers")


def test_a_baseline_that_wins_is_said_to(compared: Compared, sampled: Sampled) -> None:
    found = compared({"baseline": sampled(700.0), "dear": sampled(900.0)})
    assert headline(found)[0] == (
        "baseline is the cheapest mix that does all the work and keeps every promise: 700 USD for 24 h;"
        " dear is shown to cost more."
    )


def test_without_a_feasible_mix_none_is_called_cheapest(compared: Compared, sampled: Sampled) -> None:
    found = compared({"a": sampled(700.0, kept=False), "b": sampled(900.0, kept=False)})
    assert headline(found)[0] == "No mix keeps every promise and limit, so none is called the cheapest."
    assert finding(found) == "No mix keeps every promise and limit"


def test_a_mix_that_leaves_work_undone_is_not_in_the_running(compared: Compared, sampled: Sampled) -> None:
    idle, busy = sampled(700.0), sampled(900.0)
    for figures in idle.figures.values():
        assert isinstance(figures, dict)
        figures["jobs.nightly.completed"] = 0.0
    first, left_out, _ = headline(compared({"idle": idle, "busy": busy}))
    assert first.startswith("busy is the cheapest mix that does all the work and keeps every promise: 900 USD for 24 h")
    assert first.endswith("28.6 % above idle.")
    assert left_out == "idle at 700 USD is not in the running: nightly completed 100.0% lower than with busy."


def test_the_finding_names_a_tie(comparison: Comparison) -> None:
    assert finding(comparison) == "lean and near are the cheapest: no difference between them shown"


def test_a_warning_is_said_once(comparison: Comparison) -> None:
    assert warning_lines(comparison) == [
        "a day is scaled to a month",
        "baseline: 1000 inputs are assumed (likewise lean, near, tiny, dear)",
    ]


def test_a_cost_is_of_the_window_without_the_warm_up(compared: Compared, sampled: Sampled) -> None:
    alone = compared({"only": sampled(700.0)})
    assert alone.horizon_s > alone.window_s
    assert headline(alone)[0] == "only costs 700 USD for 24 h and keeps every promise."
