"""Fits models that take items and power under caps, prints their errors, and can write the catalogue and every row.

    python -m benchmarks.families FOLDER [--write] [--rows FILE] [--skip-left-out]

FOLDER holds any of vision_speech_bert_raw.csv, bert_distillation.csv, diffusion_energy.csv, mlperf_inference.csv and
power_cap_training.csv. `make calibrate` runs it after the language models.
"""

from __future__ import annotations

import argparse
import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from benchmarks.cap_fit import ACCELERATOR, CAPS, CapFit, cap_rows, fit_caps
from benchmarks.item_fit import FEWEST_ROWS, CurveFit, curves_of, fit_curve
from benchmarks.item_left_out import (
    ARTEFACTS,
    Paces,
    accelerator_left_out,
    artefact_errors,
    fallback_of,
    guides,
    model_left_out,
)
from benchmarks.item_paces import PaceSource, fit_traffic, paces_of, power_errors, variant_of
from benchmarks.item_row import ItemRow
from benchmarks.item_rows import DIFFUSION, MLPERF, item_rows
from benchmarks.pace_files import write_curve, write_paces, write_traffic
from benchmarks.row_errors import RowError, write_rows
from sim.catalog.reader import Catalogue
from sim.models.items import item_work


def calibrate_families(
    folder: Path, catalogue: Catalogue, *, left_out: bool = True, write: bool = False
) -> tuple[RowError, ...]:
    """Fits what the folder's tables tell, prints the errors; every row with its prediction."""
    found: list[RowError] = []
    if rows := item_rows(folder):
        found += _items(rows, folder, catalogue, left_out=left_out, write=write)
    if (folder / CAPS).exists():
        fitted = fit_caps(cap_rows(folder), catalogue.accelerator(ACCELERATOR), left_out=left_out)
        _print_caps(fitted)
        found += _cap_errors(fitted)
        if write:
            sizes = np.abs(fitted.errors).mean(axis=0) * 100.0
            text = f"{CAPS}: {len(fitted.rows)} rows of six workloads; slowdown and energy ratio within "
            write_curve(fitted.accelerator, f"{text}{sizes[0]:.1f} and {sizes[1]:.1f} points; {_stamp(folder, CAPS)}")
    return tuple(found)


def _items(
    rows: Sequence[ItemRow], folder: Path, catalogue: Catalogue, *, left_out: bool, write: bool
) -> Iterator[RowError]:
    fits = [
        fit_curve(members, leave_out=left_out)
        for members in curves_of(rows).values()
        if len(members) >= FEWEST_ROWS and members[0].dataset != MLPERF
    ]
    _print_families(fits)
    paces = paces_of(fits, rows, catalogue)
    for model, sources in paces.items():
        _print_paces(model, sources)
        if write:
            kept = {each.accelerator: (each.pace, _sources(each, folder)) for each in sources}
            fallback = fallback_of(guides(model, sources), catalogue)
            write_paces(model, kept, fallback, "assumed: mean over the accelerators measured, each as if an A100")
    _print_left_out(paces, catalogue)
    yield from _power(paces, folder, catalogue, write=write)
    for fit in fits:
        yield from _curve_errors(fit)


def _power(
    paces: Mapping[str, tuple[PaceSource, ...]], folder: Path, catalogue: Catalogue, *, write: bool
) -> Iterator[RowError]:
    """Memory traffic of generated images from the watts of their rows, and what is left of the errors."""
    powered = {model: each for model, each in paces.items() if any(row.power_w for row in each[0].rows)}
    if not powered:
        return
    per_flop = fit_traffic(powered, catalogue)
    rows = tuple(power_errors(powered, catalogue, per_flop))
    print(f"\nMemory traffic of generated images: {per_flop:.4g} bytes per FLOP, {len(rows)} rows; power error %")
    for model, sources in powered.items():
        print(f"  {model}: {mape([row.error for row in power_errors({model: sources}, catalogue, per_flop)])}")
    print(f"  all: {mape([row.error for row in rows])}")
    for model in powered if write else ():
        text = f"{DIFFUSION}: one ratio to FLOPs for {len(rows)} rows of power; {_stamp(folder, DIFFUSION)}"
        write_traffic(model, per_flop * item_work(variant_of(model, catalogue)).flops, text)
    yield from rows


def _sources(each: PaceSource, folder: Path) -> dict[str, list[str]]:
    """Source of each constant of a pace."""
    text = f"{each.text}; {_stamp(folder, each.dataset)}"
    if each.dataset != MLPERF:
        return {text: []}
    return {text: ["peak_share"], "assumed: one unknown batch cannot tell it from the items": ["batch_s"]}


def _print_families(fits: Sequence[CurveFit]) -> None:
    inside: dict[str, list[float]] = defaultdict(list)
    outside: dict[str, list[float]] = defaultdict(list)
    for fit in fits:
        inside[fit.rows[0].family] += list(fit.errors)
        outside[fit.rows[0].family] += list(fit.left_out)
    print("\nItems per second, error % by family")
    print("  | family | curves | rows | in the fit | row left out |\n  |---|---|---|---|---|")
    for family, errors in inside.items():
        curves = sum(fit.rows[0].family == family for fit in fits)
        print(f"  | {family} | {curves} | {len(errors)} | {mape(errors)} | {mape(outside[family])} |")


def _print_paces(model: str, sources: Sequence[PaceSource]) -> None:
    print(f"\n{model}")
    for each in sources:
        print(f"  {each.accelerator}: {each.pace}\n    {each.text}")


def _print_left_out(paces: Paces, catalogue: Catalogue) -> None:
    print("\nItems per second with a pace from elsewhere, error %")
    print("  | model | from its other accelerators | from other models of the family |\n  |---|---|---|")
    without_accelerator, without_model = accelerator_left_out(paces, catalogue), model_left_out(paces, catalogue)
    for model in paces:
        print(f"  | {model} | {mape(without_accelerator.get(model, []))} | {mape(without_model.get(model, []))} |")
    families = {model: catalogue.model(model).family for model in paces}
    for family in dict.fromkeys(families.values()):
        both = [
            [error for model in paces if families[model] == family for error in table.get(model, [])]
            for table in (without_accelerator, without_model)
        ]
        print(f"  | all of {family} | {mape(both[0])} | {mape(both[1])} |")
    for key, error in artefact_errors(paces, catalogue).items():
        print(f"  not in it: {' on '.join(key)}, {100.0 * error:+.0f} %: {ARTEFACTS[key]}")


def _print_caps(fitted: CapFit) -> None:
    print(f"\n{CAPS}: {len(fitted.rows)} capped rows\n  {fitted.accelerator.power}\n  {fitted.accelerator.clock}")
    kinds = (
        ("in the fit", fitted.errors),
        ("configuration left out", fitted.left_out),
        ("curve of the other workloads", fitted.elsewhere),
    )
    for name, errors in kinds:
        if len(errors):
            sizes = np.abs(errors).mean(axis=0) * 100.0
            print(f"  {name}: slowdown {sizes[0]:.2f} points, energy ratio {sizes[1]:.2f} points, mean absolute")
    for workload, load in fitted.loads.items():
        own = [row.workload == workload for row in fitted.rows]
        sizes = np.abs(fitted.errors[own]).mean(axis=0) * 100.0
        print(f"  {workload}: u_memory, u_compute {load[0]:.3f}, {load[1]:.3f}; {sizes[0]:.1f}, {sizes[1]:.1f} points")


def _curve_errors(fit: CurveFit) -> Iterator[RowError]:
    for errors, inside in ((fit.errors, True), (fit.left_out, False)):
        for row, error in zip(fit.rows, errors, strict=bool(len(errors))):
            measured = row.batch / row.batch_s
            yield RowError(
                dataset=row.dataset,
                row=row.row,
                model=row.model,
                accelerator=row.accelerator,
                engine=row.engine,
                precision=row.precision,
                tensor_parallel=row.accelerators,
                batch=row.batch,
                quantity="items_per_s",
                measured=measured,
                predicted=measured * (1.0 + float(error)),
                error=float(error),
                fitted=inside,
            )


def _cap_errors(fitted: CapFit) -> Iterator[RowError]:
    for errors, inside in ((fitted.errors, True), (fitted.left_out, False)):
        for row, pair in zip(fitted.rows, errors, strict=bool(len(errors))):
            quantities = (("slowdown", row.slowdown, pair[0]), ("energy_ratio", row.energy_ratio, pair[1]))
            for quantity, measured, error in quantities:
                yield RowError(
                    dataset=CAPS,
                    row=row.row,
                    model=row.workload,
                    accelerator=ACCELERATOR,
                    engine="training",
                    precision="fp16",
                    tensor_parallel=1,
                    batch=row.batch,
                    quantity=quantity,
                    measured=measured,
                    predicted=measured + float(error),
                    error=float(error),
                    fitted=inside,
                )


def mape(errors: Sequence[float]) -> str:
    """Mean absolute error, its 90th percentile and the largest, in percent; a dash where there is none."""
    if not len(errors):
        return "-"
    sizes = np.abs(np.asarray(errors)) * 100.0
    return f"{sizes.mean():.1f} (p90 {np.quantile(sizes, 0.9):.1f}, max {sizes.max():.1f})"


def _stamp(folder: Path, name: str) -> str:
    digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    return f"fitted {datetime.now(UTC):%Y-%m-%d}, data sha256 {digest[:12]}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--write", action="store_true", help="write the constants to the catalogue")
    parser.add_argument("--rows", type=Path, help="write every row with its prediction to this CSV file")
    parser.add_argument("--skip-left-out", action="store_true", help="no fits with rows left out")
    asked = parser.parse_args()
    rows = calibrate_families(asked.folder, Catalogue.built_in(), left_out=not asked.skip_left_out, write=asked.write)
    if asked.rows:
        write_rows(asked.rows, rows)


if __name__ == "__main__":
    main()
