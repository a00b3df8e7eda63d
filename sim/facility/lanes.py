"""One formula for one moment and for a whole year: operations on a float, or on each element of an array.

The engine asks plants one moment at a time and must not pay for numpy then; a survey asks 8,760 hours at once.
"""

from __future__ import annotations

from math import sqrt
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Number = TypeVar("Number", float, Floats)
Number_co = TypeVar("Number_co", float, Floats, covariant=True)


class AirLike(Protocol[Number_co]):
    """Outdoor air at one moment (`protocols.Air`) or at many (`weather_table.AirColumns`)."""

    @property
    def dry_bulb_c(self) -> Number_co:
        """Dry bulb."""

    @property
    def wet_bulb_c(self) -> Number_co:
        """Wet bulb."""

    @property
    def relative_humidity(self) -> Number_co:
        """Relative humidity, 0..1."""

    @property
    def pressure_pa(self) -> Number_co:
        """Pressure."""


def larger(one: Number, other: Number | float) -> Number:
    """The larger of two."""
    if type(one) is float and type(other) is float:
        return one if one >= other else other
    found: Number = np.maximum(one, other)
    return found


def smaller(one: Number, other: Number | float) -> Number:
    """The smaller of two."""
    if type(one) is float and type(other) is float:
        return one if one <= other else other
    found: Number = np.minimum(one, other)
    return found


def within(value: Number, low: float, high: float) -> Number:
    """The value, or the limit that it passes."""
    if type(value) is float:
        return low if value < low else high if value > high else value
    return smaller(larger(value, low), high)


def chosen(condition: bool | Flags, yes: Number, no: Number) -> Number:
    """`yes` where the condition holds, `no` elsewhere; both are computed."""
    if isinstance(condition, np.ndarray):
        return np.where(condition, yes, no)  # type: ignore[return-value]
    return yes if condition else no


def any_of(condition: bool | Flags) -> bool:
    """Whether the condition holds anywhere."""
    return bool(condition.any()) if isinstance(condition, np.ndarray) else bool(condition)


def count(condition: bool | Flags) -> int:
    """How often the condition holds."""
    return int(condition.sum()) if isinstance(condition, np.ndarray) else int(condition)


def square_root(value: Number) -> Number:
    """Square root."""
    return np.sqrt(value) if isinstance(value, np.ndarray) else sqrt(value)


def rounded_up(value: Number) -> Number:
    """The next whole number that is not below."""
    return np.ceil(value) if isinstance(value, np.ndarray) else float(-(-value // 1.0))
