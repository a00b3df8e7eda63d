"""Lengths and times of requests, drawn from a distribution by the number of the request."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sim.errors import ScenarioError
from sim.kernels.draws import fill_exponential, fill_lognormal, fill_uniform
from sim.scenario.specs import Distribution

MOST_TOKENS = np.iinfo(np.int32).max


def draw_values(law: Distribution, key: np.uint64, first: int, rows: int) -> NDArray[np.float64]:
    """Values of the requests first, ..., first + rows - 1; the same in whatever chunks they are drawn."""
    values = np.empty(rows)
    if law.kind == "constant":
        values.fill(law.mean)
    elif law.kind == "exponential":
        fill_exponential(key, first, law.mean, values)
    elif law.kind == "uniform":
        fill_uniform(key, first, law.low, law.high, values)
    else:
        fill_lognormal(key, first, law.mean, law.cv, values)
    return values


def variation(law: Distribution) -> float:
    """Standard deviation over mean, before values are rounded to whole tokens."""
    if law.kind == "exponential":
        return 1.0
    if law.kind == "uniform":
        return (law.high - law.low) / (math.sqrt(12.0) * law.mean)
    return law.cv  # 0 where it is constant


def draw_tokens(law: Distribution, key: np.uint64, first: int, rows: int, what: str) -> NDArray[np.int32]:
    """Values as whole tokens, at least 1 each; ScenarioError where one is too large to be counted."""
    tokens = np.maximum(np.rint(draw_values(law, key, first, rows)), 1.0)
    if tokens.max(initial=0.0) > MOST_TOKENS:
        raise ScenarioError(
            f"{what}: a {law.kind} length of mean {law.mean:g} drew {tokens.max():.3g} tokens, "
            f"at most {MOST_TOKENS:,} are allowed; lower its mean or cv"
        )
    return tokens.astype(np.int32)
