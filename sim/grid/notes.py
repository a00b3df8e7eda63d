"""Who speaks in the messages about one series file, and what it has to warn of."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sim.errors import Problem


@dataclass(frozen=True, slots=True)
class Notes:
    """`what` is the quantity as the user knows it: price, carbon."""

    path: Path
    what: str
    warnings: list[str] = field(default_factory=list)

    @property
    def file(self) -> str:
        """Name of the file, for sentences."""
        return self.path.name

    def warn(self, text: str) -> None:
        """Keep a sentence for the results."""
        self.warnings.append(f"{self.what}: {text}")

    def problem(self, text: str, line: int = 0) -> Problem:
        """A fault of the file."""
        return Problem(text, file=str(self.path), line=line, path=self.what)


def shown(time_s: float) -> str:
    """An instant [s since 1970] as a user reads it."""
    return datetime.fromtimestamp(time_s, UTC).strftime("%Y-%m-%d %H:%M UTC")


def counted(number: int, noun: str) -> str:
    """1 row, 2 rows."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
