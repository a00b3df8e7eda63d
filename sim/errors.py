"""The errors a user can meet; each carries text that says where, what, what is allowed and what to do.

```
SimError
├── UsageError          exit 2: the command line asks for something that does not exist
├── InputError          exit 3: a scenario, trace, catalogue or series file is not right
│   ├── ScenarioError
│   ├── TraceError
│   ├── SeriesError     weather, price and carbon files
│   └── CatalogueError
├── DemandError         exit 5: the run is fine, a demanded condition is not met
└── InvariantError      exit 1: a conservation law broke; a defect of this program
```
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of an input: `file:line:column: path: text`; unknown parts are left out."""

    text: str
    file: str = ""
    line: int = 0
    column: int = 0
    path: str = ""

    def __str__(self) -> str:
        position = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        return ": ".join(part for part in (position, self.path, self.text) if part)


class SimError(Exception):
    """Any fault that this program explains to its user."""

    exit_code = 1


class UsageError(SimError):
    """The command line names something that does not exist or cannot be done."""

    exit_code = 2


class InputError(SimError):
    """A file is not right; `problems` holds every fault found, in the order of the file."""

    exit_code = 3
    most_shown = 20

    def __init__(self, problems: Problem | str | Iterable[Problem]) -> None:
        if isinstance(problems, str):
            problems = Problem(problems)
        self.problems: Sequence[Problem] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__(str(self))

    def __str__(self) -> str:
        lines = [str(problem) for problem in self.problems[: self.most_shown]]
        if len(self.problems) > self.most_shown:
            lines.append(f"... and {len(self.problems) - self.most_shown} more")
        return "\n".join(lines)


class ScenarioError(InputError):
    """A scenario file, or what it asks for, is not right."""


class TraceError(InputError):
    """A request or job trace is not right."""


class SeriesError(InputError):
    """A weather, price or carbon file is not right."""


class CatalogueError(InputError):
    """A catalogue entry, built in or the user's own, is not right."""


class DemandError(SimError):
    """The command ran, but a condition that the user demanded is not met."""

    exit_code = 5


class InvariantError(SimError):
    """A law that holds on every run is broken: a defect of this program, never of the input."""
