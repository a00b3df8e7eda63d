"""What a run leaves behind: totals over the measured window and the columns of the meter, for economics and charts.

The engine fills it, `sim.economics` turns it into money and efficiency, `sim.record.files` writes it.
All totals are over [warmup, horizon]; counts of requests and jobs are of the cohort that arrives inside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantiles:
    """Mean, quantiles and maximum of a duration; None where nothing was measured."""

    mean: float | None = None
    p50: float | None = None
    p90: float | None = None
    p99: float | None = None
    max: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapted:
    """How a service that adapts was served over the window; switches count as the leaner form."""

    lean_s: float  # by the leaner form of its model
    lean_outputs: int  # of outputs_in_window
    switches: int  # in the whole run
    returned_s: float | None  # when the guard gave the leaner form up for good, since the start of the run


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceTotals:
    """One service over the window."""

    arrived: int
    completed: int
    rejected: int
    in_flight: int
    late: int  # still in flight, but past a promise already
    met: int  # completed within every promise
    ttft_met: int  # completed within the promise on the first token
    tpot_met: int  # completed within the promise on the tokens after it, or with one token only
    e2e_met: int
    input_tokens: int  # of the completed
    output_tokens: int  # of the completed; 0 for fixed-time
    outputs_in_window: int  # tokens (fixed-time: requests) produced inside the window, whoever asked for them
    iterations: int
    mean_batch: float | None  # sequences per iteration, weighted by time
    ttft_s: Quantiles
    tpot_s: Quantiles
    e2e_s: Quantiles
    held_accelerator_s: float  # allocated to its replicas, starting ones included
    busy_accelerator_s: float  # inside iterations
    accelerator_j: float  # of the accelerators held
    replicas_mean: float
    preemptions: int = 0  # sequences that lost their KV memory and were taken in again
    prefix_hits: int = 0  # requests whose replica held the prefix of their group, where prompts come in groups
    adapted: Adapted | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobTotals:
    """One stream of jobs over the window."""

    arrived: int
    completed: int
    running: int
    queued: int
    rejected: int
    failures: int
    wait_s: Quantiles  # of those started
    turnaround_s: Quantiles  # of the completed
    makespan_s: float | None  # first submission to last completion
    accelerator_s: float  # held inside the window
    kept_accelerator_s: float  # progress that was kept, at full clock
    accelerator_j: float
    utilisation: float  # of the pool's accelerator-seconds in the window
    slowdown: Quantiles = Quantiles()  # turnaround over run time at full clock, of the completed
    preemptions: int = 0  # times that a job was stopped for another


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolTotals:
    """One pool over the window."""

    accelerator_s: float  # all accelerators, all the time
    allocated_accelerator_s: float  # to services and jobs
    counted_accelerator_s: float  # in iterations for requests that were not rejected, and in job progress that was kept
    it_j: float  # at the nodes' power inlets
    accelerator_j: float
    idle_accelerator_j: float  # of accelerators while they did no counted work
    best_clock_j: float  # what the counted work would have taken at its most efficient clock
    throttled_node_s: float
    hottest_c: float
    asleep_accelerator_s: float = 0.0  # times the share of idle power that sleep saved
    rack_inlet_c: tuple[float, ...] = ()  # mean of each rack, where the scenario says how they stand
    rack_hottest_c: tuple[float, ...] = ()  # of its accelerators


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """Columns over time, one row per meter interval of the whole run; row i covers [start_s[i], stop_s[i]]."""

    start_s: Floats
    stop_s: Floats
    it_w: Floats  # means over the interval
    cooling_w: Floats
    losses_w: Floats  # of the electrical chain and of the battery
    facility_w: Floats
    water_l_per_s: Floats
    supply_c: Floats
    dry_bulb_c: Floats
    wet_bulb_c: Floats
    hottest_c: Floats  # hottest accelerator of any node
    throttled_nodes: Floats
    price_usd_per_kwh: Floats
    carbon_g_per_kwh: Floats
    battery_w: Floats  # into the battery, at the building's side; below 0: out of it
    stored_j: Floats  # in the battery at the end of the interval
    grid_w: Floats  # from the grid: what the building takes and what is stored
    pool_it_w: Mapping[str, Floats]
    service_waiting: Mapping[str, Floats]
    service_running: Mapping[str, Floats]
    service_replicas: Mapping[str, Floats]
    jobs_running: Mapping[str, Floats]
    jobs_queued: Mapping[str, Floats]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """All that one run leaves behind."""

    window_s: tuple[float, float]  # warm-up end, horizon
    meter: Meter
    services: Mapping[str, ServiceTotals]
    jobs: Mapping[str, JobTotals]
    pools: Mapping[str, PoolTotals]
    requests: int
    iterations: int
    events: int
    wall_s: float
    random: bool  # whether another seed could have given another result
    warnings: tuple[str, ...] = field(default=())
