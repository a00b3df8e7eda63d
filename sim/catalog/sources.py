"""The rule that every figure of the catalogue has one source: `sources` of an entry against its figures.

A figure is a number anywhere in the entry, by its dotted name; a table (numbers by numbers) counts as one figure.
A name under `sources` covers the figure of that name, or all figures of the block of that name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sim.document import Document, Route, Value, nearest
from sim.errors import Problem

SOURCES = "sources"
Figures = dict[str, Route]  # dotted name -> keys that lead to the figure


def figures(value: Value) -> Figures:
    """The figures of an entry, in the order of the file."""
    if not isinstance(value, dict):
        return {}
    return {
        ".".join(str(key) for key in route): route
        for route in _routes({key: held for key, held in value.items() if key != SOURCES})
    }


def figure_sources(value: Value) -> dict[str, str]:
    """Source text of each figure of an entry that keeps the rule."""
    stated = [(name, text) for text, names in _stated(value) for name in names]
    return {
        figure: text for figure in figures(value) for name, text in stated if name == figure or _is_block(name, figure)
    }


def source_problems(document: Document, at: Route) -> list[Problem]:
    """Breaches of the rule in the entry at a place of a document: no source, two sources, a source of nothing."""
    value = document.part(at)
    known = figures(value)
    covered: set[str] = set()
    problems = []
    for text, names in _stated(value):
        for index, name in enumerate(names):
            own = {figure for figure in known if name == figure or _is_block(name, figure)}
            fault = _name_fault(name, own, covered, known)
            if fault:
                problems.append(document.problem((*at, SOURCES, text, index), fault))
            covered |= own
    without = "has no source; name it in `sources`, under the text of its source or under 'assumed: why'"
    problems += [
        document.problem((*at, *route), f"figure '{figure}' {without}", key=True)
        for figure, route in known.items()
        if figure not in covered
    ]
    return problems


def _routes(value: Mapping[str, Value], above: Route = ()) -> Iterator[Route]:
    for key, held in value.items():
        route = (*above, key)
        if _is_number(held) or (isinstance(held, dict) and _is_table(held)):
            yield route
        elif isinstance(held, dict):
            yield from _routes(held, route)


def _name_fault(name: str, own: set[str], covered: set[str], known: Figures) -> str | None:
    """What is wrong with one name under `sources`; None where nothing is."""
    if not own:
        near = nearest(name, known)
        return f"the entry has no figure '{name}'" + (f"; did you mean '{near}'?" if near else "")
    twice = sorted(own & covered)
    return f"figure '{twice[0]}' has a source already; one figure, one source" if twice else None


def _stated(value: Value) -> Iterator[tuple[str, list[str]]]:
    """Source texts and the names under them; what the schema refuses is passed over."""
    stated = value.get(SOURCES) if isinstance(value, dict) else None
    for text, names in stated.items() if isinstance(stated, dict) else ():
        yield text, [name for name in names if isinstance(name, str)] if isinstance(names, list) else []


def _is_block(name: str, figure: str) -> bool:
    return figure.startswith(f"{name}.")


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_table(value: Mapping[str, Value]) -> bool:
    return bool(value) and all(_reads_as_number(key) and _is_number(held) for key, held in value.items())


def _reads_as_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
