"""Fits engine constants and power curves on measured tables, prints their errors and can write them to the catalogue.

    python -m benchmarks.calibrate FOLDER [--write] [--out ROWS] [--skip-left-out]

FOLDER holds llm_serving_energy.csv, llm_serving_latency.csv, splitwise_a100_h100.csv and the tables of other families.
Every prediction goes through `sim.models` as a run does, so the errors printed are those of the program, not of a
formula beside it. ROWS takes a CSV file per table with every row, its prediction and its error.
"""

from __future__ import annotations

import argparse
import csv
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import asdict, fields, replace
from pathlib import Path

import numpy as np

from benchmarks.engine_blocks import TABLES, VERSIONS, Blocks, engine_blocks, mape, stamp
from benchmarks.families import calibrate_families
from benchmarks.fit_files import Sources, write_calibration, write_engine, write_power, write_scaled_power
from benchmarks.fitting import ENGINE_NAMES, POWER_NAMES, prior_curve
from benchmarks.group_fit import FEWEST_ROWS, TYPICAL_BATCH, Calibration, GroupFit, calibrations, fit_group, row_error
from benchmarks.measured_rows import read_energy, read_latency
from benchmarks.old_software import PHASES, PROFILE, fit_old_software
from benchmarks.phase_fit import fit_phase_power, fit_prefill
from benchmarks.phase_rows import splitwise_rows
from benchmarks.profiles import Key, is_composed, profile_rows, shares_priors
from benchmarks.row_errors import RowError
from sim.catalog.entries import Accelerator, PowerCurve
from sim.catalog.reader import Catalogue

# power was measured with this version, so its times tell how busy the accelerators were
POWERED = "vllm-2025"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--write", action="store_true", help="write the constants to the catalogue")
    parser.add_argument("--out", type=Path, help="folder for CSV files of every row with its prediction")
    parser.add_argument("--skip-left-out", action="store_true", help="no fits with a model left out")
    asked = parser.parse_args()
    catalogue, left_out = Catalogue.built_in(), not asked.skip_left_out
    groups = fit_language_models(asked.folder, catalogue, left_out=left_out)
    calibrated = {key: calibrations(fit) for key, fit in groups.items() if fit.mixture and key[0] == POWERED}
    _print_summary(groups.values(), calibrated)
    blocks = engine_blocks(groups, asked.folder)
    ampere = _fit_ampere(asked.folder, catalogue, blocks, write=asked.write)
    blocks[PROFILE], oldest = fit_old_software(asked.folder, catalogue)
    if asked.write:
        _write(groups, calibrated, blocks, asked.folder, ampere)
    families = calibrate_families(asked.folder, catalogue, left_out=left_out, write=asked.write)
    if asked.out:
        errors = [error for fit in (*groups.values(), *oldest) for error in fit.errors()]
        write_rows(asked.out / "language_models.csv", errors)
        write_rows(asked.out / "calibrated_power.csv", _calibrated_errors(calibrated))
        write_rows(asked.out / "other_families.csv", families)


def fit_language_models(folder: Path, catalogue: Catalogue, *, left_out: bool) -> dict[Key, GroupFit]:
    """Fits each engine on each accelerator for each kind of model; dense models on vLLM first: they tell the curves."""
    energy, latency = read_energy(folder, catalogue), read_latency(folder, catalogue)
    for name, rows in (("energy", energy), ("latency", latency)):
        print(f"\n{TABLES[name]}: {len(rows.used)} rows used; not used:")
        for reason, count in Counter(reason for _, reason in rows.left).most_common():
            print(f"  {count:4d}  {reason}")
    members = profile_rows((*energy.used, *latency.used))
    found: dict[Key, GroupFit] = {}
    curves: dict[str, PowerCurve] = {}
    for key in sorted(members, key=lambda key: (key[2], key[0] != "vllm", key)):
        accelerator = catalogue.accelerator(key[1])
        accelerator = replace(accelerator, power=curves.get(key[1], prior_curve(accelerator)))
        tells = key[0] == "vllm" and not key[2]
        beside = [other for other in members if shares_priors(key, other)]
        found[key] = fit_group(
            members[key],
            accelerator,
            power=tells,
            left_out=left_out and not is_composed(key),
            beside=[(members[other], catalogue.accelerator(other[1])) for other in beside],
        )
        if found[key].power_found is not None:
            curves[key[1]] = found[key].accelerator.power
        _print_group(found[key])
    return found


def write_rows(path: Path, rows: Iterable[RowError]) -> None:
    """Writes predictions as CSV, figures with six digits; `fitted` is yes, or left-out where the fit did not see it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [each.name for each in fields(RowError)])
        writer.writeheader()
        for row in rows:
            values = asdict(row) | {"fitted": "yes" if row.fitted else "left-out"}
            writer.writerow({name: f"{v:.6g}" if isinstance(v, float) else v for name, v in values.items()})


def _print_group(fit: GroupFit) -> None:
    kind = "mixtures of experts" if fit.mixture else "dense models"
    print(f"\n{fit.engine} on {fit.accelerator.name}, {kind}: {len(fit.rows)} rows")
    for name, value in fit.found.values.items():
        print(f"  {name:21s} {value:.3g} +- {100.0 * fit.found.spread[name]:.0f} %")
    if fit.power_found is not None:
        for name, value in fit.power_found.values.items():
            watts = value * fit.accelerator.tdp_w
            print(f"  {name:21s} {watts:.3g} W +- {100.0 * fit.power_found.spread[name]:.0f} %")
    print("  | model | rows | TPOT % in the fit | left out | power % | left out |\n  |---|---|---|---|---|---|")
    for model in (*sorted({row.model for row in fit.rows}), "all"):
        own = np.array([model in (row.model, "all") for row in fit.rows])
        columns = (fit.time, fit.time_left_out, fit.power, fit.power_left_out)
        print(f"  | {model} | {own.sum()} | {' | '.join(mape(column[own]) for column in columns)} |")


def _print_summary(groups: Iterable[GroupFit], calibrated: dict[Key, dict[str, Calibration]]) -> None:
    print(f"\nPower of mixtures of experts, one factor per model from the row nearest batch {TYPICAL_BATCH}; error %")
    for (_, accelerator, _), models in calibrated.items():
        for model, each in models.items():
            kept = "" if each.helps else "; not kept"
            errors = f"{mape(each.errors_without)} without, {mape(each.errors)} with it{kept}"
            print(f"  {model} on {accelerator}: factor {each.factor:.3g}, other rows {errors}")
        together = np.concatenate([each.errors for each in models.values()])
        print(f"  all on {accelerator}: {mape(together)}")
    print("\nSummary, mean error % in the fit -> model left out")
    for fit in groups:
        sizes = [np.abs(column[np.isfinite(column)]) * 100.0 for column in (fit.time, fit.time_left_out)]
        watts = [np.abs(column[np.isfinite(column)]) * 100.0 for column in (fit.power, fit.power_left_out)]
        text = [" -> ".join(f"{part.mean():.1f}" if len(part) else "-" for part in pair) for pair in (sizes, watts)]
        kind = "mixtures" if fit.mixture else "dense"
        print(f"  {fit.engine:11s} {fit.accelerator.name:9s} {kind:9s} TPOT {text[0]}; power {text[1]}")


def _calibrated_errors(calibrated: dict[Key, dict[str, Calibration]]) -> list[RowError]:
    """The row of each calibration, whose power the factor meets."""
    return [
        replace(
            row_error(each.point, "power_w", each.point.power_w or 0.0, 0.0, fitted=True), dataset="power_calibration"
        )
        for models in calibrated.values()
        for each in models.values()
    ]


def _fit_ampere(folder: Path, catalogue: Catalogue, blocks: dict[str, Blocks], *, write: bool) -> Accelerator:
    """Constants of vLLM on A100, into `blocks`, and its power curve, from splitwise_a100_h100.csv.

    Its decode times are those of 2023 software (a floor of 45 ms per token), so the rest is taken from later GPUs.
    """
    accelerator = catalogue.accelerator("a100-80g-sxm")
    rows = tuple(splitwise_rows(folder, catalogue))
    curve, power_found, power_errors = fit_phase_power(rows, accelerator)
    bent = replace(accelerator, power=curve)
    start = blocks["vllm"]["fallback"][0]
    constants, found, prompt_errors = fit_prefill(rows, catalogue.engine("vllm"), bent, start)
    print(f"\nsplitwise on {accelerator.name}: prefill efficiency {constants.prefill_efficiency:.3f}\n  {curve}")
    print(f"  prompt time error % {mape(prompt_errors)}; power error % {mape(power_errors)}")
    when = stamp(folder, PHASES)
    text = f"{PHASES}: {len(prompt_errors)} rows; prompt time error % {mape(prompt_errors)}; {when}"
    rest = [name for name in ENGINE_NAMES if name != "prefill_efficiency"]
    spread = {"prefill_efficiency": float(f"{found.spread['prefill_efficiency']:.2g}")}
    sources: Sources = {
        text: ["prefill_efficiency", "spread"],
        "assumed: as the fall-back, not measured on a100-80g-sxm": rest,
    }
    blocks["vllm"]["fits.a100-80g-sxm"] = replace(constants, spread=spread), sources
    if write:
        text = f"{PHASES}: {len(power_errors)} rows of Llama-2-70B; power error % {mape(power_errors)}"
        write_power(accelerator.name, curve, f"{text}; {_spread_text(power_found.spread)}; {when}")
    return bent


def _spread_text(spread: dict[str, float]) -> str:
    return f"standard errors {', '.join(f'{100.0 * spread[name]:.0f}' for name in POWER_NAMES if name in spread)} %"


def _write(
    groups: dict[Key, GroupFit],
    calibrated: dict[Key, dict[str, Calibration]],
    blocks: dict[str, Blocks],
    folder: Path,
    ampere: Accelerator,
) -> None:
    """Everything into the catalogue's data files."""
    curves = {ampere.name: ampere.power}
    for fit in groups.values():
        if fit.power_found is not None:
            curves[fit.accelerator.name] = fit.accelerator.power
            known = fit.power[np.isfinite(fit.power)]
            text = f"{TABLES['energy']}: {len(known)} rows of dense bf16 models on vLLM; power error % {mape(known)}"
            text = f"{text}; {_spread_text(fit.power_found.spread)}; {stamp(folder, TABLES['energy'])}"
            write_power(fit.accelerator.name, fit.accelerator.power, text)
    write_scaled_power(curves)
    for engine, own in blocks.items():
        write_engine(engine, own, VERSIONS[engine])
    factors: dict[str, dict[str, tuple[float, str]]] = defaultdict(dict)
    for key, models in calibrated.items():
        for model, each in models.items():
            if not each.helps:
                continue
            where = f"{TABLES['energy']}: one row, batch {each.point.batch:.0f}, fewer than {FEWEST_ROWS} rows"
            text = f"{where}; other rows then off by {mape(each.errors)} %; {stamp(folder, TABLES['energy'])}"
            factors[model][key[1]] = each.factor, text
    for model in Catalogue.built_in().names("models"):
        if model in factors:
            write_calibration(model, factors[model])


if __name__ == "__main__":
    main()
