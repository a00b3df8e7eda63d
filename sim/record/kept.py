"""A ledger as a study keeps it for each of its runs: totals as JSON, the meter as compressed columns; and back again.

Floats keep every bit, so that what is computed from a ledger read back equals what was computed when it was new.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass
from functools import cache
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

import numpy as np

from sim.record.files import meter_columns
from sim.record.ledger import Floats, Ledger, Meter

HEAD_BYTES = 4  # before the head of a packed meter: its length


@dataclass(frozen=True, slots=True)
class Packed:
    """A ledger in two parts: everything but the meter as JSON, and the meter's columns."""

    totals: str
    meter: bytes


def pack(ledger: Ledger) -> Packed:
    """The ledger, ready to be kept."""
    columns = meter_columns(ledger.meter)
    still = {name: float(column[0]) for name, column in columns.items() if _is_still(column)}
    moving = {name: column for name, column in columns.items() if name not in still}
    rows = len(ledger.meter.start_s)
    order = {"rows": rows, "columns": [[name, still.get(name)] for name in columns]}
    head, body = json.dumps(order).encode(), b"".join(column.tobytes() for column in moving.values())
    return Packed(totals_text(ledger), len(head).to_bytes(HEAD_BYTES, "little") + head + _compressed(body))


def totals_text(ledger: Ledger) -> str:
    """Everything but the meter, as JSON."""
    totals = {each.name: _plain(getattr(ledger, each.name)) for each in fields(ledger) if each.name != "meter"}
    return json.dumps(totals, allow_nan=False)


def unpack(packed: Packed) -> Ledger:
    """The ledger that was packed, equal in every bit."""
    return ledger_of(packed.totals, _columns(packed.meter))


def _columns(kept: bytes) -> dict[str, Floats]:
    """The columns of the meter; one that never changes is kept as its value."""
    begin = HEAD_BYTES + int.from_bytes(kept[:HEAD_BYTES], "little")
    order = json.loads(kept[HEAD_BYTES:begin])
    rows, named = order["rows"], order["columns"]
    moving = [name for name, still in named if still is None]
    block = _restored(kept[begin:], 8 * rows * len(moving))
    held = dict(zip(moving, np.frombuffer(block, np.float64).reshape(len(moving), rows), strict=True))
    return {name: held[name] if still is None else np.full(rows, still) for name, still in named}


def _is_still(column: Floats) -> bool:
    """Whether a column holds one value, to the bit, throughout."""
    bits = column.view(np.int64)
    return len(bits) > 0 and bool((bits == bits[0]).all())


def _compressed(body: bytes) -> bytes:
    import pyarrow as pa

    return bytes(pa.compress(body, codec="zstd", asbytes=True))


def _restored(body: bytes, size: int) -> bytes:
    import pyarrow as pa

    return bytes(pa.decompress(body, size, codec="zstd", asbytes=True))


def ledger_of(totals: str, columns: Mapping[str, Floats]) -> Ledger:
    """The ledger of its totals as JSON and the columns of its meter."""
    hints, held = _types(Ledger), json.loads(totals)
    typed: dict[str, Any] = {name: _typed(hints[name], value) for name, value in held.items()}
    return Ledger(meter=_meter(columns), **typed)


def _meter(columns: Mapping[str, Floats]) -> Meter:
    """The meter from its flat columns, `group.name` for those of a pool, service or stream of jobs."""
    none = np.zeros_like(columns["facility_w"])  # ledgers from before sites had batteries
    columns = {"battery_w": none, "stored_j": none, "grid_w": columns["facility_w"], **columns}
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
