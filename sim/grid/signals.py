"""Quantities over simulated time: a flat one, and one that holds a value from each stamp to the next."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FlatSignal:
    """The same value at all times."""

    value: float

    def at(self, time_s: float) -> float:
        """Value at an instant."""
        return self.value

    def integral(self, start_s: float, stop_s: float) -> float:
        """Integral over [start_s, stop_s], in value times seconds."""
        return self.value * (stop_s - start_s)


@dataclass(frozen=True, slots=True)
class StepSignal:
    """`values[i]` holds from `starts_s[i]` to the next start; the first and last value hold beyond the ends.

    `before[i]` is the integral from `starts_s[0]` to `starts_s[i]`.
    """

    starts_s: Sequence[float]
    values: Sequence[float]
    before: Sequence[float]

    @classmethod
    def of(cls, starts_s: Sequence[float], values: Sequence[float]) -> StepSignal:
        """A step signal from rising starts and as many values."""
        before = [0.0]
        for row in range(len(values) - 1):
            before.append(before[-1] + values[row] * (starts_s[row + 1] - starts_s[row]))
        return cls(tuple(starts_s), tuple(values), tuple(before))

    def at(self, time_s: float) -> float:
        """Value at an instant; a stamp belongs to the interval that it starts."""
        return self.values[self._row(time_s)]

    def integral(self, start_s: float, stop_s: float) -> float:
        """Integral over [start_s, stop_s], in value times seconds."""
        first, last = self._row(start_s), self._row(stop_s)
        if first == last:
            return self.values[first] * (stop_s - start_s)
        head = self.values[first] * (self.starts_s[first + 1] - start_s)
        tail = self.values[last] * (stop_s - self.starts_s[last])
        return head + (self.before[last] - self.before[first + 1]) + tail

    def _row(self, time_s: float) -> int:
        return max(bisect_right(self.starts_s, time_s) - 1, 0)
