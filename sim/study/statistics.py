"""Intervals and verdicts of comparisons: Student's t on paired differences, Holm's correction over all of them.

Only this file knows statistics; it takes plain sequences of numbers, one per replication.
References: W. S. Gosset (1908), Biometrika 6:1; S. Holm (1979), Scand. J. Statist. 6:65.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Verdict = Literal["lower", "higher", "no difference shown", "not comparable"]

ROUNDING = 1e-12  # differences below this share of the compared figures are rounding, not effects (assumed)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean with its confidence interval; the limits are None where one replication cannot give them."""

    mean: float
    ci_low: float | None
    ci_high: float | None

    @property
    def half_width(self) -> float | None:
        """Half the width of the interval."""
        return None if self.ci_low is None or self.ci_high is None else (self.ci_high - self.ci_low) / 2

    @property
    def excludes_zero(self) -> bool:
        """Whether the whole interval lies on one side of zero."""
        return self.ci_low is not None and self.ci_high is not None and (self.ci_low > 0 or self.ci_high < 0)


def t_quantile(probability: float, degrees: int) -> float:
    """Quantile of Student's t distribution with `degrees` degrees of freedom."""
    from scipy.special import stdtrit

    return float(stdtrit(degrees, probability))


def estimate(values: Sequence[float], confidence: float, deterministic: bool = False) -> Estimate:
    """Mean and t interval of independent values; where nothing is random the interval has no width."""
    mean = math.fsum(values) / len(values)
    if deterministic:
        return Estimate(mean, mean, mean)
    if len(values) < 2:
        return Estimate(mean, None, None)
    if _all_the_same(values):
        return Estimate(mean, mean, mean)
    half = t_quantile(0.5 + confidence / 2, len(values) - 1) * _standard_error(values, mean)
    return Estimate(mean, mean - half, mean + half)


def paired_differences(values: Sequence[float], baseline: Sequence[float]) -> list[float]:
    """value - baseline by replication; what is only rounding becomes exactly 0."""
    return [
        0.0 if abs(value - base) <= ROUNDING * max(abs(value), abs(base)) else value - base
        for value, base in zip(values, baseline, strict=True)
    ]


def p_value(differences: Sequence[float]) -> float:
    """Two-sided p of a paired t test against 0, for at least two differences that are not all the same."""
    from scipy.special import stdtr

    mean = math.fsum(differences) / len(differences)
    return 2.0 * float(stdtr(len(differences) - 1, -abs(mean) / _standard_error(differences, mean)))


def shown_above_zero(differences: Sequence[float], level: float, deterministic: bool) -> bool:
    """Whether a one-sided paired t test at `level` shows a mean above 0; differences all the same go by sign."""
    if not differences or math.fsum(differences) <= 0.0:
        return False
    if deterministic or (len(differences) > 1 and _all_the_same(differences)):
        return True
    return len(differences) > 1 and p_value(differences) / 2.0 <= level


def holm_rejected(p_values: Sequence[float], level: float) -> list[bool]:
    """Which hypotheses Holm's step-down procedure rejects, keeping the chance of any false one below `level`."""
    rejected = [False] * len(p_values)
    for rank, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        if p_values[index] > level / (len(p_values) - rank):
            break
        rejected[index] = True
    return rejected


def verdicts(differences: Sequence[Sequence[float]], confidence: float, deterministic: bool) -> list[Verdict]:
    """One verdict per list of paired differences, all shown together.

    Differences that are the same in every replication are facts, not tests: they go by sign and take no part in
    the correction. One replication of something random shows nothing.
    """
    found: dict[int, Verdict] = {}
    tested = []
    for index, each in enumerate(differences):
        if each and (deterministic or (len(each) > 1 and _all_the_same(each))):
            found[index] = _by_sign(each[0])
        elif len(each) > 1:
            tested.append(index)
    rejected = holm_rejected([p_value(differences[index]) for index in tested], 1.0 - confidence)
    for index in (index for index, reject in zip(tested, rejected, strict=True) if reject):
        found[index] = _by_sign(math.fsum(differences[index]))
    return [found.get(index, "no difference shown") for index in range(len(differences))]


def _all_the_same(values: Sequence[float]) -> bool:
    low, high = min(values), max(values)
    return high - low <= ROUNDING * max(abs(low), abs(high))


def _by_sign(difference: float) -> Verdict:
    return "no difference shown" if difference == 0.0 else "lower" if difference < 0.0 else "higher"


def _standard_error(values: Sequence[float], mean: float) -> float:
    squares = math.fsum((value - mean) ** 2 for value in values)
    return math.sqrt(squares / (len(values) - 1) / len(values))
