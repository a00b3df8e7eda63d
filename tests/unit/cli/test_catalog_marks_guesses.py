"""`dcsim catalog show`: every figure stands with its source, and every guess is marked as assumed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Protocol

import pytest

from sim.catalog.reader import Catalogue
from sim.catalog.sources import figure_sources, figures

CATALOGUE = Catalogue.built_in()
GUESS_WORDS = ("guess", "recalled", "estimated", "placeholder", "from memory")


class Answer(Protocol):
    status: int
    out: str
    err: str


Dcsim = Callable[..., Answer]


def rows(text: str) -> Iterator[tuple[str, str]]:
    """Figure and mark of each row; continued cells are joined by the width of the columns."""
    lines = text.splitlines()
    mark, source = lines[0].index("value"), lines[0].index("source")
    for line in lines[1:]:
        yield line.split(" ", 1)[0], line[mark:source]


@pytest.mark.parametrize(
    ("kind", "name"),
    [("accelerators", "h100-sxm"), ("accelerators", "tpu-v5e"), ("nodes", "hgx-h100-8"), ("engines", "sglang")],
)
def test_every_guess_is_marked_beside_its_value(
    dcsim: Dcsim, monkeypatch: pytest.MonkeyPatch, kind: str, name: str
) -> None:
    monkeypatch.setenv("COLUMNS", "240")
    shown = dict(rows(dcsim("catalog", "show", kind, name).out))
    sources = figure_sources(CATALOGUE.entry_document(kind, name))
    assert sources
    for figure, source in sources.items():
        of_figure = [mark for path, mark in shown.items() if path == figure or path.startswith(f"{figure}.")]
        assert of_figure, figure
        assert all(("assumed" in mark) == source.startswith("assumed") for mark in of_figure), figure


def test_the_json_object_lists_the_guesses(dcsim: Dcsim) -> None:
    found = json.loads(dcsim("catalog", "show", "accelerators", "tpu-v5e", "--json").out)
    assert "power.floor_w" in found["assumed"]
    assert "memory_gib" not in found["assumed"]


def test_every_figure_of_the_catalogue_has_a_source_and_no_guess_hides_behind_one() -> None:
    for kind in CATALOGUE.kinds():
        for name in CATALOGUE.names(kind):
            entry = CATALOGUE.entry_document(kind, name)
            sources = figure_sources(entry)
            assert set(sources) == set(figures(entry)), (kind, name)
            hidden = [
                source
                for source in sources.values()
                if not source.startswith("assumed") and any(word in source.lower() for word in GUESS_WORDS)
            ]
            assert not hidden, (kind, name)
