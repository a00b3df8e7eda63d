"""The figures of a run as one flat table: dotted path -> number, as comparisons, sweeps and charts name them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

NOT_FIGURES = frozenset({"seed", "engine.wall_s"})  # an input, and a property of the machine that ran it
COST_AND_ENERGY = (
    "cost_usd.",
    "usd_per_month",
    "energy_kwh.",
    "peak_kw",
    "carbon_kg",
    "carbon_by_scope_kg.",
    "water_l",
)
COST_AND_ENERGY_PER_OUTPUT = (".usd_per_million_output_tokens", ".j_per_output_token")


def flat_figures(summary: Mapping[str, object]) -> dict[str, float]:
    """Every numeric figure of a `dcsim.run` object by its dotted path; figures that are null are left out."""
    return {path: value for path, value in _walk("", summary) if path not in NOT_FIGURES}


def is_cost_or_energy(metric: str) -> bool:
    """Whether a figure falls when less is served; figures per *useful* output do not and stay comparable."""
    return metric.startswith(COST_AND_ENERGY) or metric.endswith(COST_AND_ENERGY_PER_OUTPUT)


def _walk(prefix: str, value: object) -> Iterator[tuple[str, float]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _walk(f"{prefix}.{key}" if prefix else str(key), item)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield prefix, float(value)
