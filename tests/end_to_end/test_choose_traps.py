"""Choices whose right answers are known: INT8 on a device without it, and a site where watts are scarce."""

from __future__ import annotations

from dataclasses import replace

import pytest

from made import CATALOGUE, at_site, chat, measure, pool, scenario
from sim.scenario.specs import Alternative, Choose, Distribution, Measure, PoissonTraffic, Scenario, Slo, Tariff
from sim.study import Choice, choose

PROMPTS = PoissonTraffic(
    rate_per_s=6.0,
    input_tokens=Distribution(kind="lognormal", mean=6000.0, cv=0.5),
    output_tokens=Distribution(kind="lognormal", mean=60.0, cv=0.5),
)


def alternatives(*measures: Measure) -> tuple[Alternative, ...]:
    """Nothing, or one of these."""
    return (Alternative(), *(Alternative(measures=(each,), written=(dict(each.options),)) for each in measures))


def chosen(made: Scenario, **options: tuple[Alternative, ...]) -> Choice:
    return choose(replace(made, choose=Choose(options=options)), replications=3, workers=1, objective="energy")


@pytest.mark.parametrize("device", ["b300", "gb300"])
def test_int8_is_never_the_answer_on_a_device_whose_int8_is_cut_down(device: str) -> None:
    """Blackwell Ultra gave up nearly all of its INT8 for FP4: half the bytes, a small share of the operations."""
    made = pool()
    node = replace(made.node, accelerator=CATALOGUE.accelerator(device))
    service = chat(
        replicas=4, tensor_parallel=2, model=CATALOGUE.model("llama-3.1-70b"), traffic=PROMPTS, slo=Slo(ttft_p99_s=60.0)
    )
    formats = alternatives(*(measure("algorithm", "quantise", quantise=name) for name in ("int8", "fp8")))
    found = chosen(scenario([service], [replace(made, node=node)], horizon_s=600.0), algorithm=formats)
    trap, plain = found.candidate("quantise int8"), found.candidate("baseline")
    assert found.chosen == "quantise fp8"
    assert plain.feasible
    assert not trap.feasible
    assert trap.figures["throughput_per_s"] < 0.1 * plain.figures["throughput_per_s"]
    assert trap.figures["energy_kwh"] < found.candidate("quantise fp8").figures["energy_kwh"]  # for want of work done


def test_energy_measures_pay_where_the_site_may_not_draw_more() -> None:
    """At full clock the site breaks its limit: only what saves watts can be chosen, though it costs a little more."""
    cheap = Tariff(energy_usd_per_kwh=0.005)
    made = at_site(scenario([chat(60.0, 8, slo=Slo(ttft_p99_s=2.0, tpot_p99_s=0.1))], horizon_s=900.0), tariff=cheap)
    options = {
        "compute": alternatives(measure("compute", "router", router="least-loaded")),
        "energy": alternatives(measure("energy", "power_cap_w", power_cap_w=400.0)),
    }
    free = choose(replace(made, choose=Choose(options=options)), replications=3, workers=1)
    peaks = {each.name: each.figures["peak_kw"] for each in free.candidates}
    limit_w = 1000.0 * (peaks["baseline"] + peaks["power_cap_w 400"]) / 2.0
    tight = choose(
        at_site(replace(made, choose=Choose(options=options)), power_limit_w=limit_w), replications=3, workers=1
    )
    assert free.chosen is not None
    assert "power_cap_w" not in free.chosen
    assert tight.chosen is not None
    assert "power_cap_w 400" in tight.chosen
    assert [each.limit.key for each in tight.relaxations] == ["site.power_limit_kw"]
