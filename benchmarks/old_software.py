"""Constants of the serving software of 2023, from splitwise_a100_h100.csv: prompts and tokens of Llama-2-70B.

Its launches per layer took an order of magnitude longer than those of two years later: a floor of 30 ms per token on
H100 and 45 ms on A100, however many accelerators share the model.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.engine_blocks import Blocks, mape, mean_fit, stamp
from benchmarks.fit_files import Sources
from benchmarks.fitting import ENGINE_NAMES, PRIORS
from benchmarks.group_fit import GroupFit, fit_group
from benchmarks.phase_fit import fit_prefill
from benchmarks.phase_rows import HARDWARE, splitwise_rows
from sim.catalog.reader import Catalogue

PROFILE, YEAR = "vllm-2023", 2023
PHASES = "splitwise_a100_h100.csv"


def fit_old_software(folder: Path, catalogue: Catalogue) -> tuple[Blocks, list[GroupFit]]:
    """What to write for the profile, and its fits; one model, so none can be left out."""
    blocks: Blocks = {}
    fits = []
    for name in HARDWARE:
        accelerator, rows = catalogue.accelerator(name), tuple(splitwise_rows(folder, catalogue, name))
        decoding = [row.decoding(name, PROFILE, YEAR) for row in rows]
        fit = fit_group(decoding, accelerator, power=False, left_out=False)
        constants, found, errors = fit_prefill(rows, catalogue.engine("vllm"), accelerator, fit.constants)
        spread = {**fit.constants.spread, "prefill_efficiency": float(f"{found.spread['prefill_efficiency']:.2g}")}
        prompts = f"{PHASES}: {len(errors)} rows; prompt time error % {mape(errors)}; {stamp(folder, PHASES)}"
        blocks[fit.place] = replace(constants, spread=spread), _sources(fit, prompts, folder)
        fits.append(fit)
        print(
            f"\n{PROFILE} on {name}: {len(rows)} rows; error % of decoding {mape(fit.time)}, of prompts {mape(errors)}"
        )
    places = " and ".join(place.removeprefix("fits.") for place in blocks)
    mean = mean_fit([fit for fit, _ in blocks.values()])
    blocks["fallback"] = mean, {f"assumed: geometric mean of {places}": [""]}
    return blocks, fits


def _sources(fit: GroupFit, prompts: str, folder: Path) -> Sources:
    values = {name: getattr(fit.constants, name) for name in ENGINE_NAMES if name != "prefill_efficiency"}
    kept = [name for name, value in values.items() if np.isclose(value, PRIORS[name][0], rtol=0.03) or not value]
    text = f"{PHASES}: {len(fit.rows)} rows of Llama-2-70B; TPOT error % {mape(fit.time)}; {stamp(folder, PHASES)}"
    told = [name for name in values if name not in kept]
    return {
        prompts: ["prefill_efficiency"],
        text: [*told, "measured", "spread"],
        "assumed: the prior of the fit; no row tells it": kept,
    }
