"""Puts fitted constants into the catalogue's data files and leaves every other line of them alone."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from sim.catalog.entries import EngineFit, PowerCurve
from sim.catalog.reader import DATA

Sources = Mapping[str, Sequence[str]]  # source text -> the constants it stands for; none: all of them
FITTED_POWER = ("floor_w", "memory_w", "compute_w", "split_w")


def write_power(accelerator: str, curve: PowerCurve, source: str) -> None:
    """Rewrites the `power:` block of an accelerator and the source of its figures."""
    path = DATA / "accelerators" / f"{accelerator}.yaml"
    text = path.read_text(encoding="utf-8")
    block = ", ".join(f"{name}: {float(f'{value:.3g}'):g}" for name, value in asdict(curve).items())
    text, blocks = re.subn(r"^power: \{.*\}$", f"power: {{{block}}}", text, flags=re.MULTILINE)
    measured = [name for name in FITTED_POWER if name != "split_w" or curve.split_w > 0.0]
    lines = [_source_line(source, [f"power.{name}" for name in measured])]
    lines.append(_source_line("assumed: a few seconds until firmware idles", ["power.linger_s"]))
    if curve.split_w == 0.0:
        lines.append(_source_line("assumed: no measured row shares a model", ["power.split_w"]))
    text = re.sub(r"^  .*: \[power(\.\w+)?(, power\.\w+)*\]\n", "", text, flags=re.MULTILINE)
    text = text.replace("\nsources:\n", "\nsources:\n" + "".join(lines))
    _replace(path, text, blocks)


def write_engine(
    engine: str, fits: Mapping[str, tuple[EngineFit, Sources]], fallback: EngineFit, fallback_source: str
) -> None:
    """Rewrites `fits:` and `fallback:` of an engine and their sources."""
    path = DATA / "engines" / f"{engine}.yaml"
    text = path.read_text(encoding="utf-8")
    head = "fits:" + ("" if fits else " {}") + "\n"
    head += "".join(f"  {name}:\n{_constants(fit, 4)}" for name, (fit, _) in fits.items())
    head += f"fallback:\n{_constants(fallback, 2)}"
    text, blocks = re.subn(r"^fits:.*?(?=^memory_share:)", head, text, flags=re.MULTILINE | re.DOTALL)
    lines = [
        _source_line(text, [f"fits.{name}.{constant}" for constant in constants] or [f"fits.{name}"])
        for name, (_, sources) in fits.items()
        for text, constants in sources.items()
    ]
    lines.append(_source_line(fallback_source, ["fallback"]))
    text = re.sub(r"^  .*: \[(fits\.[^\]]*|fallback)\]\n", "", text, flags=re.MULTILINE)
    text = text.replace("\nsources:\n", "\nsources:\n" + "".join(lines))
    _replace(path, text, blocks)


def _constants(fit: EngineFit, indent: int) -> str:
    return "".join(f"{' ' * indent}{name}: {value:.3g}\n" for name, value in asdict(fit).items())


def _source_line(source: str, figures: list[str]) -> str:
    return f'  "{source}": [{", ".join(figures)}]\n'


def _replace(path: Path, text: str, blocks: int) -> None:
    if blocks != 1:
        raise SystemExit(f"{path} is not laid out as expected; nothing written")
    path.write_text(text, encoding="utf-8")
