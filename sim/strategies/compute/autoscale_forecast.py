"""Replicas for the load that is coming: the rise of this hour a day before, or the recent trend where none is known.

    rate ahead  = rate now + (rate a day before at the instant ahead - rate a day before now)   where that day is known
                = rate now + slope * (time ahead), the slope not below 0                        on the first day
    in system   = rate ahead * W,   W = requests in the system / arrival rate (Little's law), a day before or now
    wanted      = ceil(in system / (target_utilisation * batch_max)), and at least what the requests in the system ask

The largest rate up to the time ahead counts, so that replicas of a rise that is over soon are not stopped before it.
"""

from __future__ import annotations

from bisect import bisect_right

from sim.protocols import ServiceView
from sim.strategies.compute.autoscale_rules import replicas_for
from sim.units import S_PER_DAY

SMOOTH_S = 300.0  # assumed: span of the rates that are compared; long enough for counts, short enough for a ramp
TREND_S = 900.0  # assumed: span of the trend
STEPS_AHEAD = 8  # instants up to the time ahead that are looked at


class ByForecast:
    """Remembers arrivals and requests in the system at each look of one run."""

    def __init__(self, target_utilisation: float, ahead_s: float, period_s: float) -> None:
        """`ahead_s` is at least the time that a replica takes to start, and one look."""
        self.target_utilisation, self.ahead_s, self.period_s = target_utilisation, ahead_s, period_s
        self._times_s = [0.0]
        self._arrived = [0.0]  # up to each time
        self._present_s = [0.0]  # integral of the requests in the system

    def wanted(self, view: ServiceView) -> int:
        """Replicas for the largest load up to the time ahead, and at least for the present one."""
        self._remember(view)
        ahead_s = max(self.ahead_s, view.start_s + self.period_s)
        spans_s = [ahead_s * step / STEPS_AHEAD for step in range(STEPS_AHEAD + 1)]
        most = max(view.running + view.waiting, *(self._in_system(view.time_s, span_s) for span_s in spans_s))
        return replicas_for(most, self.target_utilisation, view)

    def _remember(self, view: ServiceView) -> None:
        seconds = view.time_s - self._times_s[-1]
        self._times_s.append(view.time_s)
        self._arrived.append(self._arrived[-1] + view.arrivals_per_s * seconds)
        self._present_s.append(self._present_s[-1] + (view.running + view.waiting) * seconds)

    def _in_system(self, now: float, ahead_s: float) -> float:
        """Requests that are expected in the system at `now + ahead_s`."""
        rate = self._rate(self._arrived, now)
        span_s = ahead_s + 0.5 * SMOOTH_S  # a mean over the past lags by half of its span
        if now - S_PER_DAY < SMOOTH_S:
            slope = (rate - self._rate(self._arrived, now - TREND_S)) / TREND_S if now >= TREND_S + SMOOTH_S else 0.0
            return (rate + max(slope, 0.0) * span_s) * self._stay_s(now)
        before = now - S_PER_DAY
        rise = self._rate(self._arrived, before + span_s) - self._rate(self._arrived, before)
        return max(rate + rise, 0.0) * self._stay_s(before + span_s)

    def _stay_s(self, now: float) -> float:
        """How long a request stays in the system, by Little's law."""
        rate = self._rate(self._arrived, now)
        return self._rate(self._present_s, now) / rate if rate > 0.0 else 0.0

    def _rate(self, sums: list[float], now: float) -> float:
        """Mean growth per second of a sum over the `SMOOTH_S` up to an instant in the past."""
        start_s = max(now - SMOOTH_S, 0.0)
        return (self._at(sums, now) - self._at(sums, start_s)) / (now - start_s)

    def _at(self, sums: list[float], time_s: float) -> float:
        """A sum at an instant, in a straight line between looks."""
        row = min(bisect_right(self._times_s, time_s), len(self._times_s) - 1)
        begin_s, end_s = self._times_s[row - 1], self._times_s[row]
        return sums[row - 1] + (sums[row] - sums[row - 1]) * (time_s - begin_s) / (end_s - begin_s)
