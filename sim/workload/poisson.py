"""Generated traffic: Poisson arrivals with a daily and weekly rate, lengths from distributions.

Every request draws its arrival and each of its lengths from a stream of its own, by its number. So mixes share their
requests, a change of one distribution leaves the others alone, and the size of the chunks does not matter.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.errors import ScenarioError
from sim.kernels.arrivals import expected_arrivals, fill_arrivals, rate_pattern, start_state
from sim.kernels.draws import fill_uniform, stream_key
from sim.scenario.specs import Distribution, PoissonTraffic
from sim.units import AUDIO_STEP_S, S_PER_H
from sim.workload.lengths import draw_tokens, draw_values, variation
from sim.workload.traffic import CHUNK_ROWS, RequestChunk

PURPOSES = ("arrivals", "input_tokens", "output_tokens", "service_s", "items", "audio_s", "prefix_group")


class GeneratedTraffic:
    """Poisson traffic of the service `name`; see `Traffic` for what it offers."""

    random = True

    def __init__(
        self,
        name: str,
        spec: PoissonTraffic,
        *,
        scenario_start: datetime,
        horizon_s: float,
        utc_offset_h: float,
        seed: int,
        replication: int,
    ) -> None:
        self.warnings: tuple[str, ...] = ()
        self._work = work_of(spec)
        self.mean_input_tokens = self._work.law.mean if self._work else 0.0
        self.mean_output_tokens = spec.output_tokens.mean if spec.output_tokens else float(self._work is not None)
        self.cv_output_tokens = variation(spec.output_tokens) if spec.output_tokens else 0.0
        self._name = name
        self._spec = spec
        self._horizon_s = horizon_s
        local_start = scenario_start.astimezone(UTC) + timedelta(hours=utc_offset_h)
        self._pattern = local_pattern(name, spec, local_start)
        self.mean_rate_per_s = expected_arrivals(self._pattern, horizon_s) / horizon_s
        self._state = start_state(self._pattern)
        self._next = 0
        self._keys = {purpose: stream_key(seed, replication, purpose, name) for purpose in PURPOSES}

    def next_chunk(self) -> RequestChunk | None:
        """The next requests, at most CHUNK_ROWS; None when there are no more."""
        if self.mean_rate_per_s == 0.0:
            return None
        first = self._next
        times = np.empty(CHUNK_ROWS)
        rows = fill_arrivals(self._keys["arrivals"], first, self._pattern, self._horizon_s, self._state, times)
        if rows == 0:
            return None
        self._next += rows
        return RequestChunk(
            times[:rows],
            self._taken_in(first, rows),
            self._made(first, rows),
            self._seconds(self._spec.service_s, first, rows),
            self._groups(first, rows),
        )

    def _taken_in(self, first: int, rows: int) -> NDArray[np.int32]:
        """Tokens, items or steps of speech that requests bring."""
        if self._work is None:
            return np.zeros(rows, np.int32)
        what = self._work.what
        return draw_tokens(self._work.law, self._keys[what], first, rows, f"services.{self._name}.traffic.{what}")

    def _made(self, first: int, rows: int) -> NDArray[np.int32]:
        """Tokens that requests ask for; one answer where the model takes no tokens."""
        law = self._spec.output_tokens
        if law is None:
            return np.full(rows, self._work is not None, np.int32)
        what = f"services.{self._name}.traffic.output_tokens"
        return draw_tokens(law, self._keys["output_tokens"], first, rows, what)

    def _groups(self, first: int, rows: int) -> NDArray[np.int32] | None:
        """Groups of prompts that begin alike, each as likely as the others."""
        groups = self._spec.prefix_groups
        if groups is None:
            return None
        drawn = np.empty(rows)
        fill_uniform(self._keys["prefix_group"], first, 0.0, float(groups), drawn)
        return drawn.astype(np.int32)

    def _seconds(self, law: Distribution | None, first: int, rows: int) -> NDArray[np.float64]:
        return np.zeros(rows) if law is None else draw_values(law, self._keys["service_s"], first, rows)


class Work(NamedTuple):
    """What a request brings: the key that the scenario gave, and its distribution in whole units."""

    what: str
    law: Distribution


def work_of(spec: PoissonTraffic) -> Work | None:
    """What requests bring as whole tokens, items, or steps of speech; None for fixed-time models."""
    if spec.audio_s is not None:
        law, step = spec.audio_s, AUDIO_STEP_S
        return Work("audio_s", replace(law, mean=law.mean / step, low=law.low / step, high=law.high / step))
    for what, given in (("items", spec.items), ("input_tokens", spec.input_tokens)):
        if given is not None:
            return Work(what, given)
    return None


def local_pattern(name: str, spec: PoissonTraffic, local_start: datetime) -> NDArray[np.float64]:
    """What the rate follows when the site's clocks show `local_start` at time 0; ScenarioError for a rate below 0."""
    profile = spec.profile
    if not 1.0 <= profile.peak_to_mean <= 2.0:
        raise ScenarioError(
            f"services.{name}.traffic.profile.daily.peak_to_mean is {profile.peak_to_mean:g}; "
            "allowed: 1 to 2 (above 2 the rate would fall below 0 at night)"
        )
    wall = local_start.replace(tzinfo=None)
    midnight = wall.replace(hour=0, minute=0, second=0, microsecond=0)
    return rate_pattern(
        spec.rate_per_s,
        swing=profile.peak_to_mean - 1.0,
        peak_s=profile.peak_hour * S_PER_H,
        weekend=profile.weekend,
        start_s=(wall - midnight).total_seconds(),
        start_weekday=wall.weekday(),
    )
