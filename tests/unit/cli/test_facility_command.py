"""`dcsim facility`."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Protocol


class Answer(Protocol):
    status: int
    out: str
    err: str


Dcsim = Callable[..., Answer]

YEAR = ("facility", "--plant", "air-economiser", "--weather", "hot-dry", "--it-kw", "500")


def test_one_object_holds_the_year(dcsim: Dcsim) -> None:
    done = dcsim(*YEAR, "--load", "0.5", "--supply-c", "25", "--json")
    found = json.loads(done.out)
    assert (done.status, found["schema"], found["load"], found["supply_c"]) == (0, "dcsim.facility/1", 0.5, 25.0)
    assert sum(found["hours"].values()) == 8760
    assert len(found["monthly"]) == 12
    assert found["tue"] > found["pue"] > 1.0


def test_a_table_shows_energy_months_and_hours_below_one_sentence(dcsim: Dcsim) -> None:
    done = dcsim(*YEAR)
    assert done.status == 0
    assert done.out.startswith("air-economiser for 500 kW of IT in hot-dry, at 375 kW all year: PUE 1.")
    for word in ("electrical losses", "Jul", "mechanical"):
        assert word in done.out


def test_what_a_reader_must_know_goes_to_standard_error(dcsim: Dcsim) -> None:
    done = dcsim("facility", "--plant", "server-room", "--weather", "temperate", "--it-kw", "10")
    assert done.status == 0
    assert "warning: the PUE of 2 is an input of this plant" in done.err
    assert "mechanical" not in done.out


def test_bad_words_end_with_the_code_of_their_kind(dcsim: Dcsim) -> None:
    assert dcsim("facility", "--plant", "chilled-water", "--weather", "temperate").status == 2
    assert dcsim(*YEAR, "--load", "2").status == 2
    for plant, weather in (("imersion", "temperate"), ("immersion", "temperat"), ("immersion", "gone.epw")):
        done = dcsim("facility", "--plant", plant, "--weather", weather, "--it-kw", "10")
        assert done.status == 3
        assert "Traceback" not in done.err
