"""How all charts look: colours, type, and files that are the same bytes for the same figures.

Figures are made without pyplot: no display is needed, and no state is shared between charts.
"""

from __future__ import annotations

import io
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sim.document import write_atomically
from sim.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.typing import RcKeyType

BASELINE_COLOUR: Final = "#999999"
# Okabe and Ito (2008), Color Universal Design, without black (text) and with grey kept for the baseline
OKABE_ITO: Final = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442")
FAMILY_COLOURS: Final = {  # of the cividis map, dark to light, so that the stack reads in grey, too
    "compute": "#00224E",
    "algorithm": "#575D6D",
    "efficiency": "#A59C74",
    "vertical": "#FEE838",
}
HATCHES: Final = ("", "//", "..", "xx")  # tell mixes apart once the colours are used up
FORMATS: Final = {".png": "png", ".svg": "svg", ".pdf": "pdf"}
DPI: Final = 150
TITLE_LETTERS_PER_IN: Final = 10  # at the size of titles, wide letters included
SETTINGS: Final[dict[RcKeyType, object]] = {
    "font.size": 9.0,
    "axes.titlesize": 9.0,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "figure.titlesize": 11.0,
    "date.converter": "concise",
    "svg.hashsalt": "dcsim",
    "text.parse_math": False,  # a name may hold a dollar sign
}


def mix_colours(mixes: Sequence[str]) -> dict[str, str]:
    """One colour per mix, the same in every chart of a comparison: grey for the first, which is the baseline."""
    return {mix: BASELINE_COLOUR if i == 0 else OKABE_ITO[(i - 1) % len(OKABE_ITO)] for i, mix in enumerate(mixes)}


def mix_hatches(mixes: Sequence[str]) -> dict[str, str]:
    """One hatch per mix; plain until the colours repeat."""
    return {mix: HATCHES[(max(i - 1, 0) // len(OKABE_ITO)) % len(HATCHES)] for i, mix in enumerate(mixes)}


@contextmanager
def styled() -> Iterator[None]:
    """Charts drawn or saved inside look like all others."""
    import matplotlib as mpl

    with mpl.rc_context(SETTINGS):
        yield


def new_figure(width_in: float, height_in: float) -> Figure:
    """An empty figure of that size in inches."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width_in, height_in), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def set_title(figure: Figure, text: str) -> None:
    """The title at the upper left, in as many lines as it takes."""
    letters = int(TITLE_LETTERS_PER_IN * figure.get_figwidth())
    figure.suptitle(textwrap.fill(text, letters), x=0.01, ha="left")


def thousands(axes: Axes, axis: str = "x") -> None:
    """Separators in the numbers of an axis, in place of powers of ten."""
    from matplotlib.ticker import FuncFormatter

    chosen = axes.xaxis if axis == "x" else axes.yaxis
    chosen.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))


def save(figure: Figure, path: Path) -> None:
    """Writes a chart in one piece, as the name's ending says; UsageError for an ending other than png, svg, pdf."""
    kind = FORMATS.get(path.suffix.lower())
    if kind is None:
        raise UsageError(f"{path}: a chart is .png, .svg or .pdf")
    write_atomically(path, picture(figure, kind))


def picture(figure: Figure, kind: str) -> bytes:
    """A chart as the bytes of a png, svg or pdf file, without the date."""
    dates = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
    buffer = io.BytesIO()
    with styled():
        figure.savefig(buffer, format=kind, dpi=DPI, metadata=dates.get(kind))
    return buffer.getvalue()
