"""The console of tables and warnings."""

from __future__ import annotations

from rich.console import Console


class Terminal(Console):
    """A console whose reader may leave early, as `head` does, without that being an error of this program."""

    def on_broken_pipe(self) -> None:
        """Passes the ending on to who knows the exit codes, instead of ending the process with 1."""
        raise BrokenPipeError
