"""A kept ledger comes back equal in every bit."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from sim.record.kept import pack, unpack
from sim.record.ledger import Ledger
from sim.scenario import load
from sim.study.point import simulated

SCENARIO = Path(__file__).resolve().parents[3] / "scenarios" / "serve-and-train.yaml"


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    """What a run with services and jobs left."""
    return simulated(load(SCENARIO, ["horizon_h=2", "warmup_h=1"]), None, 3).ledger


def test_totals_come_back_equal(ledger: Ledger) -> None:
    again = unpack(pack(ledger))
    assert again.jobs
    assert again.services
    for field in dataclasses.fields(Ledger):
        if field.name != "meter":
            assert getattr(again, field.name) == getattr(ledger, field.name), field.name


def test_every_column_of_the_meter_comes_back_bit_by_bit(ledger: Ledger) -> None:
    again = unpack(pack(ledger))
    for field in dataclasses.fields(ledger.meter):
        kept, had = getattr(again.meter, field.name), getattr(ledger.meter, field.name)
        pairs = [(kept, had)] if isinstance(had, np.ndarray) else [(kept[name], had[name]) for name in had]
        assert all(np.array_equal(one, other) for one, other in pairs), field.name
        assert isinstance(had, np.ndarray) or list(kept) == list(had)
