"""What tests of relations between whole runs compare: ledgers bit for bit, bills line by line, figures by path."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import cache
from typing import Any

import numpy as np

from made import at_site, chat, fixed_time, measure, pool, scenario, training
from sim.economics import appraise
from sim.engine import simulate
from sim.record.ledger import Ledger
from sim.scenario.specs import (
    Acquire,
    Carbon,
    Scenario,
    Tariff,
)
from sim.strategies import apply_mix

AUTOSCALE = measure("compute", "autoscale", target_utilisation=0.05, scale_down_delay_s=30.0)
OTHER = pool("l40s", "l40s-8")
Figures = dict[str, Any]


def ran(made: Scenario, seed: int = 1, mix: str | None = None) -> tuple[Ledger, Figures]:
    """The named mix, or the last one, run and appraised."""
    plan = apply_mix(made, mix or made.mixes[-1].name)
    ledger = simulate(plan, seed)
    result: Figures = json.loads(json.dumps(appraise(plan, ledger, seed), allow_nan=False))
    return replace(ledger, wall_s=0.0, warnings=()), result


def lines(result: Figures, *, but_for: Sequence[str] = ()) -> dict[tuple[str, ...], float]:
    """USD by pool and item of the bill."""
    found: dict[tuple[str, ...], float] = {}
    for line in result["cost_lines"]:
        if not line["item"].startswith(tuple(but_for)):
            key = (line["pool"] or "", line["service"] or "", line["item"])
            found[key] = found.get(key, 0.0) + line["usd"]
    return found


def physics(result: Figures) -> Figures:
    """All figures of a result that no price and no name of a mix is in."""
    kept = {
        key: result[key] for key in ("energy_kwh", "peak_kw", "pue", "wue_l_per_kwh", "water_l", "jobs", "services")
    }
    whole = flat({**kept, "carbon_kg": result["carbon_kg"], "efficiency": result["efficiency"]})
    return {path: value for path, value in whole.items() if "usd" not in path}


def flat(figures: Any, path: str = "") -> Figures:
    """All leaves by their path."""
    if isinstance(figures, dict | list):
        items = figures.items() if isinstance(figures, dict) else enumerate(figures)
        return {key: leaf for name, each in items for key, leaf in flat(each, f"{path}.{name}").items()}
    return {path: figures}


def equal(one: Ledger, other: Ledger) -> None:
    """Every total and every column, bit for bit."""
    np.testing.assert_equal(asdict(one), asdict(other))


def mixed(**changes: Any) -> Scenario:
    """A service that scales, a desk and jobs on two pools, rented and owned."""
    services = (chat(6.0, 4, replicas_min=1), fixed_time(2.0, 3, pool="l40s"))
    pools = (pool(), replace(OTHER, acquire=Acquire(kind="rent", usd_per_accelerator_h=1.1)))
    made = scenario(services, pools, [training(200.0, 4)], [AUTOSCALE], "chilled-water", **changes)
    tariff, carbon = Tariff(energy_usd_per_kwh=0.08), Carbon(g_per_kwh=380.0, usd_per_tonne=40.0)
    return at_site(made, tariff=tariff, carbon=carbon)


@cache
def reference() -> tuple[Ledger, Figures]:
    return ran(mixed())
