"""More money, or more to choose from, never makes a choice worse; shares of measures sum to the whole."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from choosing import Figures, budget, cap, race

Usd = st.floats(1.0, 1000.0).map(lambda usd: round(usd, 3))
MIX = st.fixed_dictionaries({"cost_usd.total": Usd, "carbon_kg": Usd, "accuracy": st.floats(0.5, 1.0)})
MIXES = st.lists(MIX, min_size=1, max_size=8).map(lambda rows: {f"m{i}": row for i, row in enumerate(rows)})
NOISE = st.sampled_from([0.0, 0.001])


def best(mixes: dict[str, Figures], usd: float, noise: float, carbon_kg: float = 1e9) -> float:
    """Cost of the best mix within a budget; infinite where there is none."""
    made = race(mixes, limits=[budget(usd), cap("carbon_kg", carbon_kg)], noise=noise)
    found = made.run()
    return made.mean(found[0]) if found else float("inf")


@settings(max_examples=150, deadline=None)
@given(mixes=MIXES, usd=Usd, more=st.floats(0.0, 500.0), noise=NOISE)
def test_a_larger_budget_never_makes_the_best_worse(
    mixes: dict[str, Figures], usd: float, more: float, noise: float
) -> None:
    assert best(mixes, usd + more, noise) <= best(mixes, usd, noise)


@settings(max_examples=150, deadline=None)
@given(mixes=MIXES, others=MIXES, usd=Usd, carbon_kg=Usd, noise=NOISE)
def test_more_to_choose_from_never_makes_the_best_worse(
    mixes: dict[str, Figures], others: dict[str, Figures], usd: float, carbon_kg: float, noise: float
) -> None:
    wider = {**mixes, **{f"more {name}": figures for name, figures in others.items()}}
    assert best(wider, usd, noise, carbon_kg) <= best(mixes, usd, noise, carbon_kg)
