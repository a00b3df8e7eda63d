"""A study file read: its scenario and the axes that vary it, every fault told with its position."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sim.document import Document, load_document, validated
from sim.errors import InputError, Problem, ScenarioError, UsageError
from sim.study.axes import ARGUMENTS, Axis, Listed, Span, Values, crossed, formed, values_of
from sim.study.sampling import sample_of, sampled

MARKS: Final = ("axes", "scenario")  # keys that a study file has and a scenario does not


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyFile:
    """What a study file asks for."""

    scenario: Path
    axes: Sequence[Axis]
    replications: int
    seed: int | None
    timeout_s: float | None
    out: Path | None


def is_study(path: Path) -> bool:
    """Whether a file is a study rather than a scenario; a file that cannot be read is left to be told of as one."""
    try:
        value = load_document(path).value
    except InputError:
        return False
    return isinstance(value, dict) and any(key in value for key in MARKS)


def read_study(path: Path) -> StudyFile:
    """The study of a file; ScenarioError with the faults and their positions."""
    from sim.scenario.schema.study import Study

    document = load_document(path, ScenarioError)
    found = validated(Study, document, error=ScenarioError)
    problems: list[Problem] = []
    scenario = path.parent / found.scenario
    values: dict[str, Values | Span] = {}
    for name, written in found.axes.items():
        try:
            values[name] = _values(written)
            _check_path(scenario, name, values[name])
        except (ValueError, UsageError) as fault:
            problems.append(document.problem(("axes", name), str(fault)))
    if found.mixes is not None:
        values["mix"] = Listed(tuple(found.mixes))
    if problems:
        raise ScenarioError(problems)
    return StudyFile(
        scenario=scenario,
        axes=_axes(document, values, found.zip_, found.sample, found.sample_seed),
        replications=found.replications,
        seed=found.seed,
        timeout_s=found.timeout_s,
        out=None if found.out is None else path.parent / found.out,
    )


def _values(written: object) -> Values | Span:
    """The values of one axis as a study file writes them."""
    if isinstance(written, str):
        return values_of(written)
    if isinstance(written, list):
        if not written:
            raise ValueError("a list of no values")
        return Listed(tuple(json.dumps(each) for each in written))
    if isinstance(written, dict):
        names = ", ".join(ARGUMENTS)
        if len(written) != 1 or next(iter(written)) not in ARGUMENTS:
            raise ValueError(f"a form is one of {names}; a value that is a mapping stands in a list")
        ((name, numbers),) = written.items()
        if not isinstance(numbers, list) or not all(isinstance(each, int | float) for each in numbers):
            raise ValueError(f"{name} takes a list of numbers: {ARGUMENTS[name]}")
        return formed(name, [repr(each) for each in numbers])
    return Listed((json.dumps(written),))


def _check_path(scenario: Path, name: str, values: Values | Span) -> None:
    """UsageError where the scenario has no such path; whether its values are right shows when all are put in."""
    from sim.scenario import load
    from sim.study.sweeping import OWN_AXES

    if name in OWN_AXES:
        return
    text = values.at(0.0) if isinstance(values, Span) else values.text(0)
    try:
        load(scenario, [f"{name}={text}"])
    except InputError:
        load(scenario)  # where the file itself is wrong, that is what is told


def _axes(
    document: Document, values: dict[str, Values | Span], together: list[list[str]], sample: str | None, seed: int
) -> list[Axis]:
    groups: list[Sequence[str]] = [*together]
    key = "sample"
    try:
        if sample is not None:
            spread, paths = sampled(values, sample_of(sample, seed))
            values, groups = dict(spread), [*together, paths]
        key = "zip" if together else "axes"
        return crossed(values, groups)
    except ValueError as fault:
        raise ScenarioError(document.problem((key,), str(fault))) from None
