"""How numbers are written."""

from __future__ import annotations

import pytest

from sim.report.wording import duration, figure_of, less, number, percent, short_percent, with_interval
from sim.study.statistics import Estimate


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (20.0, "20"),
        (1234567.8, "1,234,568"),
        (1234.5, "1,234"),
        (23.456, "23.46"),
        (0.66666, "0.667"),
        (0.00001234, "1.23e-05"),
        (-12.3456, "-12.35"),
        (None, "-"),
    ],
)
def test_numbers_have_three_or_four_digits(value: float | None, text: str) -> None:
    assert number(value) == text


def test_an_interval_has_the_decimals_of_its_mean() -> None:
    assert with_interval(Estimate(1034.4, 1023.1, 1045.7)) == "1,034 ±11"
    assert with_interval(Estimate(0.0021, 0.0019, 0.0023), scale=1000.0) == "2.100 ±0.200"
    assert with_interval(Estimate(1034.4, 1034.3, 1034.5)) == "1,034"
    assert with_interval(Estimate(5.0, None, None)) == "5"
    assert with_interval(None) == "-"


def test_shares() -> None:
    assert percent(-0.1624) == "16.2 %"
    assert [short_percent(share) for share in (-0.162, 0.004, 0.0001, 22.28)] == ["16%", "0.4%", "<0.1%", "2228%"]


def test_durations() -> None:
    assert [duration(s) for s in (30.0, 900.0, 86_400.0, 604_800.0, 5000.0)] == [
        "30 s",
        "15 min",
        "24 h",
        "7 days",
        "83.3 min",
    ]


def test_figures_have_titles_and_units_and_unknown_ones_their_name() -> None:
    assert figure_of("services.chat.ttft_s.p99").label == "chat TTFT p99, s"
    assert figure_of("cost_usd.total").label == "cost, USD"
    assert figure_of("services.chat.something").label == "services.chat.something"


def test_a_loss_is_more_not_less() -> None:
    assert less(0.056) == "5.6 % less"
    assert less(-0.056) == "5.6 % more"
