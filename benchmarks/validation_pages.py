"""Writes the pages of docs/validation: every measured row with its prediction and error, misses first.

    python -m benchmarks.validation_pages ROWS --data FOLDER --date 2026-11-23 [--out docs/validation]

ROWS is the folder that `python -m benchmarks.calibrate FOLDER --out ROWS` writes. Equal input gives equal bytes: the
date is what the caller says, and the hash is of the measured tables.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

from benchmarks.validation_rows import Errors, Prediction, Row, errors_of, groups, misses, read_rows

MARK = "<!-- written by `make validation`: changes here are lost -->"
DERIVED = "output_tokens_per_s"  # batch / tpot_s
ROWS_MAX = 1500  # longer pages are cut up by accelerator
HEAD = """\
# What was measured, and what the program says

Each table of measured rows against `sim/models`, every prediction through the code that a run uses. Other checks, the
engine against theory and real runs replayed, are in [checks.md](checks.md); the equations, and what was assumed to read
the rows, in [../models.md](../models.md).

**In the fit**: the constants saw these very rows, so the error says how well the form of the model can follow them.
**Predicted**: no fit saw the row; its model (of language models) or its batch (of other models) was left out, or no fit
uses it. This is the error to expect where nothing was measured. Errors are predicted / measured - 1, and differences
for slowdowns and energy ratios under power caps; a **miss** is off by more than 15 %, as predicted where the row is
predicted. No row is hidden for being off.
"""
GROUP_COLUMNS = ("page", "quantity", "accelerator", "model", "figures", "misses", "in the fit, %", "predicted, %")
WHAT_COLUMNS = ("quantity", "accelerator", "model")
ROW_COLUMNS = (
    "row",
    "engine",
    "precision",
    "N",
    "batch",
    "measured",
    "in the fit",
    "error, %",
    "predicted",
    "error, %",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("rows", type=Path)
    parser.add_argument("--data", type=Path, required=True, help="folder of the measured tables, for their hash")
    parser.add_argument("--date", type=date.fromisoformat, required=True)
    parser.add_argument("--out", type=Path, default=Path("docs/validation"))
    asked = parser.parse_args()
    rows = read_rows(asked.rows)
    if not rows:
        raise SystemExit(f"{asked.rows} holds no rows: run python -m benchmarks.calibrate FOLDER --out {asked.rows}")
    stamp = f"Figures of {asked.date:%Y-%m-%d}, measured tables sha256 {data_hash(asked.data)}."
    written = write_pages(rows, stamp, asked.out)
    print(f"wrote {len(written)} pages with {len(rows)} measured figures to {asked.out}")


def data_hash(folder: Path) -> str:
    """First digits of the SHA-256 over names and bytes of all measured tables."""
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*.csv")):
        total.update(f"{path.relative_to(folder).as_posix()}\0".encode() + path.read_bytes())
    return total.hexdigest()[:12]


def write_pages(rows: Sequence[Row], stamp: str, out: Path) -> list[Path]:
    """Writes the index and one page per dataset; removes pages of an earlier call that are no longer written."""
    out.mkdir(parents=True, exist_ok=True)
    pages = dict(_pages(rows))
    texts = {f"{name}.md": page(name, part, stamp) for name, part in pages.items()}
    texts["README.md"] = index(pages, stamp)
    for path in sorted(out.glob("*.md")):
        if path.name not in texts and path.read_text(encoding="utf-8").startswith(MARK):
            path.unlink()
    for name, text in texts.items():
        (out / name).write_text(f"{MARK}\n{text}", encoding="utf-8")
    return [out / name for name in texts]


def index(pages: Mapping[str, Sequence[Row]], stamp: str) -> str:
    """The page that leads to all others: groups with misses first, then all groups."""
    every = [(name, key, part) for name, rows in pages.items() for key, part in groups(rows)]
    off = sorted((each for each in every if misses(each[2])), key=lambda each: -_honest(each[2]).mean)
    links = [f"- [{name}.md]({name}.md): {_counts(rows)}" for name, rows in pages.items()]
    lines = [
        *(HEAD, f"{stamp} {_counts([row for rows in pages.values() for row in rows])}."),
        *("", "## Misses", "", "Groups with a row off by more than 15 %, the worst mean first."),
        *("Each page begins with the rows themselves.", "", *_group_table(off)),
        *("", "## All models of a table together", "", *_group_table(_together(pages))),
        *("", "## All groups", "", *_group_table(every)),
        *("", "## Pages", "", "- [checks.md](checks.md): the engine against theory, runs replayed, and other checks"),
        *links,
    ]
    return "\n".join(lines) + "\n"


def _together(pages: Mapping[str, Sequence[Row]]) -> Iterator[tuple[str, tuple[str, str, str], Sequence[Row]]]:
    """Rows by page, quantity and accelerator."""
    for name, rows in pages.items():
        for quantity, accelerator in sorted({(row.quantity, row.accelerator) for row in rows}):
            part = [row for row in rows if (row.quantity, row.accelerator) == (quantity, accelerator)]
            yield name, (quantity, accelerator, f"all {len({row.model for row in part})}"), part


def page(name: str, rows: Sequence[Row], stamp: str) -> str:
    """One dataset: its missed rows, the worst first, then all rows by quantity, accelerator and model."""
    off = misses(row for row in rows if row.quantity != DERIVED)
    lines = [f"# {name}", "", f"{stamp} {_counts(rows)}. [All pages](README.md).", ""]
    lines += ["## Misses: off by more than 15 %, the worst first", "", *(_row_table(off, named=True) or ["None."])]
    for (quantity, accelerator, model), part in groups(rows):
        table = ["Batch / tpot_s: the rows stand there."] if quantity == DERIVED else _row_table(part)
        lines += ["", f"## {quantity}: {model} on {accelerator}", "", _sentence(part), "", *table]
    return "\n".join(lines) + "\n"


def _counts(rows: Sequence[Row]) -> str:
    return f"{len(rows):,} measured figures, {len(misses(rows)):,} misses"


def _pages(rows: Sequence[Row]) -> Iterator[tuple[str, list[Row]]]:
    """Rows by dataset, and by accelerator where a dataset fills more than a page."""
    for dataset in dict.fromkeys(row.dataset for row in rows):
        own = [row for row in rows if row.dataset == dataset]
        name = dataset.removesuffix(".csv")
        if len(own) <= ROWS_MAX:
            yield name, own
            continue
        for accelerator in sorted({row.accelerator for row in own}):
            yield f"{name}-{accelerator}", [row for row in own if row.accelerator == accelerator]


def _honest(rows: Sequence[Row]) -> Errors:
    """Errors of rows as predicted, or as fitted where they are never predicted."""
    found = errors_of(row.predicted or row.fitted for row in rows)
    assert found is not None
    return found


def _group_table(entries: Iterable[tuple[str, tuple[str, str, str], Sequence[Row]]]) -> list[str]:
    cells = (
        (f"[{name}]({name}.md)", *key, f"{len(rows):,}", f"{len(misses(rows)):,}", *_both(rows))
        for name, key, rows in entries
    )
    return [*_table(GROUP_COLUMNS, cells), "", "Errors: mean (90th percentile, largest) of their sizes."]


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    return [_piped(columns), f"|{'---|' * len(columns)}", *map(_piped, rows)]


def _piped(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _both(rows: Sequence[Row]) -> tuple[str, str]:
    return _spread(row.fitted for row in rows), _spread(row.predicted for row in rows)


def _spread(predictions: Iterable[Prediction | None]) -> str:
    found = errors_of(predictions)
    return "-" if found is None else f"{found.mean:.1%} ({found.p90:.1%}, {found.largest:.1%})".replace("%", "")


def _sentence(rows: Sequence[Row]) -> str:
    fitted, predicted = _both(rows)
    return f"Error % in the fit: {fitted}; predicted: {predicted}."


def _row_table(rows: Sequence[Row], *, named: bool = False) -> list[str]:
    """A table of rows, empty where there are none; `named` says what each row is of."""
    if not rows:
        return []
    columns = (*WHAT_COLUMNS, *ROW_COLUMNS) if named else ROW_COLUMNS
    return _table(columns, (_row_cells(row, named) for row in rows))


def _row_cells(row: Row, named: bool) -> tuple[str, ...]:
    unit, scale = _unit(row.quantity)
    return (
        *((row.quantity, row.accelerator, row.model) if named else ()),
        *(row.row, row.engine, row.precision, row.tensor_parallel, f"{float(row.batch):.4g}"),
        f"{row.measured * scale:.4g} {unit}".strip(),
        *_cells(row.fitted, scale),
        *_cells(row.predicted, scale),
    )


def _unit(quantity: str) -> tuple[str, float]:
    """Unit in which a quantity is shown, and how many there are in its own: seconds as milliseconds."""
    if quantity.endswith("_s") and not quantity.endswith("_per_s"):
        return "ms", 1e3
    return ("W", 1.0) if quantity.endswith("_w") else ("", 1.0)


def _cells(found: Prediction | None, scale: float) -> tuple[str, str]:
    return ("", "") if found is None else (f"{found.value * scale:.4g}", f"{found.error * 100.0:+.1f}")


if __name__ == "__main__":
    main()
