"""A scenario's document at another place: its relative paths lead from there to the same files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path


def relocated(document: Mapping[str, object], old: Path, new: Path) -> dict[str, object]:
    """A copy of a resolved document whose relative paths, seen from the folder `old`, hold in the folder `new`."""
    return {key: _moved(value, key in {"catalog", "file"}, old, new) for key, value in document.items()}


def _moved(value: object, is_path: bool, old: Path, new: Path) -> object:
    if isinstance(value, Mapping):
        return {key: _moved(held, key == "file", old, new) for key, held in value.items()}
    if isinstance(value, list):
        return [_moved(held, False, old, new) for held in value]
    if is_path and isinstance(value, str) and not Path(value).is_absolute():
        named = old / value
        return os.path.relpath(named.parent.resolve() / named.name, new.resolve())  # folders may be links
    return value
