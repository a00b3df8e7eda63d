"""One measured batch of a model that takes items, and the names by which tables call accelerators."""

from __future__ import annotations

import re
from dataclasses import dataclass

# A100 stands beside its memory size; V100 of DGX-1 and DGX-2 is the SXM2 part. The first that matches counts.
ACCELERATORS = (
    (r"A100.{0,16}40 ?GB?", "a100-40g-sxm"),
    (r"A100", "a100-80g-sxm"),
    (r"V100", "v100-sxm2"),
    (r"\bT4\b", "t4"),
    (r"\bA30\b", "a30"),
    (r"^H100$|H100-SXM", "h100-sxm"),
    (r"H200-SXM", "h200-sxm"),
    (r"^B200$|B200-SXM", "b200"),
    (r"L40S", "l40s"),
    (r"L4-PCIe", "l4"),
    (r"RTX PRO 6000", "rtx-pro-6000"),
    (r"MI325X", "mi325x"),
    (r"\bGB200\b", "gb200"),
)


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One measured batch; rows of one `curve` differ in batch and number of accelerators alone."""

    dataset: str
    row: str
    family: str
    model: str
    accelerator: str
    engine: str
    precision: str
    accelerators: int
    batch: float  # items; seconds of speech
    batch_s: float
    power_w: float | None = None  # per accelerator

    @property
    def curve(self) -> tuple[str, str, str, str]:
        """Model, accelerator, software and precision."""
        return self.model, self.accelerator, self.engine, self.precision


def accelerator_of(text: str) -> str | None:
    """The catalogue's name of an accelerator; None where the text names none that it has."""
    return next((name for pattern, name in ACCELERATORS if re.search(pattern, text)), None)
