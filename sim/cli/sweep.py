"""`dcsim sweep`: every combination of settings over all mixes; the same command resumes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sim.cli.compare import SOME_RUNS_FAILED
from sim.cli.console import print_json, tell
from sim.cli.options import JSON, SEED, WORKERS, names
from sim.errors import UsageError

if TYPE_CHECKING:
    from sim.study.axes import Axis
    from sim.study.planning import Plan
    from sim.study.study_file import StudyFile


@click.command("sweep")
@click.argument("scenario", metavar="SCENARIO|STUDY", type=click.Path(path_type=Path, allow_dash=False))
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="PATH=V1,V2,..",
    help="A key of the scenario and the values it takes: a list, a range 1:9:2, log(1,64,7), linear(..), or a span"
    " between(0.5,2) to sample. Each further one multiplies the combinations.",
)
@click.option(
    "--zip", "together", multiple=True, metavar="PATH,PATH,..", help="Keys of --set whose values go together."
)
@click.option("--sample", metavar="METHOD:N", help="How spans are sampled: lhs:N, sobol:N or random:N.")
@click.option("--mixes", metavar="A,B", help="The mixes to run; default: all.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for the results.")
@click.option("--replications", type=click.IntRange(min=1), help="Runs of each point; default: 1.")
@SEED
@WORKERS
@click.option(
    "--timeout-s", type=click.FloatRange(min=0, min_open=True), help="Stop a run that takes longer, and go on."
)
@click.option("--dry-run", is_flag=True, help="Say what would be run, and about how long it takes; write nothing.")
@click.option("--yes", "any_size", is_flag=True, help="Run more than 10,000 points.")
@JSON
def command(
    scenario: Path,
    settings: tuple[str, ...],
    together: tuple[str, ...],
    sample: str | None,
    mixes: str | None,
    out: Path | None,
    replications: int | None,
    seed: int | None,
    workers: int | None,
    timeout_s: float | None,
    dry_run: bool,
    any_size: bool,
    as_json: bool,
) -> int:
    """Simulate every combination of settings of SCENARIO, in all its mixes; finished points are not run again.

    A STUDY file says the same as the flags; those that are given stand over it.
    """
    flags = _axes_of_flags(settings, together, sample, mixes)
    task = _task(scenario, flags, out, replications, seed, timeout_s)
    if dry_run:
        return _plan(task, workers, any_size, as_json)
    return _run(task, workers, any_size, as_json)


@dataclass(frozen=True, kw_only=True)
class _Task:
    """What is to be swept, from flags and study file together."""

    path: Path
    axes: Sequence[Axis]
    out: Path
    replications: int
    seed: int | None
    timeout_s: float | None


def _task(
    path: Path,
    flags: Sequence[Axis],
    out: Path | None,
    replications: int | None,
    seed: int | None,
    timeout_s: float | None,
) -> _Task:
    study = _study(path)
    axes = [*_under(study, flags), *flags]
    out = out or (study.out if study else None)
    if not axes:
        raise UsageError("nothing is varied: give --set PATH=V1,V2,.. or a study file")
    if out is None:
        raise UsageError("say with --out where the results go")
    return _Task(
        path=study.scenario if study else path,
        axes=axes,
        out=out,
        replications=replications or (study.replications if study else 1),
        seed=study.seed if study and seed is None else seed,
        timeout_s=study.timeout_s if study and timeout_s is None else timeout_s,
    )


def _study(path: Path) -> StudyFile | None:
    from sim.study.study_file import is_study, read_study

    return read_study(path) if is_study(path) else None


def _under(study: StudyFile | None, flags: Sequence[Axis]) -> list[Axis]:
    """The axes of the study whose paths no flag varies."""
    given = {path for axis in flags for path in axis.paths}
    return [axis for axis in study.axes if not given & set(axis.paths)] if study else []


def _axes_of_flags(
    settings: Sequence[str], together: Sequence[str], sample: str | None, mixes: str | None
) -> list[Axis]:
    from sim.study.axes import Listed, Span, Values, crossed, values_of
    from sim.study.sampling import sample_of, sampled

    axes: dict[str, Values | Span] = {}
    try:
        for setting in settings:
            path, equals, text = (part.strip() for part in setting.partition("="))
            if not equals or not path or not text:
                raise UsageError(f"--set is PATH=VALUE or PATH=v1,v2,.. (got '{setting}')")
            if path in axes:
                raise UsageError(f"--set names {path} twice: give all its values in one list")
            axes[path] = values_of(text)
        if mixes is not None:
            axes["mix"] = Listed(tuple(names(mixes) or ()))
        groups: list[Sequence[str]] = [names(each) or [] for each in together]
        if sample is not None:
            spread, paths = sampled(axes, sample_of(sample))
            return crossed(spread, [*groups, paths])
        return crossed(axes, groups)
    except ValueError as fault:
        raise UsageError(str(fault)) from None


def _plan(task: _Task, workers: int | None, any_size: bool, as_json: bool) -> int:
    from sim.study.planning import planned

    found = planned(
        task.path,
        task.axes,
        task.out,
        replications=task.replications,
        seed=task.seed,
        any_size=any_size,
        workers=workers,
    )
    if as_json:
        print_json(found.to_json())
    tell(_plan_lines(found))
    return 0


def _plan_lines(plan: Plan) -> list[str]:
    from sim.report.wording import duration

    sweep = plan.sweep
    lines = [f"{sweep.points:,} points: {plan.to_run:,} to run{_why(sweep.reasons)}, {sweep.skipped:,} finished before"]
    if plan.cost is not None and plan.seconds is not None:
        text = f"about {duration(max(1, round(plan.seconds)))} with {plan.workers} workers"
        if plan.size_bytes is not None:
            text += f" and {plan.size_bytes / 1e6:,.1f} MB of {plan.free_bytes / 1e6:,.0f} MB free"
        lines.append(f"{text}; one run: {plan.cost.run_s:.3g} s")
    return lines


def _run(task: _Task, workers: int | None, any_size: bool, as_json: bool) -> int:
    from sim.cli.progress import shown_progress
    from sim.study.sweeping import sweep

    with shown_progress() as watch:
        found = sweep(
            task.path,
            task.axes,
            task.out,
            replications=task.replications,
            seed=task.seed,
            workers=workers,
            any_size=any_size,
            watch=watch,
            timeout_s=task.timeout_s,
            told=lambda reasons: tell([f"{sum(reasons.values()):,} points to run{_why(reasons)}"]),
        )
    if as_json:
        print_json(found.to_json())
    tell([f"{found.points:,} points: {found.done:,} run, {found.failed:,} failed, {found.skipped:,} finished before"])
    tell(f"failed: {text}" for text in found.failures)
    tell([f"wrote {task.out / 'results.parquet'}"])
    return SOME_RUNS_FAILED if found.failed else 0


def _why(reasons: Mapping[str, int]) -> str:
    return f" ({', '.join(f'{count:,} {reason}' for reason, count in reasons.items())})" if reasons else ""
