"""All candidates in order, each with its figures and, but for the chosen one, the reason why it is not chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import fmean

from sim.study.choosing.candidates import Candidate
from sim.study.choosing.choice import FIGURES, Ranked
from sim.study.choosing.race import METRICS, Objective, Race
from sim.study.statistics import estimate

SAID: Mapping[Objective, tuple[str, str]] = {  # more than the chosen mix, and the unit
    "cost": ("costs", "USD more"),
    "energy": ("takes", "kWh more"),
    "carbon": ("emits", "kg more"),
    "throughput": ("serves", "per s less"),
}


def ranking(race: Race, candidates: Sequence[Candidate], chosen: str | None, contenders: Sequence[str]) -> list[Ranked]:
    """The chosen one, its ties, the others by their objective, those that broke a limit, those that did not run."""
    able, running = race.able(), race.running()
    order = dict.fromkeys(
        (
            *([chosen] if chosen else []),
            *(race.ranked([name for name in contenders if name != chosen])),
            *race.ranked([name for name in able if name not in contenders]),
            *race.ranked([name for name in race.names if race.trials.figures(name) and name not in able]),
        )
    )
    known = {each.name: each for each in candidates}
    found = [
        _ranked(race, known[name], name in able, _why_not(race, name, chosen, contenders, name in running))
        for name in order
    ]
    twins = {name: [each for each in candidates if each.same_as == name] for name in order}
    listed = [entry for each in found for entry in (each, *(_twin(each, twin) for twin in twins[each.name]))]
    return [*listed, *(_absent(race, each) for each in candidates if each.name not in {entry.name for entry in listed})]


def _ranked(race: Race, candidate: Candidate, feasible: bool, why_not: str | None) -> Ranked:
    sample = race.trials.sample(candidate.name, range(race.replications))
    return Ranked(
        name=candidate.name,
        mix=candidate.written,
        figures={key: fmean(sample.values(metric)) for key, metric in FIGURES.items() if metric in sample.metrics},
        replications=len(sample.figures),
        feasible=feasible,
        why_not=why_not,
    )


def _why_not(race: Race, name: str, chosen: str | None, contenders: Sequence[str], ran: bool) -> str | None:
    if name == chosen:
        return None
    if name in race.out:
        return race.out[name]
    if not ran:
        return _not_run(race, name)
    reasons = [*(each.text for each in race.breaks(name)), *race.less_work(name)]
    if reasons or chosen is None:
        return "; ".join(reasons)
    if name in contenders:
        return f"as good: no difference from {chosen} shown"
    return _worse(race, name, chosen)


def _worse(race: Race, name: str, chosen: str) -> str:
    worse = [race.sign * each for each in race.differences(name, chosen)]
    found, (verb, unit) = estimate(worse, race.confidence, not race.trials.random), SAID[race.objective]
    usual = abs(fmean(race.trials.sample(chosen, range(race.replications)).values(METRICS[race.objective])))
    share = f" ({found.mean / usual:.1%})".replace("%", " %") if usual else ""
    return f"{verb} {found.mean:,.4g} {unit}{share}"


def _twin(original: Ranked, twin: Candidate) -> Ranked:
    why_not = f"the same plan as {original.name}"
    if not original.feasible:
        why_not += f": {original.why_not}"
    return replace(original, name=twin.name, mix=twin.written, why_not=why_not)


def _absent(race: Race, candidate: Candidate) -> Ranked:
    """A candidate without figures: it cannot act, or its run did not end."""
    why_not = candidate.refusal or _not_run(race, candidate.same_as or candidate.name)
    return Ranked(
        name=candidate.name, mix=candidate.written, figures={}, replications=0, feasible=False, why_not=why_not
    )


def _not_run(race: Race, name: str) -> str:
    """Why the engine did not take a mix, or did not end its run."""
    refused = race.trials.refused.get(name)
    return f"cannot run: {refused}" if refused else f"failed: {race.trials.failed.get(name, 'not tried')}"
