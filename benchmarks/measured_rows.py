"""Rows of the measured tables in the form that the calibration uses: one row = one steady state that was measured.

What the tables do not say is assumed here, with the reason beside it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sim.catalog.entries import AIModel
from sim.catalog.reader import Catalogue
from sim.models.variant import Variant

# Mean prompt [tokens] and coefficient of variation of the output length, by task. llm_serving_energy.csv gives neither.
# lm-arena-chat: 300 and .7 reproduce where KV memory stops the batch on one H100: Llama-3.1-8B 738 sequences against
# 691 measured, Qwen3-8B 498 against 474 (a mean output of 397 and 649 tokens tells prompt and spread apart).
# gpqa: a question with four choices; outputs of 8,000 tokens dwarf any prompt, and the plateau at 82 sequences
# (Qwen3-8B, one H100) leaves no room for a spread.
PROMPT_TOKENS = {"lm-arena-chat": 300.0, "gpqa": 300.0}
OUTPUT_CV = {"lm-arena-chat": 0.7, "gpqa": 0.2}

CATALOGUE_NAMES = {
    "meta-llama/Llama-3.1-8B-Instruct": "llama-3.1-8b",
    "meta-llama/Llama-3.1-70B": "llama-3.1-70b",
    "Qwen/Qwen3-8B": "qwen3-8b",
    "Qwen/Qwen3-32B": "qwen3-32b",
}
# Dense models of the table that the catalogue does not hold; shapes from their public config.json. At contexts below
# 1,024 tokens their sliding windows hold everything, so KV is that of full attention.
OTHER_MODELS = {
    "google/gemma-3-12b-it": (11.8e9, 48, 3840, 8, 256),
    "google/gemma-3-27b-it": (27.0e9, 62, 5376, 16, 128),
}
ACCELERATORS = {"H100": "h100-sxm", "B200": "b200", "h100_sxm": "h100-sxm", "b200_sxm": "b200"}
ENGINES = {"vllm": "vllm", "trtllm": "trt-llm", "sglang": "sglang"}


@dataclass(frozen=True, slots=True)
class MeasuredRow:
    """A replica at constant batch: what ran, and what was measured."""

    table: str
    model: str
    variant: Variant
    accelerator: str
    engine: str
    tensor_parallel: int
    batch: int
    input_tokens: float
    output_tokens: float
    context_tokens: float  # held by one sequence in flight, on average
    tpot_s: float  # batch / output tokens per second
    power_w: float | None  # per accelerator


def catalogue_model(model_id: str, catalogue: Catalogue) -> AIModel | None:
    """The model of a table's id; None where this program cannot describe it."""
    if model_id in CATALOGUE_NAMES:
        return catalogue.model(CATALOGUE_NAMES[model_id])
    if model_id not in OTHER_MODELS:
        return None
    parameters, layers, hidden, kv_heads, head_size = OTHER_MODELS[model_id]
    return AIModel(
        name=model_id.rsplit("/", maxsplit=1)[-1],
        family="llm",
        parameters=parameters,
        active_parameters=parameters,
        layers=layers,
        hidden=hidden,
        kv_heads=kv_heads,
        head_size=head_size,
    )


def energy_rows(folder: Path, catalogue: Catalogue) -> Iterator[MeasuredRow]:
    """Dense bf16 rows of llm_serving_energy.csv whose task has text prompts.

    Left out: Llama-3.1-8B on B200 above batch 64, where the serving software stumbles (inter-token latency 9.0 -> 26.7
    ms between batch 64 and 128), which no hardware model should learn.
    """
    bf16 = catalogue.precision("bf16")
    for row in _table(folder / "llm_serving_energy.csv"):
        model = catalogue_model(row["model_id"], catalogue)
        if model is None or row["task"] not in PROMPT_TOKENS or row["weight_precision"] != "bfloat16":
            continue
        if model.name == "llama-3.1-8b" and row["gpu_model"] == "B200" and int(row["max_num_seqs"]) > 64:
            continue
        prompt, output, batch = PROMPT_TOKENS[row["task"]], float(row["avg_output_len"]), float(row["avg_batch_size"])
        yield MeasuredRow(
            table="energy",
            model=model.name,
            variant=Variant(model=model, weights=bf16, kv_cache=bf16),
            accelerator=ACCELERATORS[row["gpu_model"]],
            engine="vllm",
            tensor_parallel=int(row["tensor_parallel"]),
            batch=round(batch),
            input_tokens=prompt,
            output_tokens=output,
            # sequences in flight are length-biased: E[L^2] / (2 E[L]) decoded so far
            context_tokens=prompt + output * (1.0 + OUTPUT_CV[row["task"]] ** 2) / 2.0,
            tpot_s=batch / float(row["output_throughput_tokens_per_sec"]),
            power_w=float(row["power_per_gpu_w"]),
        )


def latency_rows(folder: Path, catalogue: Catalogue) -> Iterator[MeasuredRow]:
    """Rows of llm_serving_latency.csv with a dense model, a stated precision and all clients in flight.

    TensorRT-LLM keeps the KV cache of 8- and 4-bit models in fp8 (assumed: fits better than bf16), vLLM in bf16, its
    default. Mean time per token = (TTFT + TPOT (n - 1)) / n, so that it carries the share of prefill.
    """
    for row in _table(folder / "llm_serving_latency.csv"):
        model = catalogue_model(row["model_path"], catalogue)
        if model is None or row["precision"] == "" or row["system"] not in ACCELERATORS:
            continue
        engine = ENGINES[row["backend"]]
        kv_cache = catalogue.precision("fp8" if engine == "trt-llm" else "bf16")
        prompt, output = float(row["isl"]), float(row["osl"])
        whole_ms = float(row["silicon_ttft_ms"]) + float(row["silicon_tpot_ms"]) * (output - 1.0)
        yield MeasuredRow(
            table="latency",
            model=model.name,
            variant=Variant(model=model, weights=catalogue.precision(row["precision"]), kv_cache=kv_cache),
            accelerator=ACCELERATORS[row["system"]],
            engine=engine,
            tensor_parallel=int(row["tp_size"]),
            batch=round(float(row["concurrency"])),
            input_tokens=prompt,
            output_tokens=output,
            context_tokens=prompt + output / 2.0,
            tpot_s=whole_ms / output / 1000.0,
            power_w=None,
        )


@dataclass(frozen=True, slots=True)
class PhaseRow:
    """A batch of prompts taken in at once, then decoded: times of both phases and mean power."""

    variant: Variant
    tensor_parallel: int
    batch: int
    prompt_tokens: float
    output_tokens: float
    prompt_s: float
    token_s: float
    power_share: float | None  # mean, of board power


def splitwise_rows(folder: Path, catalogue: Catalogue) -> Iterator[PhaseRow]:
    """Llama-2-70B on A100 (splitwise_a100_h100.csv); rows of batch 64 at two accelerators are suspect and left out.

    Mean power above 2,048 prompt tokens falls where prefill, the hungrier phase, grows: a fault of the measurement.
    """
    bf16 = catalogue.precision("bf16")
    # Llama 2 and Llama 3.1 of 70 billion parameters share their shape; the vocabulary differs.
    variant = Variant(model=catalogue.model("llama-3.1-70b"), weights=bf16, kv_cache=bf16)
    for row in _table(folder / "splitwise_a100_h100.csv"):
        prompt, batch, parallel = float(row["prompt_size"]), int(row["batch_size"]), int(row["tensor_parallel"])
        if row["model"] != "llama2-70b" or row["hardware"] != "a100-80gb" or (batch, parallel) == (64, 2):
            continue
        power = float(row["average_power_frac"])
        yield PhaseRow(
            variant=variant,
            tensor_parallel=parallel,
            batch=batch,
            prompt_tokens=prompt,
            output_tokens=float(row["token_size"]),
            prompt_s=float(row["prompt_time_ms"]) / 1000.0,
            token_s=float(row["token_time_ms"]) / 1000.0,
            power_share=power if power > 0.0 and prompt <= 2048 else None,
        )


def _table(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
