"""Fitted constants as the catalogue keeps them: a block per accelerator with its sources, and fall-backs."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from benchmarks.fit_files import Sources
from benchmarks.fitting import ENGINE_NAMES, NOT_TOLD, PRIORS, Array, engine_of
from benchmarks.group_fit import FEWEST_ROWS, GroupFit
from benchmarks.profiles import BY_YEAR, Key
from sim.catalog.entries import EngineFit
from sim.catalog.reader import Catalogue

TABLES = {"energy": "llm_serving_energy.csv", "latency": "llm_serving_latency.csv"}
TOLD_BY_PRIOR = "assumed: the prior of the fit; no row tells it"
VERSIONS = {  # and year of the newest
    "vllm": ("0.11 to 0.19", 2026),
    "vllm-2023": ("not told", 2023),
    "vllm-2025": ("0.11", 2025),
    "vllm-2026": ("0.15 to 0.19", 2026),
    "trt-llm": ("1.0 to 1.3", 2026),
    "sglang": ("0.5", 2026),
    "sglang-2025": ("0.5.6 and older", 2025),
    "sglang-2026": ("0.5.9 to 0.5.10", 2026),
}
STUCK = 0.05  # prefill efficiency below which prompts are held up by software: no fall-back leans on it
Blocks = dict[str, tuple[EngineFit, Sources]]


def mape(errors: Array | Sequence[float]) -> str:
    """Mean absolute error, its 90th percentile and the largest, in percent; a dash where there is none."""
    sizes = np.abs(np.asarray(errors, dtype=np.float64)) * 100.0
    sizes = sizes[np.isfinite(sizes)]
    if not len(sizes):
        return "-"
    return f"{sizes.mean():.1f} (p90 {np.quantile(sizes, 0.9):.1f}, max {sizes.max():.1f})"


def stamp(folder: Path, *files: str) -> str:
    """The date, and a hash of the tables used."""
    digest = hashlib.sha256(b"".join((folder / name).read_bytes() for name in files)).hexdigest()
    return f"fitted {datetime.now(UTC):%Y-%m-%d} on data sha256 {digest[:12]}"


def _sources(fit: GroupFit, folder: Path) -> Sources:
    """Sources of fitted constants: those that stayed at their prior were not told by any row."""
    used = [file for table, file in TABLES.items() if any(row.dataset == table for row in fit.rows)]
    kind = "mixtures of experts" if fit.mixture else "dense models"
    few = "" if len(fit.rows) >= FEWEST_ROWS else f" (fewer than {FEWEST_ROWS})"
    models = len({row.model for row in fit.rows})
    text = f"{', '.join(used)}: {len(fit.rows)} rows{few} of {models} {kind}; TPOT error % {mape(fit.time)}"
    kept = [name for name in ENGINE_NAMES if name not in fit.found.values]
    kept += [name for name, value in fit.found.values.items() if abs(value / PRIORS[name][0] - 1.0) < 1e-2]
    told = [name for name in ENGINE_NAMES if name not in kept]
    sources: dict[str, Sequence[str]] = {f"{text}; {stamp(folder, *used)}": [*told, "measured", "spread"]}
    prior = [name for name in kept if name not in NOT_TOLD]
    none = [name for name in kept if name in NOT_TOLD]
    sources |= {TOLD_BY_PRIOR: prior} if prior else {}
    return sources | ({"assumed: none; dense models show none": none} if none else {})


def engine_blocks(groups: Mapping[Key, GroupFit], folder: Path) -> dict[str, Blocks]:
    """What to write for each profile: its fits, those of older software, and a fall-back for each kind of model."""
    blocks: dict[str, Blocks] = defaultdict(dict)
    for (profile, _, _), fit in groups.items():
        blocks[profile][fit.place] = fit.constants, _sources(fit, folder)
    for profile, own in blocks.items():
        engine, _, year = profile.partition("-20")
        if not year or engine not in BY_YEAR:
            continue
        measured = f"{'' if year == '25' else 'assumed: '}as {engine}, whose dense rows are all of 2025"
        own |= {
            place: (fit, {measured: [""]}) for place, (fit, _) in blocks[engine].items() if place.startswith("fits")
        }
    _add_older(groups, blocks, folder)
    for own in blocks.values():
        _add_fallbacks(own, blocks["vllm"])
    return blocks


def _add_older(groups: Mapping[Key, GroupFit], blocks: dict[str, Blocks], folder: Path) -> None:
    """Constants of an older version for the mixtures that were measured with it alone."""
    known = Catalogue.built_in().names("models")
    for (profile, accelerator, mixture), fit in groups.items():
        engine, _, year = profile.partition("-20")
        newer = groups.get((engine, accelerator, True))
        if not (year and mixture and newer):
            continue
        models = {row.model for row in fit.rows} - {row.model for row in newer.rows}
        if named := tuple(sorted(models & set(known))):
            constants = replace(fit.constants, models=named)
            blocks[engine][f"older_fits.{accelerator}"] = constants, _sources(fit, folder)


def _add_fallbacks(own: Blocks, vllm: Blocks) -> None:
    """The fall-backs of one profile.

    Host work per sequence is software's, whatever the device and the model: its mean is over all fits of the engine.
    The rest of vLLM's fall-back for dense models is that of the H100, the fit with most models and the least error.
    """
    pooled = mean_fit([fit for place, (fit, _) in own.items() if not place.startswith("older_fits")]).sequence_s
    for kind, place in (("fits", "fallback"), ("expert_fits", "expert_fallback")):
        fits = {name: fit for name, (fit, _) in own.items() if name.startswith(f"{kind}.")}
        fits = {name: fit for name, fit in fits.items() if fit.prefill_efficiency > STUCK} or fits
        if kind == "fits" and "fits.h100-sxm" in vllm and fits.get("fits.h100-sxm") == vllm["fits.h100-sxm"][0]:
            fits = {"fits.h100-sxm": fits["fits.h100-sxm"]}
        if fits:
            named = " and ".join(name.split(".", maxsplit=1)[1] for name in fits)
            source = f"assumed: {'geometric mean of' if len(fits) > 1 else 'as on'} {named}"
            rest = [name for name in ENGINE_NAMES if name != "sequence_s"]
            mean = replace(mean_fit(list(fits.values())), sequence_s=pooled)
            own[place] = mean, {source: rest, "assumed: geometric mean of all fits": ["sequence_s"]}
        else:
            own[place] = vllm[place][0], {"assumed: those of vLLM": [""]}


def mean_fit(fits: Sequence[EngineFit]) -> EngineFit:
    """Geometric mean of constants; of those that may be 0, the arithmetic one."""
    values = {name: np.array([getattr(fit, name) for fit in fits]) for name in ENGINE_NAMES}
    return engine_of(
        {name: float(np.exp(np.log(v).mean()) if v.min() > 0.0 else v.mean()) for name, v in values.items()}
    )
