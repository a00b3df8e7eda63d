"""Power of an 8-GPU training node and effect of caps, against published measurements."""

from __future__ import annotations

import numpy as np
import pytest

from sim.catalog.reader import Catalogue
from sim.models.power import job_tables
from sim.models.training import train_seconds

CATALOGUE = Catalogue.built_in()


def test_a_training_node_of_8_h100_draws_7_2_to_8_0_kw() -> None:
    """Intense training averages 7.75 kW at the plug of a node rated 10.2 kW; host at a third, fans at half power."""
    node = CATALOGUE.node("hgx-h100-8")
    _, u_memory, u_compute = train_seconds(CATALOGUE.model("llama-3.1-8b"), 1e9, "bf16", 8, node)
    accelerator_w = job_tables(node.accelerator, u_memory, u_compute, None, None)[-1, 1]
    host_w = node.cpu_idle_w + (node.cpu_max_w - node.cpu_idle_w) / 3.0 + node.other_w + 0.5 * node.fan_max_w
    dc_w = 8 * accelerator_w + host_w
    efficiency = np.interp(dc_w / node.rated_w, list(node.psu), list(node.psu.values()))
    assert 7200.0 < dc_w / efficiency < 8000.0


@pytest.mark.parametrize("share", [0.6, 0.7, 0.8, 0.9])
def test_capping_a_training_h100_saves_more_energy_than_it_costs_time(share: float) -> None:
    """As measured on A100 and V100: power falls faster than speed as far down as the voltage falls."""
    node = CATALOGUE.node("hgx-h100-8")
    _, u_memory, u_compute = train_seconds(CATALOGUE.model("llama-3.1-8b"), 1e9, "bf16", 8, node)
    free, capped = (job_tables(node.accelerator, u_memory, u_compute, cap, None)[-1] for cap in (None, share * 700.0))
    slowdown, energy = free[0] / capped[0], capped[1] / capped[0] / (free[1] / free[0])
    assert 1.0 < slowdown < 1.5
    assert energy < 1.0
