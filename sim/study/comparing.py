"""`compare`: simulates every mix of a scenario in as many replications as asked, and compares them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack, closing
from pathlib import Path

from sim.errors import InputError, UsageError
from sim.scenario.specs import Scenario
from sim.study.batch import Watch, run_points
from sim.study.comparison import Comparison, compare_samples
from sim.study.executor import Failed
from sim.study.folder import RUNS, manifest_of, write_json
from sim.study.mixes import check_mixes, mix_name, mix_names
from sim.study.point import Outcome, Point, Row
from sim.study.results import failures_of, write_results
from sim.study.sample import promises_of, sample_of
from sim.study.store import Store

COMPARISON = "comparison.json"
REPLICATIONS = 10


def compare(
    scenario: Scenario,
    mixes: Sequence[str] | None = None,
    *,
    baseline: str | None = None,
    replications: int = REPLICATIONS,
    seed: int | None = None,
    workers: int | None = None,
    out: Path | str | None = None,
    watch: Watch | None = None,
) -> Comparison:
    """Compares mixes (all unless named) with the baseline (`baseline` or else the first) under common random numbers.

    Where nothing is random one replication of each mix is enough and the rest is not run. With `out`, the folder
    receives the comparison, every figure of every replication and the run of each mix, and the same call resumes.

    Raises UsageError for mixes that do not exist, InputError where a mix cannot be run on this scenario.
    """
    if replications < 1:
        raise UsageError(f"--replications is at least 1 (got {replications})")
    seed, out = scenario.seed if seed is None else seed, None if out is None else Path(out)
    chosen = _chosen(scenario, mixes, baseline)
    check_mixes(scenario, chosen)
    points = [
        Point(
            scenario=scenario,
            mix=mix,
            seed=seed,
            replication=number,
            folder=_run_folder(out, mix, number),
            keep=out is not None,
        )
        for number in range(replications)
        for mix in chosen
    ]
    with ExitStack() as stack:
        store = stack.enter_context(Store(out, manifest_of("compare", scenario, seed), scenario)) if out else None
        rows = _until_certain(stack.enter_context(closing(run_points(points, workers, store, watch))), len(chosen))
    found = _comparison(scenario, chosen, seed, rows)
    if out:
        write_results(out, rows)
        write_json(out / COMPARISON, found.to_json())
    return found


def _chosen(scenario: Scenario, mixes: Sequence[str] | None, baseline: str | None) -> list[str]:
    """The mixes to run, the baseline first."""
    named = [mix_name(scenario, mix) for mix in mixes or mix_names(scenario)]
    first = named[0] if baseline is None else mix_name(scenario, baseline)
    return list(dict.fromkeys([first, *named]))


def _run_folder(out: Path | None, mix: str, replication: int) -> Path | None:
    """Where the run of a mix is kept: one of its replications stands for all."""
    return out / RUNS / mix if out and replication == 0 else None


def _until_certain(found: Iterable[Row], mixes: int) -> list[Row]:
    """The rows in order; only the first of each mix as soon as these show that nothing is random."""
    rows: list[Row] = []
    for row in found:
        if isinstance(row.result, Failed) and isinstance(row.result.cause, InputError):
            raise row.result.cause
        rows.append(row)
        first = [each for each in rows if each.point.replication == 0]
        if len(first) == mixes and all(isinstance(each.result, Outcome) and not each.result.random for each in first):
            rows = first
            break
    return sorted(rows, key=lambda row: row.index)


def _comparison(scenario: Scenario, mixes: Sequence[str], seed: int, rows: Sequence[Row]) -> Comparison:
    return compare_samples(
        {mix: sample_of(row for row in rows if row.point.mix == mix) for mix in mixes},
        mixes[0],
        scenario=scenario.name,
        horizon_s=scenario.horizon_s,
        window_s=scenario.horizon_s - scenario.warmup_s,
        seed=seed,
        promises=promises_of(scenario),
        failures=failures_of(rows),
    )
