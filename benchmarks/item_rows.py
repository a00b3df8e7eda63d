"""Rows of the measured tables of models that take items. What a table does not say is assumed, with the reason."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from benchmarks.item_row import ItemRow, accelerator_of
from benchmarks.vendor_rows import vendor_rows

VENDOR = "vision_speech_bert_raw.csv"
DISTILLED = "bert_distillation.csv"
DIFFUSION = "diffusion_energy.csv"
MLPERF = "mlperf_inference.csv"
# The 6-layer version of BERT has the shape of DistilBERT: hidden size 768.
DISTILLED_NAMES = {"large": "bert-large", "dist6l": "distilbert", "dist4l": "bert-4l-312"}
# MLPerf counts the tokens of Whisper, though the table says samples: were they samples of 30 s, a B200 would compute
# at five times its peak. LibriSpeech has about 2.7 words a second, and 1.3 tokens a word (assumed).
WHISPER_TOKENS_PER_S = 3.5
# Model of the table -> family, catalogue name, batch: not published, assumed to be large.
MLPERF_MODELS = {
    "whisper": ("speech", "whisper-large-v3", 960.0),
    "stable-diffusion-xl": ("diffusion", "sdxl", 8.0),
}


def item_rows(folder: Path) -> tuple[ItemRow, ...]:
    """All rows of the tables that the folder holds."""
    readers = ((VENDOR, vendor_rows), (DISTILLED, _distilled), (DIFFUSION, _diffusion), (MLPERF, _mlperf))
    return tuple(
        row for name, reader in readers if (folder / name).exists() for row in reader(name, _table(folder / name))
    )


def _distilled(dataset: str, table: Iterator[dict[str, str]]) -> Iterator[ItemRow]:
    for index, row in enumerate(table):
        batch = float(row["batch_size"])
        yield ItemRow(
            dataset=dataset,
            row=str(index),
            family="encoder",
            model=DISTILLED_NAMES[row["model"]],
            accelerator=accelerator_of(row["gpu"]) or row["gpu"],
            engine="tensorrt",
            precision="fp16",
            accelerators=1,
            batch=batch,
            batch_s=batch / float(row["inferences_per_s"]),
        )


def _diffusion(dataset: str, table: Iterator[dict[str, str]]) -> Iterator[ItemRow]:
    """Of rows that differ in how the accelerators share a sequence alone (Ulysses or ring, of which degree), the
    fastest: an operator chooses, and a ring of all 8 takes up to twice as long.
    """
    fastest: dict[tuple[object, ...], ItemRow] = {}
    for index, raw in enumerate(table):
        row = _diffusion_row(dataset, index, raw)
        key = (*row.curve, row.accelerators, row.batch)
        if key not in fastest or row.batch_s < fastest[key].batch_s:
            fastest[key] = row
    yield from fastest.values()


def _diffusion_row(dataset: str, index: int, row: dict[str, str]) -> ItemRow:
    count = int(row["num_gpus"])
    return ItemRow(
        dataset=dataset,
        row=str(index),
        family="diffusion",
        model=row["model_id"].rsplit("/", maxsplit=1)[-1].lower(),
        accelerator=accelerator_of(row["gpu_model"]) or row["gpu_model"],
        engine="xdit",
        precision="bf16",
        accelerators=count,
        batch=float(row["batch_size"]),
        batch_s=float(row["batch_latency_s"]),
        power_w=float(row["avg_power_watts"]) / count,
    )


def _mlperf(dataset: str, table: Iterator[dict[str, str]]) -> Iterator[ItemRow]:
    """Offline results of Whisper and SDXL in the closed division, per accelerator."""
    for index, row in enumerate(table):
        accelerator = accelerator_of(row["Accelerator"])
        closed = row["Scenario"] == "Offline" and row["Category"] == "closed" and row["Model"] in MLPERF_MODELS
        if not closed or accelerator is None or not row["a#"] or "Virtual" in row["Accelerator"]:
            continue
        family, model, batch = MLPERF_MODELS[row["Model"]]
        per_s = float(row["Performance_Result"]) / float(row["Nodes"]) / float(row["a#"])
        yield ItemRow(
            dataset=dataset,
            row=str(index),
            family=family,
            model=model,
            accelerator=accelerator,
            engine="mlperf-5.1",
            precision="fp16" if family == "speech" else "fp8",
            accelerators=1,
            batch=batch,
            batch_s=batch / (per_s / WHISPER_TOKENS_PER_S if family == "speech" else per_s),
        )


def _table(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
