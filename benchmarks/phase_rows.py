"""Rows of splitwise_a100_h100.csv: prompts taken in and tokens decoded, timed apart, with mean power."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measured_rows import MeasuredRow, table_rows
from sim.catalog.reader import Catalogue
from sim.models.layout import Layout
from sim.models.variant import Variant

NEVER_ENDING = 1e12  # tokens of output: a batch that takes in no prompts


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

    def decoding(self, accelerator: str, engine: str, year: int) -> MeasuredRow:
        """The decode phase alone, in the form of other measured rows: no prompts arrive while it lasts."""
        return MeasuredRow(
            dataset="phases",
            row=f"{accelerator} N{self.tensor_parallel} b{self.batch} p{self.prompt_tokens:.0f}",
            model=self.variant.model.name,
            variant=self.variant,
            accelerator=accelerator,
            engine=engine,
            layout=Layout(tensor_parallel=self.tensor_parallel),
            batch=float(self.batch),
            input_tokens=self.prompt_tokens,
            output_tokens=NEVER_ENDING,
            context_tokens=self.prompt_tokens + self.output_tokens / 2.0,
            tpot_s=self.token_s,
            power_w=None,
            year=year,
        )


HARDWARE = {"a100-80g-sxm": "a100-80gb", "h100-sxm": "h100-80gb"}


def splitwise_rows(folder: Path, catalogue: Catalogue, accelerator: str = "a100-80g-sxm") -> Iterator[PhaseRow]:
    """Llama-2-70B (splitwise_a100_h100.csv); rows of batch 64 at two accelerators are suspect and left out.

    Mean power above 2,048 prompt tokens falls where prefill, the hungrier phase, grows: a fault of the measurement.
    """
    bf16 = catalogue.precision("bf16")
    variant = Variant(model=catalogue.model("llama-2-70b"), weights=bf16, kv_cache=bf16)
    for row in table_rows(folder / "splitwise_a100_h100.csv"):
        prompt, batch, parallel = float(row["prompt_size"]), int(row["batch_size"]), int(row["tensor_parallel"])
        if row["model"] != "llama2-70b" or row["hardware"] != HARDWARE[accelerator] or (batch, parallel) == (64, 2):
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
