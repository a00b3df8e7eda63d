"""What each measure brings: steps in order, shares whatever the order, and measures that cannot act alone."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from choosing import BASE, Table
from made import chat, measure, scenario
from sim.scenario.specs import Measure
from sim.study.choosing.candidates import Combination, candidates_of, combinations
from sim.study.choosing.naming import combination_names
from sim.study.choosing.steps import Ladder

CAP = measure("energy", "power_cap_w", power_cap_w=400.0)
CLOCK = measure("energy", "clock_mhz", clock_mhz=1400.0)
FP8 = measure("algorithm", "quantise", quantise="fp8")
ROUTER = measure("compute", "router", router="least-loaded")
LORA = measure("vertical", "customise", method="lora")
PLANT = [measure("energy", "clock_mhz", clock_mhz=1000.0 + 100.0 * i) for i in range(3)]


class Priced(Table):
    """A mix costs 100 USD less what each measure saves, and 7 more where a cap meets a quantised model."""

    def add(self, name: str, measures: Sequence[Measure]) -> None:
        super().add(name, measures)
        kinds = [each.kind for each in measures]
        usd = (
            100.0 - 10.0 * len(kinds) - 5.0 * ("quantise" in kinds) + 7.0 * ({"quantise", "power_cap_w"} <= set(kinds))
        )
        self.figures_of = {**self.figures_of, name: {"cost_usd.total": usd}}


def ladder(measures: Sequence[Measure], baseline: Sequence[Measure] = ()) -> Ladder:
    trials = Priced(scenario([chat()]), 1, figures_of={})
    trials.add("baseline", baseline)
    trials.add("chosen", measures)
    return Ladder(trials, ("baseline", baseline), ("chosen", measures), range(1), 0.95)


def usd(found: Sequence[object]) -> dict[str, float]:
    return {each.name: each.effect["cost_usd.total"].mean for each in found}  # type: ignore[attr-defined]


def test_steps_add_one_measure_after_another() -> None:
    assert usd(ladder([FP8, CAP, LORA]).steps()) == {
        "quantise fp8": -15.0,
        "power_cap_w 400": -3.0,
        "customise lora": -10.0,
    }


def test_shares_split_what_two_measures_do_together_evenly() -> None:
    found = ladder([FP8, CAP, LORA]).attribution()
    assert found.orders is None
    assert usd(found.shares) == pytest.approx({"quantise fp8": -11.5, "power_cap_w 400": -6.5, "customise lora": -10.0})


@pytest.mark.parametrize("measures", [[ROUTER, FP8, CAP], [ROUTER, FP8, CAP, *PLANT, LORA]])
def test_shares_sum_to_the_whole_difference(measures: list[Measure]) -> None:
    found = ladder(measures).attribution()
    whole = found.total["cost_usd.total"].mean
    assert (found.orders is None) == (len(measures) <= 5)
    assert math.fsum(usd(found.shares).values()) == pytest.approx(whole, rel=1e-9)
    assert whole == pytest.approx(-10.0 * len(measures) - 5.0 + 7.0)


def test_a_measure_of_the_baseline_that_the_chosen_mix_lacks_is_a_step_of_its_own() -> None:
    made = ladder([FP8], baseline=[CAP])
    assert [each.name for each in made.players] == ["quantise fp8", "without power_cap_w 400"]
    assert math.fsum(usd(made.steps()).values()) == pytest.approx(-5.0)


def test_a_measure_that_cannot_act_alone_changes_nothing_until_the_other_is_there() -> None:
    """A model cannot be taught by itself: distilling to it acts only on a larger one."""
    no_op = measure("algorithm", "distil", distil="llama-3.1-8b")
    made = ladder([no_op, CAP])
    assert usd(made.steps())["distil llama-3.1-8b"] == 0.0
    assert BASE["cost_usd.total"] == 100.0


def test_names_are_short_and_never_the_same_for_two() -> None:
    one = measure("compute", "autoscale", target_utilisation=0.5)
    other = measure("compute", "autoscale", queue_per_replica=0.5)
    aimed = measure("algorithm", "quantise", targets=("chat",), quantise="fp8")
    assert combination_names([[], [one], [other], [aimed, CAP]]) == [
        "baseline",
        "autoscale target_utilisation=0.5",
        "autoscale queue_per_replica=0.5",
        "quantise fp8 (chat) + power_cap_w 400",
    ]
    cached = measure("vertical", "specialise", cache={"hit_share": 0.3})
    assert combination_names([[one], [cached]]) == ["autoscale 0.5", "specialise cache 0.3"]
    assert combination_names([[CAP], [CAP]]) == ["power_cap_w 400", "power_cap_w 400 #2"]


def test_named_mixes_are_the_candidates_without_options() -> None:
    made = candidates_of(scenario([chat()], measures=[CAP]))
    assert [(each.name, each.runs) for each in made] == [("baseline", True), ("test", True)]
    assert Combination(alternatives={}).measures == ()
    assert combinations(scenario().choose) == [Combination(alternatives={})]
