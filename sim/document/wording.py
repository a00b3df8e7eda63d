"""How faults are worded: values shown harmlessly and in short, names listed, the nearest allowed name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

LONGEST_SHOWN = 60
MOST_LISTED = 12


def shown(value: object) -> str:
    """A value as a message may show it: at most 60 characters, control and direction characters escaped."""
    if isinstance(value, dict):
        return f"a mapping of {len(value)}"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    if value is None or isinstance(value, bool):
        return {None: "nothing", True: "true", False: "false"}[value]
    text = repr(value[: LONGEST_SHOWN + 1] if isinstance(value, str) else value)
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 3] + "..."


def printable(text: str) -> str:
    """Text of a user (a path, a key) with control and direction characters escaped and at most 200 characters."""
    safe = text if text.isprintable() else repr(text)[1:-1]
    return safe if len(safe) <= 200 else safe[:197] + "..."


def nearest(word: str, allowed: Iterable[str]) -> str | None:
    """The allowed name that most resembles the word; None where none comes near."""
    names = {name.casefold().replace("_", "-"): name for name in allowed}
    wanted = word[:64].casefold().replace("_", "-")
    if wanted in names:
        return names[wanted]
    found = difflib.get_close_matches(wanted, names, n=1, cutoff=0.6)
    return names[found[0]] if found else None


def listed(names: Iterable[str]) -> str:
    """Names in one line, shortened to a dozen."""
    every = [printable(name) for name in names]
    tail = [f"... ({len(every)} in all)"] if len(every) > MOST_LISTED else []
    return ", ".join([*every[:MOST_LISTED], *tail])


def hint(word: str, allowed: Iterable[str]) -> str:
    """What to write instead of an unknown name: `; did you mean 'x'?`, or all that is allowed."""
    names = tuple(allowed)
    near = nearest(word, names)
    if near is not None:
        return f"; did you mean '{printable(near)}'?"
    return f"; allowed: {listed(names)}" if names else ""
