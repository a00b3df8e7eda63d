"""`evaluate`: one mix against doing nothing, in all the respects that decide whether to introduce it.

What it saves and what that does to efficiency, accuracy and latency; whether that holds at many times the load and on
larger models; in which order to introduce its measures, and when each has paid for itself; which prices could turn the
answer; whether to own, rent or buy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final

from sim.errors import InputError, ScenarioError, UsageError
from sim.scenario.specs import Scenario
from sim.strategies.apply import chosen_mix
from sim.study.batch import Watch
from sim.study.evaluating.cases import ACCURACY, ATTAINMENT, MONTHLY, Case, Found, difference, run_cases
from sim.study.evaluating.prices import Swing, Way, sensitivity, ways
from sim.study.evaluating.scaling import SCALES, Scaled, over_loads, over_models
from sim.study.evaluating.steps import Step, stepwise
from sim.study.point import simulated
from sim.study.statistics import Estimate

SCHEMA: Final = "dcsim.evaluate/1"
REPLICATIONS: Final = 5
FIGURES: Final = (
    MONTHLY,
    "cost_usd.compute",
    "cost_usd.algorithm",
    "cost_usd.efficiency",
    "cost_usd.vertical",
    "efficiency.total",
    "efficiency.compute",
    "efficiency.algorithm",
    "efficiency.efficiency",
    "efficiency.vertical",
    "energy_kwh.facility",
    "peak_kw",
    "carbon_kg",
    ACCURACY,
    ATTAINMENT,
)


@dataclass(frozen=True, slots=True)
class Effect:
    """One figure without and with the mix, and the paired difference with its interval."""

    baseline: float
    mix: float
    difference: Estimate


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """All of it. Costs are USD per month unless named otherwise."""

    scenario: str
    mix: str
    replications: int
    baseline_feasible: bool
    mix_feasible: bool
    effects: Mapping[str, Effect]
    loads: Sequence[Scaled]
    models: Sequence[Scaled]
    steps: Sequence[Step]
    difference_usd_per_month: float  # of one replication, which the swings are around
    swings: Sequence[Swing]
    ways: Sequence[Way]

    def to_json(self) -> dict[str, object]:
        """The `dcsim.evaluate/1` object."""
        return {
            "schema": SCHEMA,
            "scenario": self.scenario,
            "mix": self.mix,
            "replications": self.replications,
            "feasible": {"baseline": self.baseline_feasible, "mix": self.mix_feasible},
            "effects": {name: asdict(each) for name, each in self.effects.items()},
            "loads": [asdict(each) | {"saving_share": each.saving_share} for each in self.loads],
            "models": [asdict(each) | {"saving_share": each.saving_share} for each in self.models],
            "steps": [asdict(each) | {"pays": each.pays} for each in self.steps],
            "sensitivity": {
                "difference_usd_per_month": self.difference_usd_per_month,
                "swings": [asdict(each) for each in self.swings],
            },
            "ways": [asdict(each) for each in self.ways],
        }


def evaluate(
    scenario: Scenario,
    mix: str | None = None,
    *,
    scales: Sequence[int] = SCALES,
    replications: int = REPLICATIONS,
    seed: int | None = None,
    workers: int | None = None,
    watch: Watch | None = None,
) -> Evaluation:
    """The mix (the last one unless named) against no measure at all.

    Scales, models and steps are one replication each: their differences are paired and large. `workers` serve the
    mix itself and the scales; the other runs are few at a time, and starting processes for them would take longer.
    Raises UsageError for a mix that is unknown or has no measures, InputError where one cannot run.
    """
    chosen = chosen_mix(scenario, mix or (scenario.mixes[-1].name if scenario.mixes else None))
    if not chosen.measures:
        raise UsageError(f"mix '{chosen.name}' has no measures: there is nothing to evaluate")
    seed = scenario.seed if seed is None else seed
    base, case = Case("baseline", scenario, ()), Case(chosen.name, scenario, chosen.measures)
    found = run_cases([base, case], seed, replications, workers, watch)
    for each in (found[base.name], found[case.name]):
        if each.why_not is not None:
            raise ScenarioError(each.why_not)

    def once(cases: Sequence[Case], processes: int | None = 1) -> Mapping[str, Found]:
        try:
            return run_cases(cases, seed, 1, processes, watch)
        except InputError as fault:  # every one of them was refused
            return {each.name: Found(why_not=str(fault)) for each in cases}

    runs = [simulated(each.alone, each.name, seed) for each in (base, case)]
    now, swings = sensitivity(*runs)
    return Evaluation(
        scenario=scenario.name,
        mix=chosen.name,
        replications=replications,
        baseline_feasible=found[base.name].feasible,
        mix_feasible=found[case.name].feasible,
        effects=dict(_effects(found[base.name], found[case.name])),
        loads=over_loads(scenario, chosen.measures, scales, lambda cases: once(cases, workers)),
        models=over_models(scenario, chosen.measures, once),
        steps=stepwise(scenario, chosen.measures, once),
        difference_usd_per_month=now,
        swings=swings,
        ways=ways(case, runs[1], seed),
    )


def _effects(baseline: Found, mix: Found) -> list[tuple[str, Effect]]:
    latencies = [name for name in baseline.figures[0] if name.endswith(("ttft_s.p99", "tpot_s.p99", "e2e_s.p99"))]
    effects = []
    for name in (*FIGURES, *latencies):
        before, after, changed = baseline.mean(name), mix.mean(name), difference(mix, baseline, name)
        if before is not None and after is not None and changed is not None:
            effects.append((name, Effect(before, after, changed)))
    return effects
