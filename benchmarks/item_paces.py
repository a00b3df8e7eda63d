"""From fitted curves to the paces of catalogue models: which curve stands for which model; power from their rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import exp, log

import numpy as np
from scipy.optimize import minimize_scalar

from benchmarks.item_fit import CurveFit, fit_rate
from benchmarks.item_row import ItemRow
from benchmarks.item_rows import MLPERF
from benchmarks.row_errors import RowError
from sim.catalog.entries import ItemPace
from sim.catalog.reader import Catalogue
from sim.models.items import batch_state, item_tables, item_work
from sim.models.peaks import peak_flops
from sim.models.variant import Variant

# Name in the tables -> (name in the catalogue, software that stands for it; None: whatever was measured). ResNet-50:
# TensorFlow in mixed precision with XLA, as the order of the vendor's page says, which T4, V100 and A100 share.
SPEECH = ("pytorch, DGX-2 32GB", "pytorch", "pytorch, DGX A100 80GB")
MODELS: Mapping[str, tuple[str, tuple[str, ...] | None]] = {
    "resnet-50": (
        "resnet-50",
        ("tensorflow, DGX-2 32G, table 3", "tensorflow, 16G, table 3", "tensorflow, DGX A100 40GB, table 4"),
    ),
    "bert-large": ("bert-large", ("tensorrt",)),
    "distilbert": ("distilbert", ("tensorrt",)),
    "dlrm": ("dlrm", ("pytorch",)),
    "quartznet": ("quartznet", SPEECH),
    "stable-diffusion-3.5-large": ("stable-diffusion-3.5-large", None),
    "stable-diffusion-3.5-medium": ("stable-diffusion-3.5-medium", None),
    "pixart-sigma-xl-2-1024-ms": ("pixart-sigma-xl", None),
    "hunyuandit-v1.2-diffusers": ("hunyuan-dit-1.2", None),
    "sana1.5_1.6b_1024px_diffusers": ("sana-1.5-1.6b", None),
    "whisper-large-v3": ("whisper-large-v3", None),
    "sdxl": ("sdxl", None),
}
TRAFFIC_BOUNDS = (log(1e-4), log(1.0))  # bytes per FLOP, as logarithms
ENOUGH_ROWS = 8  # fewer rows are said to be few
MLPERF_BATCH_S = {"whisper-large-v3": 0.1, "sdxl": 0.05}  # assumed: one unknown batch cannot tell it from the items


@dataclass(frozen=True, slots=True)
class PaceSource:
    """The pace of a catalogue model on an accelerator, and where it is from."""

    accelerator: str
    pace: ItemPace
    dataset: str
    text: str
    rows: tuple[ItemRow, ...]


def variant_of(model: str, catalogue: Catalogue) -> Variant:
    """A catalogue model in its own precision."""
    entry = catalogue.model(model)
    precision = catalogue.precision(entry.precision)
    return Variant(model=entry, weights=precision, kv_cache=precision)


def paces_of(
    fits: Sequence[CurveFit], rows: Sequence[ItemRow], catalogue: Catalogue
) -> Mapping[str, tuple[PaceSource, ...]]:
    """Paces by catalogue model."""
    found: dict[str, list[PaceSource]] = {}
    for fit in fits:
        model, _ = MODELS.get(fit.rows[0].model, ("", ()))
        if in_catalogue_form(fit.rows[0]):
            found.setdefault(model, []).append(_of_curve(model, fit, catalogue))
    for name, batch_s in MLPERF_BATCH_S.items():
        own = [row for row in rows if row.model == name and row.dataset == MLPERF]
        for accelerator in dict.fromkeys(row.accelerator for row in own):
            here = tuple(row for row in own if row.accelerator == accelerator)
            found.setdefault(name, []).append(_of_rate(name, here, batch_s, catalogue))
    return {model: tuple(sources) for model, sources in found.items()}


def in_catalogue_form(row: ItemRow) -> bool:
    """Whether a row is of the software and precision that stand for its model in the catalogue."""
    model, engines = MODELS.get(row.model, ("", ()))
    wide = row.precision in ("fp32", "tf32")
    return bool(model) and not wide and (engines is None or row.engine in engines)


def fit_traffic(paces: Mapping[str, Sequence[PaceSource]], catalogue: Catalogue) -> float:
    """Bytes of memory traffic per FLOP, one figure for all models whose rows have watts: of the least mean error."""

    def miss(log_bytes: float) -> float:
        return float(np.mean([abs(row.error) for row in power_errors(paces, catalogue, exp(log_bytes))]))

    return exp(float(minimize_scalar(miss, bounds=TRAFFIC_BOUNDS, method="bounded", options={"xatol": 0.02}).x))


def power_errors(
    paces: Mapping[str, Sequence[PaceSource]], catalogue: Catalogue, bytes_per_flop: float
) -> Iterator[RowError]:
    """Watts of rows that have them, through the tables that a run reads."""
    for model, sources in paces.items():
        variant = variant_of(model, catalogue)
        work = replace(item_work(variant), traffic_bytes=bytes_per_flop * item_work(variant).flops)
        for source in sources:
            accelerator = catalogue.accelerator(source.accelerator)
            own = replace(variant, model=replace(variant.model, items=replace(work, fallback=source.pace, paces={})))
            for count in dict.fromkeys(row.accelerators for row in source.rows if row.power_w):
                tables = item_tables(own, accelerator, count)
                for row in source.rows:
                    if row.accelerators == count and row.power_w is not None:
                        predicted = batch_state(tables, own, row.batch).power_w
                        yield _power_error(row, predicted)


def _power_error(row: ItemRow, predicted: float) -> RowError:
    assert row.power_w is not None
    return RowError(
        dataset=row.dataset,
        row=row.row,
        model=row.model,
        accelerator=row.accelerator,
        engine=row.engine,
        precision=row.precision,
        tensor_parallel=row.accelerators,
        batch=row.batch,
        quantity="power_w",
        measured=row.power_w,
        predicted=predicted,
        error=predicted / row.power_w - 1.0,
        fitted=True,
    )


def _of_curve(model: str, fit: CurveFit, catalogue: Catalogue) -> PaceSource:
    row, count = fit.rows[0], len(fit.rows)
    spread = ", ".join(
        f"{name} {100 * value:.0f} %" for name, value in zip(("batch_s", "peak_share"), fit.spread, strict=False)
    )
    few = "" if count >= ENOUGH_ROWS else " only"
    sizes = np.abs(fit.errors) * 100.0
    text = f"{row.dataset}: {count} rows{few} ({row.engine}); error % {sizes.mean():.1f}; spread {spread}"
    return PaceSource(row.accelerator, _share(fit.pace, model, row, catalogue), row.dataset, text, fit.rows)


def _of_rate(model: str, rows: tuple[ItemRow, ...], batch_s: float, catalogue: Catalogue) -> PaceSource:
    pace = _share(fit_rate(rows, batch_s), model, rows[0], catalogue)
    count = f"{len(rows)} rows" + ("" if len(rows) >= ENOUGH_ROWS else " only")
    text = f"{MLPERF}: MLPerf Inference v5.1 offline, {count}, batch size assumed"
    return PaceSource(rows[0].accelerator, pace, MLPERF, text, rows)


def _share(pace: ItemPace, model: str, row: ItemRow, catalogue: Catalogue) -> ItemPace:
    """A pace in items per second as one in shares of the peak."""
    variant = variant_of(model, catalogue)
    peak = peak_flops(variant, catalogue.accelerator(row.accelerator))
    share = pace.peak_share * item_work(variant).flops / peak
    if share > 1.0:
        raise SystemExit(f"{model} on {row.accelerator}: {share:.2f} of the peak; its FLOPs per item are too many")
    return replace(pace, peak_share=share)
