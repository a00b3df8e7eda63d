"""`extends`: a scenario laid over another, which may be laid over a third."""

from __future__ import annotations

from pathlib import Path

from sim.document import Document, load_document
from sim.document.wording import printable, shown
from sim.errors import ScenarioError

EXTENDS = "extends"
MOST_LAYERS = 32


def layered(path: Path) -> Document:
    """The document of a scenario file with all that it extends merged under it.

    Mappings merge once, key by key; lists and plain values are replaced. A base's path is relative to the file that
    names it, and so stay all paths inside the base. Raises ScenarioError with the chain of files for a circle or a
    missing file.
    """
    return _over_bases(load_document(path, ScenarioError), (path,))


def _over_bases(document: Document, chain: tuple[Path, ...]) -> Document:
    named = document.value.get(EXTENDS) if isinstance(document.value, dict) else None
    if not isinstance(named, str) or not named:
        return document  # absent, or of a type that the schema reports
    base = document.source.folder / named
    names = " -> ".join(printable(str(each)) for each in (*chain, base))
    seen = [each.resolve() for each in chain]
    if base.resolve() in seen or len(chain) >= MOST_LAYERS:
        raise ScenarioError(document.problem((EXTENDS,), f"extends goes in a circle: {names}"))
    if not base.is_file():
        raise ScenarioError(document.problem((EXTENDS,), f"no file {shown(named)} to extend: {names}"))
    return document.without(EXTENDS).over(_over_bases(load_document(base, ScenarioError), (*chain, base)))
