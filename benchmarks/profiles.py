"""Which measured rows stand for which profile of a serving engine: one per year of its software, and the engine itself.

Versions of vLLM and of SGLang differ by more than a fit's error for mixtures of experts; dense models were measured
with the software of 2025 alone, and the two years of TensorRT-LLM have hardly a model in common.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from benchmarks.measured_rows import MeasuredRow

Key = tuple[str, str, bool]  # profile, accelerator, whether mixtures of experts
BY_YEAR = frozenset({"vllm", "sglang"})
SHARING = frozenset({"vllm-2025", "vllm-2026"})  # the others were measured with one model, or on one accelerator


def profile_rows(rows: Iterable[MeasuredRow]) -> dict[Key, list[MeasuredRow]]:
    """Rows of each fit. A profile of an engine without a year takes the models that its newest version was measured
    with, in all their rows; the others take the constants of the older profile."""
    found: dict[Key, list[MeasuredRow]] = defaultdict(list)
    every = list(rows)
    newest = {(row.engine, row.accelerator, row.model) for row in every if row.year == newest_year(every, row.engine)}
    for row in every:
        split = row.mixture and row.engine in BY_YEAR
        if split:
            profile = f"{row.engine}-{row.year}"
            found[profile, row.accelerator, True].append(replace(row, engine=profile))
        if not split or (row.engine, row.accelerator, row.model) in newest:
            found[row.engine, row.accelerator, row.mixture].append(row)
    return found


def newest_year(rows: Sequence[MeasuredRow], engine: str) -> int:
    """Year of the newest software of an engine that was measured with mixtures."""
    return max(row.year for row in rows if row.engine == engine and row.mixture)


def shares_priors(key: Key, other: Key) -> bool:
    """Whether two fits tell each other's priors: mixtures under one version of an engine on two accelerators."""
    return key[2] and key[0] in SHARING and (key[0], key[2]) == (other[0], other[2]) and key != other


def is_composed(key: Key) -> bool:
    """Whether the rows of a fit stand in the fits of the years, too."""
    return key[2] and key[0] in BY_YEAR
