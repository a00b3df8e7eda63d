"""`run`: one simulation of one mix."""

from __future__ import annotations

from pathlib import Path

from sim.scenario.specs import Scenario
from sim.study.batch import Progress, Watch
from sim.study.folder import check_folder, manifest_of
from sim.study.point import Run, simulated


def run(
    scenario: Scenario,
    mix: str | None = None,
    *,
    seed: int | None = None,
    out: Path | str | None = None,
    watch: Watch | None = None,
) -> Run:
    """Simulates one mix (the first unless named) once; with `out`, the folder receives the run's files.

    Raises UsageError for an unknown mix and for a folder of another scenario, InputError for bad input.
    """
    seed, out = scenario.seed if seed is None else seed, None if out is None else Path(out)
    if out:
        check_folder(out, manifest_of("run", scenario, seed))
    progress = Progress(1, scenario.horizon_s)

    def heard(share: float) -> None:
        progress.heard(0, share)
        if watch:
            watch(progress)

    found = simulated(scenario, mix, seed, report=heard)
    if out:
        found.write(out)
    return found
