"""A ledger as a study keeps it for each of its runs: totals as JSON, the meter as compressed columns; and back again.

Floats keep every bit, so that what is computed from a ledger read back equals what was computed when it was new.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass
from functools import cache
from types import UnionType
from typing import TYPE_CHECKING, Any, get_args, get_origin, get_type_hints

import numpy as np

from sim.record.files import meter_columns
from sim.record.ledger import Floats, Ledger, Meter

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Packed:
    """A ledger in two parts: everything but the meter as JSON, and the meter's columns."""

    totals: str
    meter: bytes


def pack(ledger: Ledger) -> Packed:
    """The ledger, ready to be kept."""
    import pyarrow as pa

    columns = pa.table(dict(meter_columns(ledger.meter)))
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_stream(sink, columns.schema, options=options) as writer:
        writer.write_table(columns)
    return Packed(totals_text(ledger), sink.getvalue().to_pybytes())


def totals_text(ledger: Ledger) -> str:
    """Everything but the meter, as JSON."""
    totals = {each.name: _plain(getattr(ledger, each.name)) for each in fields(ledger) if each.name != "meter"}
    return json.dumps(totals, allow_nan=False)


def unpack(packed: Packed) -> Ledger:
    """The ledger that was packed, equal in every bit."""
    import pyarrow as pa

    with pa.ipc.open_stream(packed.meter) as reader:
        columns: pa.Table = reader.read_all()
    return ledger_of(packed.totals, {name: columns[name].to_numpy() for name in columns.column_names})


def ledger_of(totals: str, columns: Mapping[str, Floats]) -> Ledger:
    """The ledger of its totals as JSON and the columns of its meter."""
    hints, held = _types(Ledger), json.loads(totals)
    typed: dict[str, Any] = {name: _typed(hints[name], value) for name, value in held.items()}
    return Ledger(meter=_meter(columns), **typed)


def _meter(columns: Mapping[str, Floats]) -> Meter:
    """The meter from its flat columns, `group.name` for those of a pool, service or stream of jobs."""
    held: dict[str, Any] = {each.name: columns.get(each.name, {}) for each in fields(Meter)}
    for name, column in columns.items():
        group, dot, owner = name.partition(".")
        if dot:
            held[group] = {**held[group], owner: column}
    return Meter(**held)


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, Mapping):
        return {str(name): _plain(held) for name, held in value.items()}
    if isinstance(value, np.generic):
        return value.item()
    return value


def _typed(hint: object, value: object) -> object:
    """A value of JSON as the type that a field of the ledger asks for."""
    origin, inner = get_origin(hint), get_args(hint)
    if isinstance(hint, UnionType):
        return None if value is None else _typed(inner[0], value)
    if isinstance(value, list):
        return tuple(value)
    if isinstance(value, Mapping):
        held = _types(hint) if isinstance(hint, type) and origin is None else dict.fromkeys(value, inner[-1])
        typed = {name: _typed(held[name], each) for name, each in value.items()}
        return hint(**typed) if isinstance(hint, type) and origin is None else typed
    return value


@cache
def _types(kind: type) -> Mapping[str, object]:
    """Types of a dataclass's fields by name; working them out takes longer than using them."""
    return get_type_hints(kind)
