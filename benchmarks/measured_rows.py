"""Rows of the measured tables in the form that the calibration uses: one row = one steady state that was measured.

What the tables do not say is assumed here, with the reason beside it; rows that are not used are told with theirs.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.row_models import row_model
from benchmarks.software_years import software_year
from sim.catalog.reader import Catalogue
from sim.models.layout import Layout
from sim.models.variant import Variant
from sim.models.work import held_context_tokens

# Mean prompt [tokens] and coefficient of variation of the output length, by task. llm_serving_energy.csv gives neither.
# lm-arena-chat: 300 and .7 reproduce where KV memory stops the batch on one H100: Llama-3.1-8B 724 sequences against
# 691 measured, Qwen3-8B 491 against 474 (a mean output of 397 and 649 tokens tells prompt and spread apart).
# gpqa: a question with four choices; outputs of 8,000 tokens dwarf any prompt, and the plateau at 82 sequences
# (Qwen3-8B, one H100) leaves no room for a spread.
PROMPT_TOKENS = {"lm-arena-chat": 300.0, "gpqa": 300.0}
OUTPUT_CV = {"lm-arena-chat": 0.7, "gpqa": 0.2}

ACCELERATORS = {"H100": "h100-sxm", "B200": "b200", "h100_sxm": "h100-sxm", "b200_sxm": "b200", "b300_sxm": "b300"}
ENGINES = {"vllm": "vllm", "trtllm": "trt-llm", "sglang": "sglang"}
PRECISIONS = {"bfloat16": "bf16", "fp8": "fp8", "mxfp4": "fp4", "fp4": "fp4", "int4": "int4"}
QUEUED_SHARE = 0.2  # of the time of a request; a longer wait for the first token is a queue: fewer run than are counted
QUEUED_FROM = 128  # clients; with fewer, a long wait is prefill
# (model, accelerator): lowest and highest batch limit left out, and why.
STUMBLES = {
    ("Llama-3.1-8B-Instruct", "B200"): (65, 10**6, "inter-token latency jumps from 9.0 to 26.7 ms above batch 64"),
    ("Qwen3-8B", "B200"): (16, 64, "as long per iteration at batch 64 as at 128, twice as long as at batch 8"),
    ("Llama-4-Scout-17B-16E-Instruct", "H100"): (0, 10**6, "180 to 270 us per layer, three times other mixtures"),
}
STUMBLE = 1.25  # a batch that takes so many times as long per token as a larger one of its series stumbled


@dataclass(frozen=True, slots=True)
class MeasuredRow:
    """A replica at constant batch: what ran, and what was measured."""

    dataset: str
    row: str
    model: str
    variant: Variant
    accelerator: str
    engine: str
    layout: Layout
    batch: float
    input_tokens: float
    output_tokens: float
    context_tokens: float  # held by one sequence in flight, on average
    tpot_s: float  # batch / output tokens per second
    power_w: float | None  # per accelerator
    year: int  # of the serving software

    @property
    def tensor_parallel(self) -> int:
        """Tensor-parallel degree."""
        return self.layout.tensor_parallel

    @property
    def mixture(self) -> bool:
        """Whether the model is a mixture of experts."""
        return self.variant.model.experts > 1

    @property
    def series(self) -> tuple[object, ...]:
        """What rows that differ in batch alone share."""
        lengths = (self.input_tokens, self.output_tokens)
        return (self.dataset, self.variant.name, self.accelerator, self.engine, self.layout, lengths)


@dataclass(slots=True)
class Rows:
    """Rows to fit, and (row, reason) of those that are not used."""

    used: list[MeasuredRow] = field(default_factory=list)
    left: list[tuple[str, str]] = field(default_factory=list)

    def without_stumbles(self) -> Rows:
        """The same without rows that take much longer than a larger batch of their series."""
        kept = Rows(left=list(self.left))
        for row in self.used:
            larger = [each.tpot_s for each in self.used if each.batch > row.batch and each.series == row.series]
            if larger and row.tpot_s > STUMBLE * min(larger):
                kept.left.append((row.row, "slower than a larger batch of its series: the software stumbled"))
            else:
                kept.used.append(row)
        return kept


def read_energy(folder: Path, catalogue: Catalogue) -> Rows:
    """llm_serving_energy.csv: vLLM, power measured.

    Left out: rows at which the serving software stumbles (STUMBLES), which no hardware model should learn.
    """
    found = Rows()
    for number, row in enumerate(table_rows(folder / "llm_serving_energy.csv")):
        name = f"{row['task'][:4]}-{number}"
        reason = _energy_fault(row, catalogue)
        if reason:
            found.left.append((name, f"{row['model_id']}: {reason}"))
            continue
        model = row_model(row["model_id"], catalogue)
        assert model is not None
        prompt, output, batch = PROMPT_TOKENS[row["task"]], float(row["avg_output_len"]), float(row["avg_batch_size"])
        ranks, weights = int(row["data_parallel"]), catalogue.precision(PRECISIONS[row["weight_precision"]])
        layout = Layout(
            # one accelerator's attention is told as tensor_parallel 1 where experts are spread: the group splits it
            tensor_parallel=int(row["num_gpus"]) // ranks,
            expert_parallel=int(row["expert_parallel"]),
            data_parallel=ranks,
        )
        found.used.append(
            MeasuredRow(
                dataset="energy",
                row=name,
                model=model.name,
                variant=Variant(model=model, weights=weights, kv_cache=catalogue.precision("bf16")),
                accelerator=ACCELERATORS[row["gpu_model"]],
                engine="vllm",
                layout=layout,
                batch=batch,
                input_tokens=prompt,
                output_tokens=output,
                context_tokens=held_context_tokens(prompt, output, OUTPUT_CV[row["task"]]),
                tpot_s=batch / float(row["output_throughput_tokens_per_sec"]),
                power_w=float(row["power_per_gpu_w"]),
                year=2025,
            )
        )
    return found


def _energy_fault(row: dict[str, str], catalogue: Catalogue) -> str:
    """Why a row of llm_serving_energy.csv is not used; empty where it is."""
    if row["task"] not in PROMPT_TOKENS:
        return f"prompts of {row['task']} are not told"
    if row_model(row["model_id"], catalogue) is None:
        return "a shape that the program does not describe"
    stumble = STUMBLES.get((row["model_id"].rsplit("/", maxsplit=1)[-1], row["gpu_model"]))
    if stumble and stumble[0] <= int(row["max_num_seqs"]) <= stumble[1]:
        return f"the software stumbles: {stumble[2]}"
    return ""


def read_latency(folder: Path, catalogue: Catalogue) -> Rows:
    """llm_serving_latency.csv: three engines, no power; one row per measurement, of which many stand there twice.

    Mean time per token = (TTFT + TPOT (n - 1)) / n, so that it carries the share of prefill.
    """
    found, seen = Rows(), set()
    for row in table_rows(folder / "llm_serving_latency.csv"):
        reason = _latency_fault(row, catalogue)
        key = (row["system"], row["backend"], row["precision"], row["silicon_ttft_ms"], row["silicon_tpot_ms"])
        if not reason and key in seen:
            reason = "the same measurement stands in the table twice"
        if reason:
            found.left.append((row["id"], reason))
            continue
        seen.add(key)
        found.used.append(_latency_row(row, catalogue))
    return found.without_stumbles()


def _latency_fault(row: dict[str, str], catalogue: Catalogue) -> str:
    """Why a row of llm_serving_latency.csv is not used; empty where it is."""
    return next(_latency_faults(row, catalogue), "")


def _latency_faults(row: dict[str, str], catalogue: Catalogue) -> Iterator[str]:
    if row["system"] not in ACCELERATORS:
        yield "disaggregated serving"  # all rows of GB200
    if row_model(row["model_path"], catalogue) is None:
        yield "a shape that the program does not describe"
    if not row["concurrency"]:
        yield "concurrency is not told"
    if row["model_path"] == "deepseek-ai/DeepSeek-R1":
        yield "multi-token prediction is on in some of these rows and not told; rows of DeepSeek-V3 have it off"
    if row["precision"] == "int4":
        yield "weights in int4 are read at a third of the rate of fp4: one model on one engine only"
    if "NVFP4" in row["model_path"]:
        yield "multi-token prediction is on in some of these rows and not told"
    split, experts, ranks = int(row["tp_size"]), int(row["moe_ep_size"]), _ranks(row)
    if split > 1 and ranks > 1:
        yield "accelerators are not told apart: the same times stand under plain tensor parallel"
    if (split * ranks) % experts:
        yield "expert groups do not divide the accelerators"
    whole = float(row["silicon_ttft_ms"]) + float(row["silicon_tpot_ms"]) * float(row["osl"])
    if float(row["silicon_ttft_ms"]) > QUEUED_SHARE * whole and float(row["concurrency"]) > QUEUED_FROM:
        yield "requests wait: fewer run than are counted"


def _ranks(row: dict[str, str]) -> int:
    return int(float(row["attention_dp_size"])) if row["attention_dp_size"] else 1


def _latency_row(row: dict[str, str], catalogue: Catalogue) -> MeasuredRow:
    model = row_model(row["model_path"], catalogue)
    assert model is not None
    prompt, output = float(row["isl"]), float(row["osl"])
    accelerator, engine = ACCELERATORS[row["system"]], ENGINES[row["backend"]]
    # gpt-oss is published in fp4 alone: fp8 in its rows is the format that it computes in
    narrow = model.name.startswith("gpt-oss")
    weights = catalogue.precision("fp4" if narrow else PRECISIONS.get(row["precision"], "bf16"))
    whole_ms = float(row["silicon_ttft_ms"]) + float(row["silicon_tpot_ms"]) * (output - 1.0)
    return MeasuredRow(
        dataset="latency",
        row=row["id"],
        model=model.name,
        variant=Variant(model=model, weights=weights, kv_cache=catalogue.precision(_cache(row))),
        accelerator=accelerator,
        engine=engine,
        layout=_latency_layout(row),
        batch=float(row["concurrency"]),
        input_tokens=prompt,
        output_tokens=output,
        context_tokens=held_context_tokens(prompt, output, 0.0),
        tpot_s=whole_ms / output / 1000.0,
        power_w=None,
        year=software_year(row),
    )


def _latency_layout(row: dict[str, str]) -> Layout:
    """The layout; degrees of experts in tensor and expert parallel are alternatives.

    A row of 8 x 8 = 64 accelerators repeats the times of a row of 8 to the last digit: what the table multiplies is
    one group told twice.
    """
    split, ranks = int(row["tp_size"]), _ranks(row)
    inner, outer = int(row["moe_tp_size"]), int(row["moe_ep_size"])
    if inner > 1 and inner == outer and split * ranks == inner * outer:
        split, ranks = (inner, 1) if ranks == 1 else (1, inner)
    return Layout(tensor_parallel=split, expert_parallel=outer, data_parallel=ranks)


def _cache(row: dict[str, str]) -> str:
    """Number format of the KV cache, which the table does not tell.

    TensorRT-LLM keeps that of 8- and 4-bit models in fp8. vLLM's default is 16 bits; Llama-3.1-70B on B200 is the
    exception: from 1,024 to 8,192 output tokens at batch 64 its time per token grows by what 8-bit caches ask (2.8 ms
    measured, 2.9 expected, 10 expected of 16 bits).
    """
    if row["precision"] not in ("fp8", "fp4"):
        return "bf16"
    if row["backend"] == "trtllm" or (row["model_path"].endswith("Llama-3.1-70B") and row["system"] == "b200_sxm"):
        return "fp8"
    return "bf16"


def table_rows(path: Path) -> Iterator[dict[str, str]]:
    """Rows of a CSV table by column."""
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
