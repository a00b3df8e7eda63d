"""What the application fields say beside their metric: requests, worth, prices of data, rules."""

from __future__ import annotations

import pytest

from sim.catalog import Catalogue
from sim.scenario.compiling.traffic import NEEDS

CATALOGUE = Catalogue.built_in()
FIELDS = CATALOGUE.names("fields")


def test_the_fields_of_the_outlook_are_there() -> None:
    assert {"autonomous-driving", "smart-city", "smart-manufacturing"} <= set(FIELDS)


@pytest.mark.parametrize("name", FIELDS)
def test_a_field_knows_its_models_requests_promises_worth_and_prices(name: str) -> None:
    field = CATALOGUE.field(name)
    assert field.models
    assert field.request
    assert field.promise
    assert field.value_usd is not None
    assert field.value_usd > 0.0
    assert field.data_usd_per_sample is not None
    assert field.label_usd_per_sample is not None


@pytest.mark.parametrize("name", FIELDS)
def test_a_typical_request_of_a_field_is_one_that_its_typical_models_take(name: str) -> None:
    field = CATALOGUE.field(name)
    for model in field.models:
        assert set(field.request) == set(NEEDS[CATALOGUE.model(model).family])


@pytest.mark.parametrize("name", [name for name in FIELDS if name != "recommendation"])
def test_some_typical_model_of_a_field_keeps_its_floor(name: str) -> None:
    field = CATALOGUE.field(name)
    scores = [CATALOGUE.model(model).accuracy[name] for model in field.models]
    assert max(scores) >= field.floor


def test_only_medicine_refuses_rented_nodes() -> None:
    refusing = {name for name in FIELDS for rule in CATALOGUE.field(name).rules if rule.breach == "refuse"}
    assert refusing == {"medical"}
