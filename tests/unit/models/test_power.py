"""Watts of a busy accelerator, clock grid, cap, and the tables of steady jobs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sim.catalog.reader import Catalogue
from sim.errors import ScenarioError
from sim.models.power import (
    busy_power_w,
    clock_grid_mhz,
    job_tables,
    static_power_w,
    top_level,
    voltage_share,
)

H100 = Catalogue.built_in().accelerator("h100-sxm")


def test_the_clock_grid_runs_from_lowest_to_highest_in_steps() -> None:
    grid = clock_grid_mhz(H100)
    assert (grid[0], grid[-1], len(grid)) == (345.0, 1980.0, 110)
    assert np.allclose(np.diff(grid), 15.0)


def test_the_clock_knob_takes_the_grid_point_at_or_below_it() -> None:
    assert clock_grid_mhz(H100)[top_level(H100, 1500.0)] == 1500.0
    assert clock_grid_mhz(H100)[top_level(H100, 1499.0)] == 1485.0
    assert top_level(H100, None) == 109


def test_a_clock_outside_the_range_is_refused_with_the_range() -> None:
    with pytest.raises(ScenarioError, match="2500 MHz is outside what h100-sxm offers: 345 to 1980 MHz"):
        top_level(H100, 2500.0)


def test_voltage_is_flat_up_to_the_knee_and_one_at_the_top() -> None:
    at = voltage_share(H100, np.array([345.0, 1200.0, 1590.0, 1980.0]))
    knee = H100.clock.knee_voltage
    assert at == pytest.approx([knee, knee, (knee + 1) / 2, 1.0])


def test_busy_power_is_the_sum_of_floor_memory_and_compute_at_the_highest_clock() -> None:
    curve = H100.power
    expected = curve.floor_w + 0.5 * curve.memory_w + 0.2 * curve.compute_w
    assert busy_power_w(H100, 1980.0, 0.5, 0.2) == pytest.approx(expected)


def test_sharing_a_model_takes_the_split_off() -> None:
    apart = busy_power_w(H100, 1980.0, 0.5, 0.2) - busy_power_w(H100, 1980.0, 0.5, 0.2, 4)
    assert apart == pytest.approx(0.75 * H100.power.split_w)


def test_a_busy_accelerator_never_draws_less_than_idle() -> None:
    split = replace(H100, power=replace(H100.power, split_w=1000.0))
    assert static_power_w(split, 345.0, 8) == H100.idle_w


def test_a_compute_bound_job_slows_with_the_clock_and_a_memory_bound_one_hardly() -> None:
    compute, memory = job_tables(H100, 0.0, 0.2, None, None), job_tables(H100, 0.8, 0.02, None, None)
    half = top_level(H100, 990.0)
    assert compute[half, 0] == pytest.approx(0.5)
    assert memory[half, 0] > 0.99
    assert (compute[-1, 0], memory[-1, 0]) == (1.0, 1.0)


def test_a_cap_that_does_not_bind_changes_nothing() -> None:
    free = job_tables(H100, 0.3, 0.1, None, None)
    assert np.array_equal(free, job_tables(H100, 0.3, 0.1, 699.0, None))
    assert np.array_equal(free, job_tables(H100, 0.3, 0.1, 5000.0, None))


def test_a_cap_that_binds_is_kept_and_costs_speed() -> None:
    capped = job_tables(H100, 0.3, 0.3, 400.0, None)
    assert capped[:, 1].max() <= 400.0
    assert 0.5 < capped[-1, 0] < job_tables(H100, 0.3, 0.3, None, None)[-1, 0]


def test_a_cap_below_the_lowest_clock_thins_the_work_to_a_mean_of_the_cap() -> None:
    thinned = job_tables(H100, 0.8, 0.1, 150.0, None)
    lowest = job_tables(H100, 0.8, 0.1, None, 345.0)
    duty = (150.0 - H100.idle_w) / (lowest[0, 1] - H100.idle_w)
    assert thinned[:, 1] == pytest.approx(150.0)
    assert thinned[-1, 0] == pytest.approx(duty * lowest[0, 0])


def test_a_cap_that_is_not_above_idle_power_is_refused() -> None:
    with pytest.raises(
        ScenarioError, match="power cap of 75 W cannot be kept by h100-sxm with this job: it draws 75 W"
    ):
        job_tables(H100, 0.8, 0.1, 75.0, None)


def test_the_clock_knob_holds_every_level_above_it() -> None:
    held = job_tables(H100, 0.0, 0.2, None, 990.0)
    assert held[-1, 0] == pytest.approx(0.5)


def test_the_best_joules_per_work_are_those_of_the_cheapest_clock() -> None:
    table = job_tables(H100, 0.1, 0.1, None, None)
    assert table[0, 2] == pytest.approx((table[:, 1] / table[:, 0]).min())


def test_a_job_without_load_on_the_accelerator_runs_at_one_speed() -> None:
    assert np.all(job_tables(H100, 0.0, 0.0, None, None)[:, 0] == 1.0)
