"""How many requests per second a service gets on average and at its peak."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.scenario.specs import PoissonTraffic, Scenario, Service
from sim.workload.requests import open_traffic

PEAK_S = 900.0  # the peak of a trace is its busiest quarter of an hour


@dataclass(frozen=True, slots=True)
class Load:
    """Requests per second."""

    mean_per_s: float
    peak_per_s: float


def load_of(service: Service, scenario: Scenario) -> Load:
    """Generated traffic by its profile; a trace by its busiest 15 minutes (the whole of a shorter one is its peak)."""
    traffic = service.traffic
    if isinstance(traffic, PoissonTraffic):
        return Load(traffic.rate_per_s, traffic.rate_per_s * traffic.profile.peak_to_mean)
    opened = open_traffic(service, scenario.start, scenario.horizon_s, scenario.site.utc_offset_h, scenario.seed, 0)
    bins = np.zeros(max(1, int(np.ceil(scenario.horizon_s / PEAK_S))))
    while (chunk := opened.next_chunk()) is not None:
        bins += np.bincount((chunk.arrival_s // PEAK_S).astype(np.intp), minlength=len(bins))
    busiest_s = min(PEAK_S, scenario.horizon_s)
    mean = float(bins.sum()) / scenario.horizon_s
    return Load(mean, max(float(bins.max()) / busiest_s, mean))
