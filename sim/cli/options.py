"""Arguments and options that several commands share."""

from __future__ import annotations

from math import isfinite
from pathlib import Path

import click

from sim.errors import UsageError

SCENARIO = click.argument("scenario", type=click.Path(path_type=Path, allow_dash=False))
SETTINGS = click.option(
    "--set", "settings", multiple=True, metavar="PATH=VALUE", help="Change a key of the scenario; may be repeated."
)
SEED = click.option("--seed", type=click.IntRange(min=0, max=2**63 - 1), help="Default: the scenario's.")
WORKERS = click.option(
    "--workers", type=click.IntRange(min=1), help="Processes that simulate; default: one per processor."
)
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of tables.")
OUT_FOLDER = click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for the results.")


class Finite(click.FloatRange):
    """A number within bounds; NaN, which compares with nothing, is none."""

    def convert(self, value: float, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number; fails for text, NaN, infinity, and what is out of bounds."""
        number = float(super().convert(value, param, ctx))
        if not isfinite(number):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return number


def names(text: str | None) -> list[str] | None:
    """The names of a comma-separated list; None where nothing is given."""
    return [part.strip() for part in text.split(",") if part.strip()] if text is not None else None


def writable(path: Path | None, endings: tuple[str, ...], sources: tuple[Path, ...] = ()) -> Path | None:
    """The path of a file to write; UsageError unless its ending fits and it is no input. Its folder is made."""
    if path is None:
        return None
    if path.suffix.lower() not in endings:
        raise UsageError(f"{path}: the file's ending is {' or '.join(endings)}")
    above = next(folder for folder in path.absolute().parents if folder.exists())
    if not above.is_dir():
        raise UsageError(f"{path}: {above} is a file, not a folder")
    if any(path.resolve() == source.resolve() for source in sources):
        raise UsageError(f"{path} is an input: it is not written over")
    return path
