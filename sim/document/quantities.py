"""Units that stand in key names: what a key counts in words, and what to write for a text such as '0.7 kW'."""

from __future__ import annotations

import re
from typing import Final

# suffix -> (words, dimension, factor to the dimension's first unit); scales are by definition
_UNITS: Final[dict[str, tuple[str, str, float]]] = {
    "s": ("seconds", "time", 1.0),
    "ms": ("milliseconds", "time", 1e-3),
    "min": ("minutes", "time", 60.0),
    "h": ("hours", "time", 3600.0),
    "y": ("years of 8760 hours", "time", 3600.0 * 8760.0),
    "w": ("watts", "power", 1.0),
    "kw": ("kilowatts", "power", 1e3),
    "mw": ("megawatts", "power", 1e6),
    "j": ("joules", "energy", 1.0),
    "kwh": ("kilowatt-hours", "energy", 3.6e6),
    "mwh": ("megawatt-hours", "energy", 3.6e9),
    "c": ("degrees Celsius", "temperature", 1.0),
    "k": ("kelvin", "temperature difference", 1.0),
    "usd": ("US dollars", "money", 1.0),
    "kg": ("kilograms", "mass", 1.0),
    "g": ("grams", "mass", 1e-3),
    "tonne": ("tonnes", "mass", 1e3),
    "l": ("litres", "volume", 1.0),
    "m3": ("cubic metres", "volume", 1e3),
    "m": ("metres", "length", 1.0),
    "km": ("kilometres", "length", 1e3),
    "mhz": ("megahertz", "frequency", 1e6),
    "ghz": ("gigahertz", "frequency", 1e9),
    "hz": ("hertz", "frequency", 1.0),
    "gb": ("gigabytes", "memory", 1e9),
    "tb": ("terabytes", "memory", 1e12),
    "bytes": ("bytes", "memory", 1.0),
}
_SPELLINGS: Final = {"°c": "c", "degc": "c", "$": "usd", "dollars": "usd", "hours": "h", "hour": "h", "hr": "h",
                     "seconds": "s", "sec": "s", "years": "y", "year": "y", "minutes": "min", "watts": "w"}  # fmt: skip
_QUANTITY: Final = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*([^\s\d].*?)\s*")


def unit_words(key: str) -> str | None:
    """What a key counts, from its suffix: 'power_cap_w' -> 'watts', 'usd_per_kwh' -> 'US dollars per kwh'."""
    quantity, per, divisor = key.rpartition("_per_")
    suffix = (quantity if per else divisor).rpartition("_")[2]
    # one letter alone is a symbol, not a unit
    if suffix not in _UNITS or suffix == key:
        return None
    words = _UNITS[suffix][0]
    return f"{words} per {divisor.replace('_', ' ')}" if per else words


def rewritten(key: str, text: str) -> str | None:
    """The plain number to write where a text with a unit was given for a key; None where it cannot be told.

    A missing unit counts as the key's own ('8' -> '8'); one of another dimension is not converted.
    """
    try:
        return _plain(float(text)) if len(text) < 40 else None
    except ValueError:
        found = _QUANTITY.fullmatch(text[:80])
    suffix = key.rpartition("_")[2]
    if found is None or suffix not in _UNITS or "_per_" in key:
        return None
    unit = found[2].lower()
    unit = _SPELLINGS.get(unit, unit)
    _, dimension, factor = _UNITS[suffix]
    if unit not in _UNITS or _UNITS[unit][1] != dimension:
        return None
    return _plain(float(found[1]) * _UNITS[unit][2] / factor)


def _plain(number: float) -> str | None:
    return f"{number:.10g}" if abs(number) < float("inf") else None
