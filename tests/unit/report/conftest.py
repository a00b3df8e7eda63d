"""A comparison of five mixes with known figures: two cheapest ones, one that is infeasible, one that is dearer."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from sim.study.comparison import Comparison, compare_samples
from sim.study.metrics import flat_figures
from sim.study.sample import Sample

TTFT = "services.chat.ttft_s.p99"
NOISE = (-3.0, 2.0, 1.0, -1.0, 1.0)  # common to all mixes, by replication


def summary(cost_usd: float, ttft_s: float) -> dict[str, object]:
    return {
        "horizon_s": 86_400.0,
        "cost_usd": {
            "total": cost_usd,
            "compute": 0.7 * cost_usd,
            "algorithm": 0.1 * cost_usd,
            "efficiency": 0.15 * cost_usd,
            "vertical": 0.05 * cost_usd,
        },
        "usd_per_month": cost_usd * 730 / 24,
        "efficiency": {"total": 0.4, "compute": 0.8, "algorithm": 1.0, "efficiency": 0.625, "vertical": 0.8},
        "energy_kwh": {"facility": 400.0, "it": 300.0, "cooling": 80.0, "losses": 20.0},
        "peak_kw": 20.0,
        "pue": 4 / 3,
        "carbon_kg": 160.0,
        "services": {
            "chat": {
                "completed": 1000,
                "goodput_per_s": 5.0,
                "usd_per_million_output_tokens": cost_usd / 100,
                "j_per_output_token": 1.5,
                "ttft_s": {"p99": ttft_s},
                "tpot_s": {"p99": 0.05},
                "accuracy": 0.8,
            },
            "queue": {
                "completed": 10,
                "goodput_per_s": 0.1,
                "usd_per_million_output_tokens": None,
                "usd_per_useful_output": 0.002,
                "e2e_s": {"p99": 3.0},
                "accuracy": 1.0,
            },
        },
        "jobs": {"nightly": {"completed": 20, "wait_s": {"mean": 60.0}, "utilisation": 0.5}},
    }


def sample(cost_usd: float, own: float = 0.1, ttft_s: float = 1.0, kept: bool = True) -> Sample:
    signs = (1, -1, 1, -1, 0)
    costs = [cost_usd + noise + own * sign for noise, sign in zip(NOISE, signs, strict=True)]
    figures: dict[int, Mapping[str, float]] = {n: flat_figures(summary(cost, ttft_s)) for n, cost in enumerate(costs)}
    warning = ("a day is scaled to a month", f"{cost_usd:g} inputs are assumed")
    return Sample(figures, dict.fromkeys(figures, kept), warnings=warning)


def _compared(samples: Mapping[str, Sample]) -> Comparison:
    return compare_samples(
        samples,
        next(iter(samples)),
        scenario="town",
        horizon_s=90_000.0,
        window_s=86_400.0,
        seed=1,
        promises={TTFT: 2.0},
    )


@pytest.fixture
def compared() -> Callable[[Mapping[str, Sample]], Comparison]:
    """The comparison of samples; the first is the baseline."""
    return _compared


@pytest.fixture
def sampled() -> Callable[..., Sample]:
    """Five replications of a mix: its cost, own scatter, p99 of the first token, and whether promises are kept."""
    return sample


@pytest.fixture
def comparison() -> Comparison:
    """baseline 1,000 USD, lean 800, near 800 with scatter, tiny 500 but infeasible, dear 1,200."""
    return _compared(
        {
            "baseline": sample(1000.0),
            "lean": sample(800.0, own=2.0),
            "near": sample(800.0, own=8.0),
            "tiny": sample(500.0, ttft_s=3.0, kept=False),
            "dear": sample(1200.0),
        }
    )
