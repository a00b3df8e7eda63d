"""The warnings of a comparison, each said once, with the mixes that it is about."""

from __future__ import annotations

from sim.study.comparison import Comparison


def warning_lines(comparison: Comparison) -> list[str]:
    """One line per warning; it begins with the mixes concerned unless it is about all of them."""
    about: dict[str, list[str]] = {}
    for mix, texts in comparison.warnings.items():
        for text in dict.fromkeys(texts):
            about.setdefault(text, []).append(mix)
    everywhere = len(comparison.mixes)
    return [text if len(mixes) == everywhere else f"{', '.join(mixes)}: {text}" for text, mixes in about.items()]
