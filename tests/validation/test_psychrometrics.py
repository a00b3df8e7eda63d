"""Wet bulbs against a published closed form, water against latent heat."""

from __future__ import annotations

from math import atan, sqrt

import numpy as np
import pytest

from sim.facility.air import SEA_LEVEL_PA, wet_bulbs_c
from sim.facility.water import MakeUp


def stull_c(dry_bulb_c: float, percent: float) -> float:
    """Wet bulb at sea level (Stull 2011, J. Appl. Meteorology and Climatology 50, 2267)."""
    return (
        dry_bulb_c * atan(0.151977 * sqrt(percent + 8.313659))
        + atan(dry_bulb_c + percent)
        - atan(percent - 1.676331)
        + 0.00391838 * percent * sqrt(percent) * atan(0.023101 * percent)
        - 4.686035
    )


def test_the_closed_form_gives_its_known_point() -> None:
    assert stull_c(20.0, 50.0) == pytest.approx(13.699, abs=1e-3)


def test_wet_bulbs_lie_as_near_to_the_closed_form_as_is_known_of_it() -> None:
    """Mean error .32 K, at most 1.9 K, over -10..40 degC and 10-100 %."""
    dry_bulbs, percents = np.meshgrid(np.linspace(-10.0, 40.0, 51), np.linspace(10.0, 100.0, 46))
    ours = wet_bulbs_c(dry_bulbs.ravel(), percents.ravel() / 100.0, np.full(dry_bulbs.size, SEA_LEVEL_PA))
    theirs = [stull_c(float(t), float(p)) for t, p in zip(dry_bulbs.ravel(), percents.ravel(), strict=True)]
    errors = np.abs(ours - np.array(theirs))
    assert errors.mean() == pytest.approx(0.32, abs=0.05)
    assert errors.max() == pytest.approx(1.9, abs=0.2)


def test_fully_latent_heat_takes_a_litre_and_a_half_and_a_quarter_more_with_blow_down() -> None:
    evaporated_kg_per_kwh = 3600.0 / 2430.0
    assert evaporated_kg_per_kwh == pytest.approx(1.481, abs=1e-3)
    assert MakeUp(5.0, 0.0).l_per_s(evaporated_kg_per_kwh, 0.0) == pytest.approx(1.852, abs=1e-3)
