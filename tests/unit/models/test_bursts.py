"""Jobs that are busy part of the time: a cap acts on the busy spells alone."""

from __future__ import annotations

import numpy as np
import pytest

from sim.catalog.reader import Catalogue
from sim.models.bursts import Bursts, burst_tables, busy_share
from sim.models.power import job_tables

V100 = Catalogue.built_in().accelerator("v100-pcie")
LOAD = (0.3, 0.25)


def test_a_job_that_is_always_busy_is_a_steady_job() -> None:
    steady = job_tables(V100, *LOAD, 150.0, None)
    assert np.allclose(burst_tables(V100, Bursts(*LOAD), 150.0, None)[:, :2], steady[:, :2])


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_mean_power_tells_the_busy_share(share: float) -> None:
    power_w = float(burst_tables(V100, Bursts(*LOAD, share), None, None)[-1, 1])
    assert busy_share(V100, *LOAD, power_w) == pytest.approx(share)


def test_a_cap_above_mean_power_still_slows_the_busy_spells() -> None:
    job = Bursts(*LOAD, 0.5)
    free, capped = (burst_tables(V100, job, cap, None)[-1] for cap in (None, 180.0))
    assert free[1] < 200.0
    assert (
        1.0
        < free[0] / capped[0]
        < job_tables(V100, *LOAD, None, None)[-1, 0] / job_tables(V100, *LOAD, 180.0, None)[-1, 0]
    )


def test_a_job_that_draws_less_than_the_floor_only_waits_and_no_cap_binds() -> None:
    assert busy_share(V100, *LOAD, 40.0) == 0.0
    free, capped = (burst_tables(V100, Bursts(*LOAD, 0.0), cap, None)[-1] for cap in (None, 100.0))
    assert np.array_equal(free, capped)
