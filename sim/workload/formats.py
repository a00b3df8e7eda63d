"""The formats of request traces: what their columns are called, what their clock counts, how they are told apart."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from sim.document.wording import hint, listed, printable
from sim.errors import Problem, TraceError

ARRIVAL: Final = "arrival_s"
INPUT: Final = "input_tokens"
OUTPUT: Final = "output_tokens"
SERVICE: Final = "service_s"
ITEMS: Final = "items"  # images, sequences, samples
AUDIO: Final = "audio_s"

PARQUET_MARK: Final = b"PAR1"
LONGEST_HEADER: Final = 65_536  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFormat:
    """One format: `columns` maps the quantity to the names it may have in the file, the first of which is usual.

    With `gaps`, a request that came to nothing has empty fields.
    """

    name: str
    layout: Literal["csv", "jsonl", "parquet"]
    clock: Literal["wall", "s", "ms"]  # wall: date and time, UTC where no offset stands with it
    columns: Mapping[str, tuple[str, ...]]
    gaps: bool = False

    @property
    def arrival_names(self) -> tuple[str, ...]:
        """Names of the column of arrivals, which tells the formats apart."""
        return self.columns[ARRIVAL]

    def found(self, header: Sequence[str]) -> dict[str, str]:
        """Quantity -> name in the file, for the columns that are there."""
        names = {quantity: [name for name in names if name in header] for quantity, names in self.columns.items()}
        return {quantity: present[0] for quantity, present in names.items() if present}


PLAIN_COLUMNS: Final = {name: (name,) for name in (ARRIVAL, INPUT, OUTPUT, SERVICE, ITEMS, AUDIO)}

REQUEST_FORMATS: Final = {
    known.name: known
    for known in (
        RequestFormat(
            name="azure",
            layout="csv",
            clock="wall",
            columns={ARRIVAL: ("TIMESTAMP",), INPUT: ("ContextTokens",), OUTPUT: ("GeneratedTokens",)},
        ),
        RequestFormat(
            name="burstgpt",
            layout="csv",
            clock="s",
            columns={ARRIVAL: ("Timestamp",), INPUT: ("Request tokens",), OUTPUT: ("Response tokens",)},
        ),
        RequestFormat(
            name="vidur",
            layout="csv",
            clock="s",
            columns={ARRIVAL: ("arrived_at",), INPUT: ("num_prefill_tokens",), OUTPUT: ("num_decode_tokens",)},
        ),
        RequestFormat(
            name="mooncake",
            layout="jsonl",
            clock="ms",
            columns={
                ARRIVAL: ("timestamp",),
                INPUT: ("input_length", "input_tokens"),
                OUTPUT: ("output_length", "output_tokens"),
            },
        ),
        RequestFormat(
            name="gentd26",  # Alibaba's requests for generated images
            layout="csv",
            clock="wall",
            columns={ARRIVAL: ("gmt_create",), ITEMS: ("num_images_per_prompt",), SERVICE: ("exec_time_seconds",)},
            gaps=True,
        ),
        RequestFormat(name="csv", layout="csv", clock="s", columns=PLAIN_COLUMNS),
        RequestFormat(name="parquet", layout="parquet", clock="s", columns=PLAIN_COLUMNS),
    )
}


def tell_format(data: bytes, named: str | None, file: str) -> RequestFormat:
    """The format of a file's content, or the one that is named; TraceError where neither leads to one."""
    if named is not None:
        if named not in REQUEST_FORMATS:
            raise TraceError(Problem(f"no trace format '{printable(named)}'{hint(named, REQUEST_FORMATS)}", file))
        return REQUEST_FORMATS[named]
    if data.startswith(PARQUET_MARK):
        return REQUEST_FORMATS["parquet"]
    if data.lstrip()[:1] == b"{":
        return REQUEST_FORMATS["mooncake"]
    header = csv_header(data, file)
    for known in REQUEST_FORMATS.values():
        if known.layout == "csv" and set(known.arrival_names) & set(header):
            return known
    expected = listed(known.arrival_names[0] for known in REQUEST_FORMATS.values() if known.layout == "csv")
    raise TraceError(
        Problem(f"the header names no column of arrivals; one of these is looked for: {expected}", file, 1)
    )


def csv_header(data: bytes, file: str) -> list[str]:
    """Column names in the first line of a CSV file; TraceError where that is not a line of text."""
    line = data[:LONGEST_HEADER].split(b"\n", 1)[0]
    try:
        header = next(csv.reader([line.decode("utf-8-sig")]), [])
    except (UnicodeDecodeError, csv.Error):
        raise TraceError(Problem("the first line is not a CSV header in UTF-8", file, 1)) from None
    return [name.strip() for name in header]
