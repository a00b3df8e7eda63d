"""Every method and form of the vertical family keeps the contract of measures, not only the first of each kind."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import asdict
from typing import Any

import pytest

from handmade.runs import CATALOGUE, measure, pool, scenario, service
from sim.strategies import Deployment
from sim.strategies.published import published
from sim.strategies.registry import SERVICE_MEASURES
from sim.strategies.technique import Context, Technique

FORMS: dict[str, tuple[str, dict[str, Any]]] = {
    "full": ("customise", {"method": "full"}),
    "lora": ("customise", {"method": "lora"}),
    "prompt": ("customise", {"method": "prompt"}),
    "rag": ("customise", {"method": "rag", "documents": 1000.0}),
    "augment": ("augment", {"samples": 1000.0, "quality": 0.3}),
    "cache": ("specialise", {"cache": {"hit_share": 0.3}}),
    "cascade": ("specialise", {"cascade": {"to": "llama-3.1-8b", "keep_share": 0.7}}),
    "early_exit": ("specialise", {"early_exit": {"share": 0.3}}),
}


def technique(form: str) -> Technique[Deployment]:
    kind, options = FORMS[form]
    asked = Context(measure("vertical", kind, **options), CATALOGUE, scenario(pools=(pool(nodes=2),)))
    return SERVICE_MEASURES["vertical", kind](asked)


def target() -> Deployment:
    chat = service()
    return published(chat, chat.model, chat.precision, CATALOGUE)


@pytest.mark.parametrize("form", FORMS)
def test_it_acts_on_a_copy_and_the_same_way_twice(form: str) -> None:
    before = target()
    kept = deepcopy(before)
    first, second = technique(form), technique(form)
    assert first.obstacle(before) is None
    after = first.apply(before)
    assert before == kept
    assert after != before
    assert after == second.apply(before)
    assert first.upfront(before) == second.upfront(before)


@pytest.mark.parametrize("form", FORMS)
def test_it_costs_an_engineer_and_nothing_negative_under_the_vertical_term(form: str) -> None:
    upfront = technique(form).upfront(target())
    assert upfront.engineer_h > 0.0
    assert min(value for value in asdict(upfront).values() if isinstance(value, float)) >= 0.0
    assert (upfront.family, upfront.service) == ("vertical", "chat")


@pytest.mark.parametrize("form", FORMS)
def test_its_assumed_figures_are_named(form: str) -> None:
    names = technique(form).assumed()
    assert any(name.startswith("techniques.") for name in names)
    assert all(name.split(".")[0] in ("techniques", "fields") for name in names)
