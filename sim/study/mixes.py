"""The mixes of a scenario by name."""

from __future__ import annotations

from collections.abc import Iterable

from sim.scenario.specs import Scenario


def mix_names(scenario: Scenario) -> tuple[str, ...]:
    """Names of all mixes, in the order of the file; one where it names none."""
    return tuple(mix.name for mix in scenario.mixes) or (mix_name(scenario, None),)


def mix_name(scenario: Scenario, name: str | None) -> str:
    """The name itself where there is such a mix, that of the first mix for None; UsageError otherwise."""
    from sim.strategies.apply import chosen_mix

    return chosen_mix(scenario, name).name


def check_mixes(scenario: Scenario, mixes: Iterable[str]) -> None:
    """InputError where a mix cannot be applied to the scenario, or has no room; nothing is simulated or written."""
    from sim.strategies import apply_mix
    from sim.strategies.room import check_room

    for mix in mixes:
        check_room(apply_mix(scenario, mix))
