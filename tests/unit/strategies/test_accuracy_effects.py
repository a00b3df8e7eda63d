"""Losses scale accuracy, gains divide the error, and their spreads add as independent ones."""

from __future__ import annotations

from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handmade.runs import CATALOGUE, service
from sim.strategies.accuracy import changed_accuracy, in_field, with_effect
from sim.strategies.plan import Deployment
from sim.strategies.published import published


def deployment() -> Deployment:
    chat = service()
    return published(chat, chat.model, "bf16", CATALOGUE)


def test_a_loss_scales_the_accuracy() -> None:
    assert changed_accuracy(0.8, 0.98) == pytest.approx(0.784)


def test_a_gain_divides_the_error() -> None:
    assert changed_accuracy(0.8, 1.25) == pytest.approx(1 - 0.2 / 1.25)


def test_no_effect_is_no_change() -> None:
    assert with_effect(deployment(), 1.0, 0.0) == deployment()


@given(st.floats(0.01, 1.0), st.lists(st.floats(0.5, 3.0), max_size=20))
def test_accuracy_stays_within_bounds_however_many_effects(accuracy: float, factors: list[float]) -> None:
    for factor in factors:
        accuracy = changed_accuracy(accuracy, factor)
    assert 0.0 <= accuracy <= 1.0


def test_spreads_of_losses_add_in_squares() -> None:
    twice = with_effect(with_effect(deployment(), 0.98, 0.005), 0.97, 0.01)
    relative = sqrt((0.005 / 0.98) ** 2 + (0.01 / 0.97) ** 2)
    assert twice.accuracy == pytest.approx(0.793 * 0.98 * 0.97)
    assert twice.accuracy_sd == pytest.approx(twice.accuracy * relative)
    assert twice.variant.accuracy_factor == pytest.approx(0.98 * 0.97)


def test_the_spread_of_a_gain_falls_on_the_error() -> None:
    better = with_effect(deployment(), 1.06, 0.01)
    assert better.accuracy_sd == pytest.approx((1 - 0.793) / 1.06**2 * 0.01)


def test_a_field_without_its_own_figure_takes_the_one_for_all() -> None:
    assert in_field({"*": 1.02, "finance": 1.06}, "finance", 1.0) == 1.06
    assert in_field({"*": 1.02, "finance": 1.06}, "nlp", 1.0) == 1.02
    assert in_field({}, "nlp", 1.0) == 1.0
