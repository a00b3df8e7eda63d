"""Paces of models and accelerators that were not measured: the fall-back, and how far off it is where rows tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import exp

import numpy as np

from benchmarks.item_fit import batch_seconds
from benchmarks.item_paces import PaceSource, variant_of
from sim.catalog.entries import ItemPace
from sim.catalog.reader import Catalogue
from sim.models.items import item_work, reached_share
from sim.models.peaks import peak_flops

Paces = Mapping[str, Sequence[PaceSource]]
# Measured, and no guide to anything else: model and accelerator, and why.
ARTEFACTS: Mapping[tuple[str, str], str] = {
    (
        "resnet-50",
        "a100-40g-sxm",
    ): "the host's input is the limit: ResNeXt-101, twice the work, is as fast on that page",
}

LAUNCH_EXPONENT = 0.5  # of fixed times in what is launched; assumed: between none and all of it
# Layers times steps, counted from the shape: what is launched for a batch.
LAUNCHES: Mapping[str, int] = {
    "distilbert": 6,
    "bert-large": 24,
    "sana-1.5-1.6b": 20 * 20,
    "pixart-sigma-xl": 28 * 20,
    "hunyuan-dit-1.2": 40 * 50,
    "stable-diffusion-3.5-large": 38 * 28,
    "stable-diffusion-3.5-medium": 24 * 28,
}


def fallback_of(sources: Sequence[PaceSource], catalogue: Catalogue) -> ItemPace:
    """What paces come to on an A100: the geometric mean of their shares, the mean of their times."""
    paces = [source.pace for source in sources]
    shares = [source.pace.peak_share / _reached(source, catalogue) for source in sources]
    return ItemPace(
        batch_s=float(np.mean([pace.batch_s for pace in paces])),
        peak_share=exp(np.mean(np.log(shares))),
        split_loss=float(np.mean([pace.split_loss for pace in paces])),
        split_s=float(np.mean([pace.split_s for pace in paces])),
    )


def guides(model: str, sources: Sequence[PaceSource]) -> list[PaceSource]:
    """The sources that tell something of accelerators beside their own."""
    return [source for source in sources if (model, source.accelerator) not in ARTEFACTS]


def accelerator_left_out(paces: Paces, catalogue: Catalogue) -> dict[str, list[float]]:
    """Errors of items per second on each accelerator, its pace taken from the others of the model; by model."""

    def others(model: str, source: PaceSource) -> list[PaceSource]:
        return [other for other in guides(model, paces[model]) if other.accelerator != source.accelerator]

    return _transferred(paces, catalogue, others)


def model_left_out(paces: Paces, catalogue: Catalogue) -> dict[str, list[float]]:
    """The same with the pace taken from other models of the family, on the same accelerator and with the same software:
    their share of the peak, and their fixed times by what is launched.
    """
    families = {model: catalogue.model(model).family for model in paces}

    def others(model: str, source: PaceSource) -> list[PaceSource]:
        kin = [name for name in paces if name != model and families[name] == families[model]]
        return [
            _relaunched(each, (LAUNCHES[model] / LAUNCHES[name]) ** LAUNCH_EXPONENT)
            for name in kin
            for each in guides(name, paces[name])
            if (each.accelerator, each.dataset) == (source.accelerator, source.dataset)
        ]

    return _transferred(paces, catalogue, others)


def _relaunched(source: PaceSource, ratio: float) -> PaceSource:
    pace = source.pace
    return replace(source, pace=replace(pace, batch_s=pace.batch_s * ratio, split_s=pace.split_s * ratio))


def artefact_errors(paces: Paces, catalogue: Catalogue) -> dict[tuple[str, str], float]:
    """Mean error of items per second on artefacts as predicted from the model's other accelerators."""
    found = {}
    for model, name in ARTEFACTS:
        for source in paces.get(model, ()):
            if source.accelerator == name:
                found[model, name] = float(np.mean(_errors(model, source, guides(model, paces[model]), catalogue)))
    return found


def _transferred(
    paces: Paces, catalogue: Catalogue, others: Callable[[str, PaceSource], list[PaceSource]]
) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for model, sources in paces.items():
        for source in guides(model, sources):
            if known := others(model, source):
                found.setdefault(model, []).extend(_errors(model, source, known, catalogue))
    return found


def _errors(model: str, source: PaceSource, known: Sequence[PaceSource], catalogue: Catalogue) -> list[float]:
    """Relative errors of items per second of a source's rows, its pace taken from known ones."""
    variant = variant_of(model, catalogue)
    pace = fallback_of(known, catalogue)
    pace = replace(pace, peak_share=pace.peak_share * _reached(source, catalogue))
    peak = peak_flops(variant, catalogue.accelerator(source.accelerator))
    return [row.batch_s / batch_seconds(row, pace, item_work(variant).flops, peak) - 1.0 for row in source.rows]


def _reached(source: PaceSource, catalogue: Catalogue) -> float:
    return reached_share(catalogue.accelerator(source.accelerator))
