"""What results depend on besides their input: the code and the catalogue that they were made with."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Final

NOT_RESULTS: Final = frozenset({"cli", "report", "study"})  # packages that show results or arrange runs


@cache
def code_version() -> str:
    """Version of this package with a digest of the sources and data that a result comes from.

    Two versions, or two states of one checkout, never take each other's results for their own.
    """
    digest = hashlib.sha256()
    for path in _sources(Path(__file__).parent.parent):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return f"{version('dcsim')}+{digest.hexdigest()[:16]}"


def _sources(package: Path) -> list[Path]:
    inner = [each for each in package.iterdir() if each.is_dir() and each.name not in NOT_RESULTS]
    found = [path for folder in inner for ending in ("*.py", "*.yaml") for path in folder.rglob(ending)]
    return sorted([*found, *package.glob("*.py")])
