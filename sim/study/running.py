"""`run`: one simulation of one mix."""

from __future__ import annotations

from pathlib import Path

from sim.scenario.specs import Scenario
from sim.study.executor import Report
from sim.study.folder import check_folder, manifest_of
from sim.study.point import Run, simulated


def run(
    scenario: Scenario,
    mix: str | None = None,
    *,
    seed: int | None = None,
    out: Path | None = None,
    report: Report | None = None,
) -> Run:
    """Simulates one mix (the first unless named) once; with `out`, the folder receives the run's files.

    Raises UsageError for an unknown mix and for a folder of another scenario, InputError for bad input.
    """
    seed = scenario.seed if seed is None else seed
    if out:
        check_folder(out, manifest_of("run", scenario, seed))
    found = simulated(scenario, mix, seed, report=report)
    if out:
        found.write(out)
    return found
