"""Puts fitted paces of models, and the curve fitted under power caps, into the catalogue's data files."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from sim.catalog.entries import Accelerator, ItemPace
from sim.catalog.reader import DATA

SCALED = "assumed: scaled by TDP from "
CURVE = ("floor_w", "memory_w", "compute_w", "split_w")
FITTED = "[clock.knee_mhz, clock.knee_voltage, power.floor_w, power.memory_w, power.compute_w]"


Sources = Mapping[str, Sequence[str]]  # source text -> the constants it stands for; none: all of them


def write_paces(model: str, paces: Mapping[str, tuple[ItemPace, Sources]], fallback: ItemPace, source: str) -> None:
    """Rewrites `paces:` and `fallback:` of a model's items, each with its sources."""
    path = DATA / "models" / f"{model}.yaml"
    lines = "".join(f"    {name}: {_block(pace)}\n" for name, (pace, _) in paces.items())
    head = f"  paces:\n{lines}  fallback: {_block(fallback)}\n"
    text, blocks = re.subn(
        r"^  paces:.*?^  fallback: \{.*?\}\n", head, path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL
    )
    text = re.sub(r"^  .*: \[items\.(paces[^\]]*|fallback)\]\n", "", text, flags=re.MULTILINE)
    told: dict[str, list[str]] = {}
    for name, (_, origins) in paces.items():
        for where, constants in origins.items():
            figures = [f"items.paces.{name}.{constant}" for constant in constants] or [f"items.paces.{name}"]
            told.setdefault(where, []).extend(figures)
    sources = [f'  "{where}": [{", ".join(figures)}]\n' for where, figures in told.items()]
    _replace(path, text + "".join(sources) + f'  "{source}": [items.fallback]\n', blocks)


def write_traffic(model: str, traffic_bytes: float, source: str) -> None:
    """Rewrites the memory traffic per item of a model, and its source."""
    path = DATA / "models" / f"{model}.yaml"
    text = path.read_text(encoding="utf-8")
    text, blocks = re.subn(r"^  traffic_bytes: .*$", f"  traffic_bytes: {traffic_bytes:.3g}", text, flags=re.MULTILINE)
    line = f'  "{source}": [items.traffic_bytes]'
    _replace(path, re.sub(r"^  .*: \[items\.traffic_bytes\]$", line, text, flags=re.MULTILINE), blocks)


def write_curve(accelerator: Accelerator, source: str) -> None:
    """Rewrites power and knee of an accelerator, and those of the accelerators whose sources say they are scaled."""
    name = accelerator.name
    for path in sorted((DATA / "accelerators").glob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        if path.stem == name:
            text = _with_knee(text, accelerator)
            text = re.sub(rf"^  .*: {re.escape(FITTED)}$", f'  "{source}": {FITTED}', text, flags=re.MULTILINE)
            _replace(path, *_with_power(text, accelerator, 1.0))
            continue
        if f"knee as fitted on {name}" in text:
            text = _with_knee(text, accelerator)
            _replace(path, text, 1)
        if f'"{SCALED}{name}": [power]' in text:
            found = re.search(r"^tdp_w: ([\d.]+)$", text, re.MULTILINE)
            assert found is not None
            _replace(path, *_with_power(text, accelerator, float(found[1]) / accelerator.tdp_w))


def _with_knee(text: str, accelerator: Accelerator) -> str:
    """The knee at the same share of the highest clock, at the same share of its voltage."""
    found = re.search(r"^clock: .*max_mhz: ([\d.]+)", text, re.MULTILINE)
    assert found is not None
    clock = accelerator.clock
    knee = f"knee_mhz: {round(clock.knee_mhz / clock.max_mhz * float(found[1])):g}"
    return re.sub(r"knee_mhz: [\d.]+, knee_voltage: [\d.]+", f"{knee}, knee_voltage: {clock.knee_voltage:.3g}", text)


def _with_power(text: str, accelerator: Accelerator, share: float) -> tuple[str, int]:
    figures = {name: f"{getattr(accelerator.power, name) * share:.3g}" for name in CURVE}
    block = ", ".join(f"{name}: {value}" for name, value in figures.items())
    return re.subn(r"^power: \{floor_w.*?split_w: [\d.]+", f"power: {{{block}", text, flags=re.MULTILINE)


def _block(pace: ItemPace) -> str:
    parts = asdict(pace)
    kept = [name for name in parts if name in ("batch_s", "peak_share") or parts[name] > 0.0]
    return "{" + ", ".join(f"{name}: {parts[name]:.3g}" for name in kept) + "}"


def _replace(path: Path, text: str, blocks: int) -> None:
    if blocks != 1:
        raise SystemExit(f"{path} is not laid out as expected; nothing written")
    path.write_text(text, encoding="utf-8")
