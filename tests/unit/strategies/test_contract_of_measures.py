"""What every measure must keep, whatever it does: no change in place, the same answer twice, no negative cost."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import asdict, replace
from typing import Any

import pytest

from handmade.runs import CATALOGUE, jobs, measure, pool, scenario, service
from sim.catalog import entries
from sim.scenario.grid_specs import NO_BATTERY, Battery
from sim.scenario.specs import PlantSpec
from sim.strategies import Deployment, PoolPlan
from sim.strategies.algorithm.quantise import Quantisation
from sim.strategies.published import published
from sim.strategies.registry import BATTERY_MEASURES, POOL_MEASURES, SERVICE_MEASURES, SITE_MEASURES
from sim.strategies.technique import Context, Technique
from sim.strategies.vertical.augment import Augmentation
from sim.strategies.vertical.prompt import Prompting
from sim.strategies.vertical.tune import Tuning

PLANT = PlantSpec(type=CATALOGUE.plant("colocation"))
OPTIONS: dict[tuple[str, str], dict[str, object]] = {
    ("compute", "router"): {"router": "least-loaded"},
    ("compute", "admit"): {"queue_max": 4},
    ("compute", "batch_max"): {"batch_max": 8},
    ("compute", "decision_ms"): {"decision_ms": 2.0},
    ("compute", "autoscale"): {"target_utilisation": 0.7},
    ("compute", "allocate"): {"allocate": "sized"},
    ("algorithm", "quantise"): {"quantise": "fp8"},
    ("algorithm", "quantise_kv"): {"quantise_kv": "fp8"},
    ("algorithm", "distil"): {"distil": "llama-3.1-8b"},
    ("algorithm", "prune"): {"pattern": "2:4"},
    ("algorithm", "adapt"): {"to": {"quantise": "int4"}, "when": {"load": 0.8}},
    ("algorithm", "speculate"): {"method": "eagle-3"},
    ("energy", "power_cap_w"): {"power_cap_w": 500.0},
    ("energy", "clock_mhz"): {"clock_mhz": 1200.0},
    ("energy", "hardware"): {"pool": "h100", "node": "hgx-b200-8"},
    ("energy", "oversubscribe"): {"limit_kw": 6.0},
    ("compute", "placement"): {"placement": "best-fit"},
    ("energy", "supply_c"): {"supply_c": 25.0},
    ("energy", "sleep"): {"after_s": 60.0},
    ("energy", "shift"): {"by": "price", "max_delay_h": 6.0},
    ("energy", "battery"): {"kwh": 50.0},
    ("energy", "plant"): {"plant": replace(PLANT, overrides={"pue": 1.1})},
    ("vertical", "customise"): {"method": "lora"},
    ("vertical", "augment"): {"samples": 20_000.0},
    ("vertical", "specialise"): {"cache": {"hit_share": 0.3}},
}
# a builder meets only targets of its own scope below, which the type checker cannot see
BUILDERS: dict[tuple[str, str], Callable[[Context], Technique[Any]]] = {
    **SERVICE_MEASURES,
    **POOL_MEASURES,
    **SITE_MEASURES,
    **BATTERY_MEASURES,
}


def target(kind: tuple[str, str]) -> Deployment | PoolPlan | PlantSpec | Battery:
    if kind in BATTERY_MEASURES:
        return NO_BATTERY
    if kind in SERVICE_MEASURES:
        chat = service()
        return published(chat, chat.model, chat.precision, CATALOGUE)
    if kind == ("energy", "supply_c"):
        return PlantSpec(type=CATALOGUE.plant("chilled-water"))
    return PoolPlan(pool=pool()) if kind in POOL_MEASURES else PLANT


def context(kind: tuple[str, str]) -> Context:
    return Context(measure(*kind, **OPTIONS[kind]), CATALOGUE, scenario(jobs=(jobs(),)))


def test_every_measure_of_the_registry_is_under_test() -> None:
    assert set(OPTIONS) == set(BUILDERS)


@pytest.mark.parametrize("kind", OPTIONS, ids="-".join)
def test_a_measure_acts_on_a_copy(kind: tuple[str, str]) -> None:
    technique, before = BUILDERS[kind](context(kind)), target(kind)
    kept = deepcopy(before)
    after = technique.apply(before)
    technique.upfront(before)
    assert before == kept
    assert after != before


@pytest.mark.parametrize("kind", OPTIONS, ids="-".join)
def test_a_measure_gives_the_same_answer_twice(kind: tuple[str, str]) -> None:
    before = target(kind)
    first, second = (BUILDERS[kind](context(kind)) for _ in range(2))
    assert first.obstacle(before) == second.obstacle(before) is None
    after, again = first.apply(before), second.apply(before)
    if isinstance(after, Deployment) and isinstance(again, Deployment):  # scalers are objects of their own
        after, again = replace(after, autoscaler=None), replace(again, autoscaler=None)
    assert after == again
    assert first.upfront(before) == second.upfront(before)


@pytest.mark.parametrize("kind", OPTIONS, ids="-".join)
def test_a_measure_costs_an_engineer_and_nothing_negative(kind: tuple[str, str]) -> None:
    upfront = BUILDERS[kind](context(kind)).upfront(target(kind))
    amounts = [value for value in asdict(upfront).values() if isinstance(value, float)]
    assert upfront.engineer_h > 0.0
    assert min(amounts) >= 0.0
    assert upfront.family == {"energy": "efficiency"}.get(kind[0], kind[0])


NOTHING = entries.Technique(
    name="t.nothing", measure="t", option="nothing", accuracy_factor={"*": 1.0}, accuracy_spread={"*": 0.0},
    figures={"half_saturation_samples": 1.0, "max_gain": 0.0, "useless_quality": 0.5, "usd_per_sample": 0.0},
)  # fmt: skip


def where_examples_are_free(before: object) -> Deployment:
    assert isinstance(before, Deployment)
    field = replace(before.service.field, data_usd_per_sample=0.0, label_usd_per_sample=0.0)
    return replace(before, service=replace(before.service, field=field))


@pytest.mark.parametrize(
    "technique",
    [
        Tuning(NOTHING),
        Prompting(NOTHING, 0),
        Augmentation(1000.0, NOTHING),
        Quantisation(CATALOGUE.precision("bf16"), NOTHING, {}),
    ],
    ids=["tune", "prompt", "augment", "quantise"],
)
def test_a_technique_without_effect_changes_nothing_and_costs_nothing(technique: Technique[Deployment]) -> None:
    before = where_examples_are_free(target(("vertical", "customise")))
    after, upfront = technique.apply(before), technique.upfront(before)
    assert replace(after, variant=replace(after.variant, steps=())) == before
    assert (upfront.engineer_h, upfront.accelerator_h, upfront.data_usd, upfront.capital_usd) == (0.0, 0.0, 0.0, 0.0)
