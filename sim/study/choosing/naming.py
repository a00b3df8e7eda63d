"""Names of measures and of their combinations, short enough for a table and never the same for two."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from sim.scenario.specs import Measure, PlantSpec

NOTHING = "baseline"


def measure_name(measure: Measure, long: bool = False) -> str:
    """`quantise fp8`, `power_cap_w 500`, `autoscale 0.7 (chat)`; `long` writes the options' own names out."""
    setting = _setting(measure.kind, measure.options, long)
    targets = f" ({', '.join(measure.targets)})" if measure.targets else ""
    return " ".join(part for part in (measure.kind, setting) if part) + targets


def combination_names(combinations: Sequence[Sequence[Measure]]) -> list[str]:
    """`quantise fp8 + power_cap_w 500`; options by name where that is needed to tell two apart, else a number."""
    short, long = ([_joined(each, spelt) for each in combinations] for spelt in (False, True))
    taken = Counter(short)
    names = [name if taken[name] == 1 else other for name, other in zip(short, long, strict=True)]
    seen: Counter[str] = Counter()
    for index, name in enumerate(names):
        seen[name] += 1
        if seen[name] > 1:
            names[index] = f"{name} #{seen[name]}"
    return names


def _joined(measures: Sequence[Measure], long: bool) -> str:
    return " + ".join(measure_name(each, long) for each in measures) or NOTHING


def _setting(kind: str, options: Mapping[str, object], long: bool) -> str:
    if set(options) == {kind}:
        return _value(options[kind], long)
    return _listed(options, long)


def _listed(options: Mapping[str, object], long: bool) -> str:
    """Values alone where they are plain, else with their names."""
    return " ".join(
        f"{name}={_value(value, long)}"
        if long
        else f"{name} {_value(value, long)}"
        if isinstance(value, Mapping)
        else _value(value, long)
        for name, value in options.items()
    )


def _value(value: object, long: bool) -> str:
    if isinstance(value, PlantSpec):
        return " ".join((value.type.name, *(f"{name}={figure:g}" for name, figure in value.overrides.items())))
    if isinstance(value, Mapping):
        return _listed(value, long)
    return f"{value:g}" if isinstance(value, float) else str(value)
