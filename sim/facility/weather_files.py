"""Hourly weather files as rows: EPW, TMY2 and TMY3 by pvlib, Open-Meteo's JSON by itself; gzipped or not.

EPW and TMY number their hours by the end, at which the values hold; pvlib gives the start of the hour for EPW and TMY2
and the end for TMY3. Open-Meteo stamps the instant.
"""

from __future__ import annotations

import csv
import io
import json
import math
import tempfile
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.document.gzipped import read_bytes
from sim.errors import Problem, SeriesError
from sim.facility.air import saturation_pressures_pa
from sim.facility.lanes import Floats

if TYPE_CHECKING:
    from pandas import DataFrame

Stamps = NDArray[np.datetime64]
HOUR = np.timedelta64(1, "h")
PA_PER_MBAR = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WeatherRows:
    """What a file states, row by row; NaN where it has no value."""

    stamps: Stamps  # [minutes] in the file's own standard time
    lag_h: int = 0  # the values hold this long after their stamps
    dry_bulb_c: Floats
    relative_humidity: Floats  # 0..1
    pressure_pa: Floats
    typical: bool  # months of several years put together: years mean nothing
    utc_offset_h: float | None
    elevation_m: float | None


def read_weather_file(path: Path, stated_format: str | None) -> WeatherRows:
    """Rows of a weather file; its format is told from its content where None is stated. Raises SeriesError."""
    content = read_bytes(path, SeriesError)
    text = content.decode("utf-8-sig", errors="replace")
    form = stated_format or _format_of(text)
    if form is None or form not in READERS:
        known = ", ".join(READERS)
        raise SeriesError(Problem(f"not a weather file that is known ({known}); say its format", file=str(path)))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pandas remarks on columns that nobody reads
            return READERS[form](text)
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError) as fault:
        reason = str(fault).splitlines()[0][:100] if str(fault) else type(fault).__name__
        raise SeriesError(Problem(f"not a readable {form} file: {reason}", file=str(path))) from None


def _format_of(text: str) -> str | None:
    first, _, rest = text.partition("\n")
    if first.startswith("LOCATION,"):
        return "epw"
    if text.lstrip().startswith("{"):
        return "open-meteo"
    if rest.startswith("Date (MM/DD/YYYY),"):
        return "tmy3"
    return "tmy2" if len(rest.partition("\n")[0].rstrip()) in range(140, 146) else None


def _epw(text: str) -> WeatherRows:
    from pvlib.iotools import read_epw

    first, _, rest = text.partition("\n")
    location = [*first.rstrip("\r").split(","), *[""] * 10][:10]
    offset_h, elevation_m = _number(location[8]), _number(location[9])
    header = ",".join([*location[:6], "0", "0", f"{offset_h or 0.0:g}", "0"])  # some writers put words here
    data, _ = read_epw(io.StringIO(f"{header}\n{rest}"))
    dry_bulb_c = _column(data, "temp_air", 99.9)
    return WeatherRows(
        stamps=_stamps(data),
        lag_h=1,
        dry_bulb_c=dry_bulb_c,
        relative_humidity=_humidity(data, "relative_humidity", 999.0, dry_bulb_c, _column(data, "temp_dew", 99.9)),
        pressure_pa=_column(data, "atmospheric_pressure", 999_999.0),
        typical=True,
        utc_offset_h=offset_h,
        elevation_m=elevation_m,
    )


def _tmy3(text: str) -> WeatherRows:
    from pvlib.iotools import read_tmy3

    first, _, rest = text.partition("\n")
    cells = [cell.replace(",", " ") for cell in next(csv.reader([first]))]  # pvlib knows no quotes
    data, site = read_tmy3(io.StringIO(",".join(cells) + f"\n{rest}"))
    dry_bulb_c = _column(data, "temp_air", -9900.0)
    return WeatherRows(
        stamps=_stamps(data),
        dry_bulb_c=dry_bulb_c,
        relative_humidity=_humidity(data, "relative_humidity", -9900.0, dry_bulb_c, _column(data, "temp_dew", -9900.0)),
        pressure_pa=_column(data, "pressure", -9900.0) * PA_PER_MBAR,
        typical=True,
        utc_offset_h=float(site["TZ"]),
        elevation_m=float(site["altitude"]),
    )


def _tmy2(text: str) -> WeatherRows:
    from pvlib.iotools import read_tmy2

    first, _, rest = text.partition("\n")
    header = f"{first[:7]}{first[7:29].strip().replace(' ', '_')} {first[29:]}"  # pvlib parts cities at their spaces
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder, "file.tm2")
        plain.write_text(f"{header}\n{rest}")
        data, site = read_tmy2(str(plain))
    dry_bulb_c = _column(data, "DryBulb", 9999.0) / 10.0
    return WeatherRows(
        stamps=_stamps(data),
        lag_h=1,
        dry_bulb_c=dry_bulb_c,
        relative_humidity=_humidity(data, "RHum", 999.0, dry_bulb_c, _column(data, "DewPoint", 9999.0) / 10.0),
        pressure_pa=_column(data, "Pressure", 9999.0) * PA_PER_MBAR,
        typical=True,
        utc_offset_h=float(site["TZ"]),
        elevation_m=float(site["altitude"]),
    )


def _open_meteo(text: str) -> WeatherRows:
    """One fixed offset holds for all stamps, summer and winter."""
    held = json.loads(text)
    hourly: Mapping[str, list[float | None]] = held["hourly"]
    offset_s = float(held["utc_offset_seconds"])
    units = held["hourly_units"]
    if (units["temperature_2m"], units["relative_humidity_2m"]) != ("°C", "%"):
        raise ValueError("units other than °C and %")
    columns = [hourly[name] for name in ("time", "temperature_2m", "relative_humidity_2m")]
    if len({len(column) for column in columns}) > 1:
        raise ValueError("columns of different lengths")
    dry_bulb_c = np.array(hourly["temperature_2m"], dtype=np.float64)
    return WeatherRows(
        stamps=np.array([_local(str(stamp)) for stamp in hourly["time"]], dtype="datetime64[m]"),
        dry_bulb_c=dry_bulb_c,
        relative_humidity=np.array(hourly["relative_humidity_2m"], dtype=np.float64) / 100.0,
        pressure_pa=np.full(len(dry_bulb_c), np.nan),
        typical=False,
        utc_offset_h=offset_s / 3600.0,
        elevation_m=float(held["elevation"]),
    )


READERS: Mapping[str, Callable[[str], WeatherRows]] = {
    "epw": _epw,
    "tmy2": _tmy2,
    "tmy3": _tmy3,
    "open-meteo": _open_meteo,
}


def _local(text: str) -> datetime:
    stamp = datetime.fromisoformat(text)
    if stamp.tzinfo is not None:
        raise ValueError(f"{text} has an offset of its own")
    return stamp


def _stamps(data: DataFrame) -> Stamps:
    return np.array(data.index.tz_localize(None), dtype="datetime64[m]")  # type: ignore[attr-defined]


def _column(data: DataFrame, name: str, missing: float) -> Floats:
    values = data[name].to_numpy(dtype=np.float64)
    return np.where(values == missing, np.nan, values)


def _humidity(data: DataFrame, name: str, missing: float, dry_bulb_c: Floats, dew_point_c: Floats) -> Floats:
    """Relative humidity in 0..1, from the dew point where the file has no humidity."""
    stated = _column(data, name, missing) / 100.0
    return np.where(
        np.isnan(stated), saturation_pressures_pa(dew_point_c) / saturation_pressures_pa(dry_bulb_c), stated
    )


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
