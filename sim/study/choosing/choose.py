"""`choose`: candidates race under common random numbers, the winner is run afresh, and all of it is explained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, fields, replace
from pathlib import Path

from sim.errors import UsageError
from sim.scenario.specs import Limits, Measure, Scenario
from sim.study.batch import Watch
from sim.study.choosing.candidates import Candidate, Combination, around, candidates_of
from sim.study.choosing.choice import Choice, Confirmed
from sim.study.choosing.front import front
from sim.study.choosing.limits import breaks_of, limits_of
from sim.study.choosing.race import METRICS, Objective, Race
from sim.study.choosing.ranking import ranking
from sim.study.choosing.relaxing import nearest, relaxations
from sim.study.choosing.steps import Attribution, Ladder, Step, explained_metrics
from sim.study.choosing.trials import Trials
from sim.study.choosing.writing import write_choice
from sim.study.folder import manifest_of
from sim.study.statistics import estimate, paired_differences
from sim.study.store import Store

REPLICATIONS = 5
CONFIDENCE = 0.95
REFINEMENTS = 4  # halvings of the first grid of a searched setting: to 1/64 of its range (assumed)


def choose(
    scenario: Scenario,
    *,
    objective: Objective = "cost",
    limits: Limits | None = None,
    replications: int = REPLICATIONS,
    seed: int | None = None,
    workers: int | None = None,
    out: Path | None = None,
    watch: Watch | None = None,
) -> Choice:
    """The best mix of the scenario's candidates by the objective, among those that keep every promise and limit.

    `limits` stand over those of the scenario where they are set. The candidates are all combinations of the scenario's
    `choose.options`, or its named mixes; the baseline is always one. With `out`, the folder receives the choice, its
    table and every figure of every run, and the same call resumes.

    Raises UsageError for too many candidates or an unknown objective, InputError where no candidate has valid input.
    """
    if objective not in METRICS:
        raise UsageError(f"no objective '{objective}' (there are: {', '.join(METRICS)})")
    if replications < 1:
        raise UsageError(f"--replications is at least 1 (got {replications})")
    seed = scenario.seed if seed is None else seed
    with ExitStack() as stack:
        store = stack.enter_context(Store(out, manifest_of("choose", scenario, seed), scenario)) if out else None
        trials = Trials(scenario, seed, workers, store, watch)
        task = Task(scenario, trials, objective, with_limits(scenario.choose.limits, limits), replications)
        found = task.choice()
    if out:
        write_choice(out, found)
    return found


def with_limits(limits: Limits, over: Limits | None) -> Limits:
    """The limits with those over them that are set."""
    stated = {each.name: getattr(over, each.name) for each in fields(Limits)} if over else {}
    return replace(limits, **{name: value for name, value in stated.items() if value is not None})


@dataclass
class Task:
    """One choice to be made."""

    scenario: Scenario
    trials: Trials
    objective: Objective
    limits: Limits
    replications: int

    def choice(self) -> Choice:
        """Runs the race, confirms its winner, and explains it."""
        race, candidates = self._searched()
        chosen, contenders = self._confirmed_winner(race)
        steps, attribution = self._explained(race, chosen, {each.name: each.measures for each in candidates})
        relaxed, near = relaxations(race, chosen), nearest(race) if chosen is None else None
        return Choice(
            scenario=self.scenario.name,
            window_s=self.scenario.horizon_s - self.scenario.warmup_s,
            seed=self.trials.seed,
            objective=self.objective,
            baseline=race.baseline,
            chosen=chosen,
            ties=[name for name in contenders if name != chosen],
            front=front(race, race.able(), chosen),
            candidates=ranking(race, candidates, chosen, contenders),
            limits=race.limits,
            relaxations=relaxed,
            nearest=near,
            confirmed=self._confirmed(race, chosen),
            steps=steps,
            attribution=attribution,
            replications=self.replications if self.trials.random else 1,
            confidence=race.confidence,
            deterministic=not self.trials.random,
            runs=len(self.trials.rows),
            warnings=self.trials.sample(chosen).warnings if chosen else (),
            failures=[f"{name}: {text}" for name, text in sorted(self.trials.failed.items())],
            rows=tuple(self.trials.rows),
        )

    @property
    def fresh(self) -> Sequence[int]:
        """Replications that play no part in the race; its own one where nothing is random."""
        return range(self.replications, 2 * self.replications) if self.trials.random else range(1)

    def _searched(self) -> tuple[Race, list[Candidate]]:
        """The race of all candidates, those that a search of continuous settings adds among them."""
        candidates, more = candidates_of(self.scenario), list[Combination]()
        race = self._race(candidates)
        for number in range(REFINEMENTS):
            best = next(iter(race.run()), None)
            found = next((each.combination for each in candidates if each.name == best), None)
            if found is None or not found.knobs:
                break
            more += around(found, number + 1)
            candidates = candidates_of(self.scenario, more)
            race = self._race(candidates)
        return race, candidates

    def _race(self, candidates: Sequence[Candidate]) -> Race:
        """The race of these candidates; what was simulated before is kept."""
        running = [each for each in candidates if each.runs]
        for each in running:
            self.trials.add(each.name, each.measures)
        return Race(
            trials=self.trials,
            names=[each.name for each in running],
            baseline=candidates[0].name,
            objective=self.objective,
            limits=limits_of(self.scenario, self.limits),
            replications=self.replications,
            confidence=CONFIDENCE,
        )

    def _confirmed_winner(self, race: Race) -> tuple[str | None, list[str]]:
        """The best that keeps every limit on fresh replications, too, and all that may be the best."""
        while contenders := race.run():
            winner = contenders[0]
            self.trials.run([winner, race.baseline], self.fresh)
            broken = breaks_of(race.limits, *self.trials.outcome(winner, self.fresh))
            if not broken:
                return winner, contenders
            race.out[winner] = "best in the race, but in fresh runs " + "; ".join(each.text for each in broken)
        return None, []

    def _confirmed(self, race: Race, chosen: str | None) -> Confirmed | None:
        """Figures of the chosen mix on fresh replications, and their differences from the baseline's."""
        if chosen is None:
            return None
        deterministic = not self.trials.random
        new, base = (self.trials.sample(name, self.fresh) for name in (chosen, race.baseline))
        figures = {
            name: estimate(new.values(name), race.confidence, deterministic)
            for name in explained_metrics(new.metrics, [set(new.metrics)])
        }
        pairs = new.shared(base)
        versus = {
            name: estimate(
                paired_differences(new.values(name, pairs), base.values(name, pairs)), race.confidence, deterministic
            )
            for name in figures
            if pairs and name in base.metrics
        }
        return Confirmed(figures, versus)

    def _explained(
        self, race: Race, chosen: str | None, measures: Mapping[str, tuple[Measure, ...]]
    ) -> tuple[list[Step], Attribution | None]:
        """Steps from the baseline to the chosen mix, and the share of each measure; nothing where there is no way."""
        if chosen is None or chosen == race.baseline or not self.trials.figures(race.baseline):
            return [], None
        first, last = ((name, measures[name]) for name in (race.baseline, chosen))
        ladder = Ladder(self.trials, first, last, self.fresh, race.confidence)
        attribution = ladder.attribution()  # first: its runs hold those of the steps, and go together
        return ladder.steps(), attribution
