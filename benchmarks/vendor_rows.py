"""Inference rows of the vendor's performance tables, which are text: units, precision and layout differ by table.

Read are tables of one accelerator with a batch and a throughput, or (speech) a batch, a duration and a mean latency.
Tables of one section follow each other without a mark: a batch that does not rise begins the next one, which is
counted in the name of the software, as the text does not tell what sets it apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from benchmarks.item_row import ItemRow, accelerator_of

USED = re.compile(r"nference performance|Offline scenario|Throughput/Latency|Inference results")
# Several accelerators, an unknown batch, rows that another table holds too, training, text generation
PASSED_OVER = re.compile(r"\(8x|\(16x|Online scenario|raining performance")
OTHER_FILES = re.compile(r"BERT/triton/|GNMT|triton/(se-)?resnext|SE3Transformer|trtis|GPUNet/README|biobert")
FAMILIES = (
    (r"BERT", "encoder"),
    (r"Jasper|QuartzNet|wav2vec2", "speech"),
    (r"DLRM|SIM", "recommendation"),
    (r"FastPitch|Tacotron", "speech-synthesis"),
)
PRECISIONS = ((r"FP32", "fp32"), (r"TF32", "tf32"), (r"Mixed|FP16|AMP", "fp16"))
MODELS = {"resnet50v1.5": "resnet-50", "DLRM": "dlrm", "BERT": "bert"}
THROUGHPUT = re.compile(r"throughput|inferences/second|img/s", re.IGNORECASE)
SUFFIXES = {"": 1.0, "k": 1e3, "M": 1e6}


def vendor_rows(dataset: str, table: Iterator[dict[str, str]]) -> Iterator[ItemRow]:
    """All rows that can be read, in the order of the table."""
    tables: dict[tuple[str, str, str, str], tuple[int, float]] = {}  # number of the table, and its last batch
    for index, raw in enumerate(table):
        base = _base(dataset, index, raw)
        if base is None:
            continue
        if base.family == "speech":
            yield from _speech(base, raw)
            continue
        row = _throughput(base, raw)
        if row is None:
            continue
        place = (raw["file"], raw["section"], row.model, row.engine)
        number, last = tables.get(place, (1, 0.0))
        number += row.batch <= last
        tables[place] = number, row.batch
        yield replace(row, engine=f"{row.engine}, table {number}" if number > 1 else row.engine)


def _base(dataset: str, index: int, raw: dict[str, str]) -> ItemRow | None:
    """What the place of a row tells; None for a row of no use."""
    file, section = raw["file"], raw["section"]
    if not USED.search(section) or PASSED_OVER.search(section) or OTHER_FILES.search(file):
        return None
    accelerator = accelerator_of(section)
    if "DLRM/triton" in file:  # V100, as the page says above its tables; its last one is of a CPU
        accelerator = None if "Avg Latency" in raw["header"] else "v100-sxm2"
    if accelerator is None:
        return None
    parts = file.split("/")
    name = parts[-3] if parts[-2] == "triton" else parts[-2]
    return ItemRow(
        dataset=dataset,
        row=str(index),
        family=next((family for pattern, family in FAMILIES if re.search(pattern, file)), "vision"),
        model=MODELS.get(name, name.lower()),
        accelerator=accelerator,
        engine=", ".join(filter(None, (parts[0].lower(), _machine(section)))),
        precision=next((name for pattern, name in PRECISIONS if re.search(pattern, section.split(">")[-1])), "?"),
        accelerators=1,
        batch=0.0,
        batch_s=0.0,
    )


def _throughput(base: ItemRow, raw: dict[str, str]) -> ItemRow | None:
    """A row of a table with batch and throughput; the cells before the batch are part of the model's name."""
    head = [cell.strip() for cell in raw["header"].split("|")]
    cells = [cell.strip() for cell in raw["row"].split("|")]
    batch_at = next((i for i, cell in enumerate(head) if re.match(r"(?i)batch", cell)), None)
    rate_at = next((i for i, cell in enumerate(head) if THROUGHPUT.search(cell) and "speed" not in cell), None)
    if batch_at is None or rate_at is None or len(cells) <= max(batch_at, rate_at):
        return None
    batch, rate = _number(cells[batch_at]), _number(cells[rate_at])
    if not batch or not rate:
        return None
    label = [cell for name, cell in zip(head[:batch_at], cells, strict=False) if name not in ("GPUs", "Precision")]
    more = [cells[i] for i, name in enumerate(head[:rate_at]) if name in ("Precision", "XLA", "AMP", "Resolution")]
    model = "-".join([base.model, *(cell for cell in label if cell.lower() != base.model)]).lower()
    model = re.sub(r"^efficientnet-(?=efficientnet)", "", model)
    named = next((cell for cell in more if re.fullmatch(r"(?i)fp16|fp32|tf32", cell)), base.precision)
    others = [cell for cell in more if cell != named]
    return replace(
        base,
        model=model,
        precision=named.lower(),
        engine=", ".join((base.engine, *others)),
        batch=batch,
        batch_s=batch / rate,
    )


def _speech(base: ItemRow, raw: dict[str, str]) -> Iterator[ItemRow]:
    """Both precisions of a row with batch, duration and latencies; an item is a second of speech."""
    cells = [cell.strip() for cell in raw["row"].split("|")]
    numbers = [_number(cell) for cell in cells]
    if len(cells) < 10 or numbers[0] is None or numbers[1] is None:
        return
    other = "tf32" if "TF32" in raw["header"] else "fp32"
    for at, precision in ((5, "fp16"), (9, other)):
        latency_ms = numbers[at]
        if latency_ms:
            batch = numbers[0] * numbers[1]
            yield replace(base, precision=precision, batch=batch, batch_s=latency_ms / 1000.0)


def _machine(section: str) -> str:
    """What sets machines with the same accelerator apart."""
    found = re.search(r"DGX-[12]H?|DGX A100", section)
    memory = re.search(r"(16|32|40|80) ?GB?\b", section)
    return " ".join(part.group(0) for part in (found, memory) if part)


def _number(text: str) -> float | None:
    """A figure with its suffix (12.5k, 1.1M, 96 img/s); None where the cell holds none."""
    found = re.match(r"~?(\d[\d.,]*)\s*([kM]?)", text)
    if found is None:
        return None
    return float(found[1].replace(",", "")) * SUFFIXES[found[2]]
