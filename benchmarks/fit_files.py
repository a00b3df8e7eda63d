"""Puts fitted constants into the catalogue's data files and leaves every other line of them alone."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from sim.catalog.entries import EngineFit, PowerCurve
from sim.catalog.reader import DATA, Catalogue

Sources = Mapping[str, Sequence[str]]  # source text -> the figures it stands for, without the block's name
FITTED_POWER = ("floor_w", "memory_w", "compute_w", "sequence_w", "split_w")
SCALED = re.compile(r"assumed: scaled by TDP from ([\w-]+)")
COVERED = "measured"  # the block of a fit that says what its rows covered


def write_power(accelerator: str, curve: PowerCurve, source: str) -> None:
    """Rewrites the `power:` block of an accelerator and the source of its figures."""
    path = DATA / "accelerators" / f"{accelerator}.yaml"
    measured = [f"power.{name}" for name in FITTED_POWER if name != "split_w" or curve.split_w > 0.0]
    lines = [_source_line(source, measured)]
    lines.append(_source_line("assumed: a few seconds until firmware idles", ["power.linger_s"]))
    if curve.split_w == 0.0:
        lines.append(_source_line("assumed: no measured row shares a model", ["power.split_w"]))
    text = _with_power(path.read_text(encoding="utf-8"), curve, path)
    text = re.sub(r"^  .*: \[power(\.\w+)?(, power\.\w+)*\]\n", "", text, flags=re.MULTILINE)
    path.write_text(text.replace("\nsources:\n", "\nsources:\n" + "".join(lines)), encoding="utf-8")


def write_scaled_power(fitted: Mapping[str, PowerCurve]) -> None:
    """Rewrites the curves of accelerators without measurements that are scaled by design power from a fitted one."""
    catalogue = Catalogue()
    for path in sorted((DATA / "accelerators").glob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        origin = _scaled_from(text)
        if origin in fitted:
            own, base = catalogue.accelerator(path.stem), catalogue.accelerator(origin)
            ratio = own.tdp_w / base.tdp_w
            figures = {name: getattr(fitted[origin], name) * ratio for name in FITTED_POWER}
            figures["floor_w"] = max(figures["floor_w"], own.idle_w)
            path.write_text(_with_power(text, PowerCurve(**figures), path), encoding="utf-8")


def write_calibration(model: str, factors: Mapping[str, tuple[float, str]]) -> None:
    """Rewrites the `power_calibration:` of a model, accelerator -> (factor, source)."""
    path = DATA / "models" / f"{model}.yaml"
    text = re.sub(r"^power_calibration: .*\n", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    text = re.sub(r"^  .*: \[power_calibration[^\]]*\]\n", "", text, flags=re.MULTILINE)
    block = ", ".join(f"{name}: {factor:.3g}" for name, (factor, _) in factors.items())
    lines = "".join(_source_line(source, [f"power_calibration.{name}"]) for name, (_, source) in factors.items())
    text = text.replace("\nprecision:", f"\npower_calibration: {{{block}}}\nprecision:", 1)
    path.write_text(text.replace("\nsources:\n", "\nsources:\n" + lines), encoding="utf-8")


def write_engine(engine: str, blocks: Mapping[str, tuple[EngineFit, Sources]], version: tuple[str, int]) -> None:
    """Rewrites version, year and constants of an engine and their sources.

    blocks: dotted place -> constants, places being `fits.NAME`, `fallback`, `expert_fits.NAME`, `expert_fallback` and
    `older_fits.NAME`.
    """
    path = DATA / "engines" / f"{engine}.yaml"
    text = path.read_text(encoding="utf-8")
    body = f'version: "{version[0]}"\nyear: {version[1]}\n'
    for kind in ("fits", "fallback", "expert_fits", "expert_fallback", "older_fits"):
        body += _block(kind, {place: fit for place, (fit, _) in blocks.items() if place.split(".")[0] == kind})
    text, found = re.subn(r"^(version|fits):.*?(?=^memory_share:)", body, text, flags=re.MULTILINE | re.DOTALL)
    told: dict[str, list[str]] = {"year of the newest rows measured": ["year"]}
    for place, (_, sources) in blocks.items():
        for source, names in sources.items():
            told.setdefault(source, []).extend(f"{place}.{name}" if name else place for name in names)
    lines = [_source_line(source, figures) for source, figures in told.items()]
    own = r"^  .*: \[(year|(expert_|older_)?(fits|fallback)[^\]]*)\]\n"
    text = re.sub(own, "", text, flags=re.MULTILINE)
    if found != 1:
        raise SystemExit(f"{path} is not laid out as expected; nothing written")
    path.write_text(text.replace("\nsources:\n", "\nsources:\n" + "".join(lines)), encoding="utf-8")


def _block(kind: str, fits: Mapping[str, EngineFit]) -> str:
    if kind.endswith("fallback"):
        return "".join(f"{kind}:\n{_constants(fit, 2)}" for fit in fits.values())
    if not fits:
        return f"{kind}: {{}}\n"
    named = ((place.split(".", maxsplit=1)[1], fit) for place, fit in fits.items())
    return f"{kind}:\n" + "".join(f"  {name}:\n{_constants(fit, 4)}" for name, fit in named)


def _constants(fit: EngineFit, indent: int) -> str:
    figures = {name: value for name, value in asdict(fit).items() if name not in (COVERED, "spread", "models")}
    lines = [f"{name}: {value:.3g}" for name, value in figures.items()]
    if fit.spread:
        lines.append("spread: {" + ", ".join(f"{name}: {value:.2g}" for name, value in fit.spread.items()) + "}")
    if fit.models:
        lines.append(f"models: [{', '.join(fit.models)}]")
    if fit.measured is not None:
        lines.append(
            f"{COVERED}: {{" + ", ".join(f"{name}: {value:g}" for name, value in asdict(fit.measured).items()) + "}"
        )
    return "".join(f"{' ' * indent}{line}\n" for line in lines)


def _scaled_from(text: str) -> str:
    """The accelerator that the power block of a data file says it is scaled from; empty where it does not."""
    for line in text.splitlines():
        match = SCALED.search(line)
        if match and "[power]" in line:
            return match[1]
    return ""


def _with_power(text: str, curve: PowerCurve, path: Path) -> str:
    block = ", ".join(f"{name}: {float(f'{value:.3g}'):g}" for name, value in asdict(curve).items())
    text, blocks = re.subn(r"^power: \{.*\}$", f"power: {{{block}}}", text, flags=re.MULTILINE)
    if blocks != 1:
        raise SystemExit(f"{path} is not laid out as expected; nothing written")
    return text


def _source_line(source: str, figures: Sequence[str]) -> str:
    return f'  "{source}": [{", ".join(figures)}]\n'
