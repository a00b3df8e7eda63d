"""Fits engine constants and power curves on measured tables, prints their errors and can write them to the catalogue.

    python -m benchmarks.calibrate FOLDER [--write] [--skip-left-out]

FOLDER holds llm_serving_energy.csv, llm_serving_latency.csv and splitwise_a100_h100.csv. Every prediction goes through
`sim.models` as a run does, so the errors printed are those of the program, not of a formula beside it.
"""

from __future__ import annotations

import argparse
import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from benchmarks.fit_files import Sources, write_engine, write_power
from benchmarks.fitting import (
    ENGINE_NAMES,
    ENGINE_PRIOR,
    Array,
    Bench,
    Fitted,
    engine_of,
    fit_phase_power,
    fit_prefill,
)
from benchmarks.measured_rows import MeasuredRow, energy_rows, latency_rows, splitwise_rows
from sim.catalog.entries import EngineFit, PowerCurve
from sim.catalog.reader import Catalogue

TABLES = {"energy": "llm_serving_energy.csv", "latency": "llm_serving_latency.csv"}
Sourced = tuple[EngineFit, Sources]


def rounded(constants: EngineFit) -> EngineFit:
    """Constants with three digits, as the catalogue holds them."""
    return EngineFit(**{name: float(f"{getattr(constants, name):.3g}") for name in ENGINE_NAMES})


def mape(errors: Array) -> str:
    """Mean absolute error, its 90th percentile and the largest, in percent; a dash where there is none."""
    if not len(errors):
        return "-"
    sizes = np.abs(errors) * 100.0
    return f"{sizes.mean():.1f} (p90 {np.quantile(sizes, 0.9):.1f}, max {sizes.max():.1f})"


def report(name: str, bench: Bench, rows: Sequence[MeasuredRow], fitted: Fitted, *, left_out: bool) -> None:
    """Prints the constants and, per model, errors with it in the fit and with it left out."""
    print(f"\n{name}: {len(rows)} rows")
    print(f"  {fitted.constants}\n  {fitted.curve}")
    print(f"  TPOT error % {mape(fitted.tpot_errors)}; power error % {mape(fitted.power_errors)}")
    print(
        "  | model | rows | TPOT % in the fit | left out | power % in the fit | left out |\n  |---|---|---|---|---|---|"
    )
    for model in dict.fromkeys(row.model for row in rows):
        own, others = [row for row in rows if row.model == model], [row for row in rows if row.model != model]
        tpot, power = bench.errors(own, fitted.constants, fitted.curve)
        out_tpot, out_power = "-", "-"
        if others and left_out:
            out = bench.fit(others)
            out_tpot, out_power = (mape(errors) for errors in bench.errors(own, out.constants, out.curve))
        print(f"  | {model} | {len(own)} | {mape(tpot)} | {out_tpot} | {mape(power)} | {out_power} |")


def stamp(folder: Path, *files: str) -> str:
    """The date, and a hash of the tables used."""
    digest = hashlib.sha256(b"".join((folder / name).read_bytes() for name in files)).hexdigest()
    return f"fitted {datetime.now(UTC):%Y-%m-%d} on data sha256 {digest[:12]}"


def told(constants: EngineFit, source: str) -> Sources:
    """Sources of fitted constants: those that stayed at their prior were not told by any row."""
    kept = [
        name
        for name, prior in zip(ENGINE_NAMES, np.exp(ENGINE_PRIOR), strict=True)
        if abs(getattr(constants, name) / prior - 1.0) < 1e-3
    ]
    if not kept:
        return {source: ()}
    rest = [name for name in ENGINE_NAMES if name not in kept]
    return {source: rest, "assumed: the prior of the fit; no row tells it": kept}


def fallback_of(fits: Sequence[EngineFit]) -> EngineFit:
    """Constants for accelerators without measurements: the geometric mean of those with."""
    logs = np.array([[np.log(getattr(fit, name)) for name in ENGINE_NAMES] for fit in fits])
    return rounded(engine_of(logs.mean(axis=0)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--write", action="store_true", help="write the constants to the catalogue")
    parser.add_argument("--skip-left-out", action="store_true", help="no leave-one-model-out fits")
    asked = parser.parse_args()
    catalogue = Catalogue.built_in()
    fits = _fit_engines(asked.folder, catalogue, left_out=not asked.skip_left_out, write=asked.write)
    fallback = fallback_of([fit for fit, _ in fits["vllm"].values()])
    fits["vllm"]["a100-80g-sxm"] = _fit_ampere(asked.folder, catalogue, fallback, write=asked.write)
    if asked.write:
        write_engine("vllm", fits["vllm"], fallback, "assumed: geometric mean of h100-sxm and b200")
        write_engine("trt-llm", fits["trt-llm"], fits["trt-llm"]["b200"][0], "assumed: as on b200")
        unfit = "assumed: as vLLM; no measured row of SGLang is of a model that this program describes"
        write_engine("sglang", {}, fallback, unfit)


def _fit_engines(folder: Path, catalogue: Catalogue, *, left_out: bool, write: bool) -> dict[str, dict[str, Sourced]]:
    """Fits each engine on each accelerator that has rows; vLLM first, as its rows tell the power curves."""
    groups: dict[tuple[str, str], list[MeasuredRow]] = defaultdict(list)
    for row in (*energy_rows(folder, catalogue), *latency_rows(folder, catalogue)):
        groups[row.engine, row.accelerator].append(row)
    fits: dict[str, dict[str, Sourced]] = defaultdict(dict)
    curves: dict[str, PowerCurve] = {}
    for (engine, name), rows in sorted(groups.items(), key=lambda item: item[0][0] != "vllm"):
        accelerator = catalogue.accelerator(name)
        bench = Bench(catalogue, replace(accelerator, power=curves.get(name, accelerator.power)))
        fitted = bench.fit(rows)
        report(f"{engine} on {name}", bench, rows, fitted, left_out=left_out)
        used = [file for table, file in TABLES.items() if any(row.table == table for row in rows)]
        text = f"{', '.join(used)}: {len(rows)} rows of dense models; TPOT error % {mape(fitted.tpot_errors)}"
        fits[engine][name] = rounded(fitted.constants), told(fitted.constants, f"{text}; {stamp(folder, *used)}")
        if len(fitted.power_errors):
            curves[name] = fitted.curve
            text = f"{TABLES['energy']}: {len(fitted.power_errors)} rows of dense bf16 models on vLLM"
            text = f"{text}; power error % {mape(fitted.power_errors)}; {stamp(folder, TABLES['energy'])}"
            if write:
                write_power(name, fitted.curve, text)
    return fits


def _fit_ampere(folder: Path, catalogue: Catalogue, fallback: EngineFit, *, write: bool) -> Sourced:
    """Constants of vLLM on A100, and its power curve, from splitwise_a100_h100.csv.

    Its decode times are those of 2023 software (a floor of 45 ms per token), so the rest is taken from later GPUs.
    """
    accelerator = catalogue.accelerator("a100-80g-sxm")
    rows = tuple(splitwise_rows(folder, catalogue))
    curve, power_errors = fit_phase_power(rows, accelerator)
    constants, prompt_errors = fit_prefill(rows, Bench(catalogue, replace(accelerator, power=curve)), fallback)
    print(f"\nsplitwise on {accelerator.name}: prefill efficiency {constants.prefill_efficiency:.3f}\n  {curve}")
    print(f"  prompt time error % {mape(prompt_errors)}; power error % {mape(power_errors)}")
    when = stamp(folder, "splitwise_a100_h100.csv")
    prefill = f"splitwise_a100_h100.csv: {len(prompt_errors)} rows; prompt time error % {mape(prompt_errors)}; {when}"
    rest = [name for name in ENGINE_NAMES if name != "prefill_efficiency"]
    sources = {prefill: ("prefill_efficiency",), "assumed: as the fall-back, not measured on a100-80g-sxm": tuple(rest)}
    if write:
        text = f"splitwise_a100_h100.csv: {len(power_errors)} rows of Llama-2-70B; power error % {mape(power_errors)}"
        write_power(accelerator.name, curve, f"{text}; {when}")
    return rounded(constants), sources


if __name__ == "__main__":
    main()
