"""Spans sampled together: each sample is one step of a common axis."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, cast

from sim.study.axes import Axes, Listed, Span

if TYPE_CHECKING:
    import numpy as np

Method: TypeAlias = Literal["lhs", "sobol", "random"]
METHODS: Final = {"lhs": "Latin hypercube", "sobol": "scrambled Sobol sequence", "random": "independent numbers"}
MOST: Final = 2**22  # samples; beyond, a run for each would take longer than anybody waits (assumed)
WRITTEN: Final = re.compile(r"\s*([a-z]+)\s*:\s*(\d{1,9})\s*")


@dataclass(frozen=True, slots=True)
class Sample:
    """How spans are sampled: by which method, how many times, and from which seed."""

    method: Method
    size: int
    seed: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.size <= MOST:
            raise ValueError(f"a sample has 1 to {MOST:,} points; got {self.size:,}")
        if self.method == "sobol" and self.size & (self.size - 1):
            near = 2 ** (self.size.bit_length() - 1)
            raise ValueError(f"a Sobol sample has a power of two of points: {near} or {2 * near}, not {self.size}")


def sample_of(text: str, seed: int = 1) -> Sample:
    """The sample that `method:size` stands for; ValueError where it is none."""
    found = WRITTEN.fullmatch(text)
    if found is None or found[1] not in METHODS:
        raise ValueError(f"a sample is METHOD:SIZE with method {', '.join(METHODS)}; got '{text}'")
    return Sample(cast(Method, found[1]), int(found[2]), seed)


def sampled(axes: Axes, sample: Sample) -> tuple[Axes, tuple[str, ...]]:
    """The axes with every span replaced by its samples, and the paths of these, which go together.

    ValueError where there is no span to sample.
    """
    spans = {path: span for path, span in axes.items() if isinstance(span, Span)}
    if not spans:
        raise ValueError("a sample needs a span, such as between(0.5, 2)")
    shares = _shares(sample, len(spans))
    columns = {
        path: Listed(tuple(span.at(float(share)) for share in shares[:, index]))
        for index, (path, span) in enumerate(spans.items())
    }
    return {**axes, **columns}, tuple(columns)


def _shares(sample: Sample, dimensions: int) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Numbers in [0, 1), one row per sample."""
    import numpy as np
    from scipy.stats import qmc

    if sample.method == "random":
        return np.random.default_rng(sample.seed).random((sample.size, dimensions))
    engine = qmc.Sobol if sample.method == "sobol" else qmc.LatinHypercube
    found = engine(dimensions, rng=sample.seed).random(sample.size)
    return np.asarray(found, np.float64).reshape(sample.size, dimensions)
