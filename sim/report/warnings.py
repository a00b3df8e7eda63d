"""The warnings of a comparison, each said once: replications and mixes repeat them with other numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from sim.study.comparison import Comparison

NUMBER = re.compile(r"\d[\d.,]*")


@dataclass(slots=True)
class _Warning:
    """The first text of its kind, and the mixes that have one like it."""

    text: str
    mixes: list[str] = field(default_factory=list)
    same_text: bool = True


def warning_lines(comparison: Comparison) -> list[str]:
    """One line per kind of warning; it names the mixes concerned unless it says the same of all."""
    kinds: dict[str, _Warning] = {}
    for mix, texts in comparison.warnings.items():
        for text in texts:
            kind = kinds.setdefault(NUMBER.sub("#", text), _Warning(text))
            if mix not in kind.mixes:
                kind.mixes.append(mix)
            kind.same_text = kind.same_text and text == kind.text
    return [_line(kind, everywhere=len(kind.mixes) == len(comparison.mixes)) for kind in kinds.values()]


def _line(kind: _Warning, everywhere: bool) -> str:
    if everywhere and kind.same_text:
        return kind.text
    first, *others = kind.mixes
    return f"{first}: {kind.text}" + (f" (likewise {', '.join(others)})" if others else "")
