"""Names that a scenario may refer to: entries of the catalogue, and its own pools, services and jobs.

They are checked while the schema is, so that a wrong name is reported together with all other faults.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationInfo

from sim.catalog import Catalogue
from sim.document import Document, Value, fault
from sim.document.wording import hint, shown
from sim.errors import Problem
from sim.scenario.schema.fields import LONGEST_NAME


@dataclass(frozen=True, slots=True)
class Names:
    """What may be referred to; the context that schema classes are validated in."""

    catalogue: Catalogue
    pools: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    jobs: tuple[str, ...] = ()
    duplicates: tuple[Problem, ...] = field(default=())

    @staticmethod
    def of(document: Document, catalogue: Catalogue) -> Names:
        """Names as the document declares them, whatever else is wrong with it."""
        found = {kind: _declared(document, kind) for kind in ("pools", "services", "jobs")}
        duplicates = tuple(problem for kind, rows in found.items() for problem in _duplicates(document, kind, rows))
        named = {kind: tuple(name for _, name in rows) for kind, rows in found.items()}
        return Names(catalogue=catalogue, duplicates=duplicates, **named)


def _declared(document: Document, kind: str) -> list[tuple[int, str]]:
    """Index and name of each item of a list at the top of the document."""
    items: Value = document.value.get(kind) if isinstance(document.value, dict) else None
    rows = []
    for index, item in enumerate(items if isinstance(items, list) else ()):
        name = item.get("name") if isinstance(item, dict) else None
        if isinstance(name, str):
            rows.append((index, name))
    return rows


def _duplicates(document: Document, kind: str, rows: list[tuple[int, str]]) -> list[Problem]:
    first: dict[str, int] = {}
    problems = []
    for index, name in rows:
        if name in first:
            line = document.locate((kind, first[name], "name"))[0]
            text = f"duplicate name {shown(name)} in {kind} (first on line {line})"
            problems.append(document.problem((kind, index, "name"), text))
        first.setdefault(name, index)
    return problems


def catalogued(kind: str) -> AfterValidator:
    """A check that a name stands in the catalogue."""

    def check(name: str, info: ValidationInfo) -> str:
        if isinstance(info.context, Names):
            catalogue_name(kind, name, info.context.catalogue)
        return name

    return AfterValidator(check)


def catalogue_name(kind: str, name: str, catalogue: Catalogue) -> None:
    """Raises a fault where the catalogue has no entry of this kind and name."""
    known = catalogue.names(kind)
    if name in known:
        return
    raise fault(f"no {kind.removesuffix('s')} {shown(name)}{hint(name, known)} (dcsim catalog list {kind})")


def _own(kind: str, allowed: Callable[[Names], tuple[str, ...]]) -> AfterValidator:
    def check(name: str, info: ValidationInfo) -> str:
        if isinstance(info.context, Names) and name not in (names := allowed(info.context)):
            raise fault(f"no {kind} {shown(name)} in this scenario{hint(name, names)}")
        return name

    return AfterValidator(check)


def _technique_of(measure: str) -> AfterValidator:
    """A check that the catalogue knows the option of a measure."""

    def check(option: str, info: ValidationInfo) -> str:
        if isinstance(info.context, Names):
            known = [name.partition(".") for name in info.context.catalogue.names("techniques")]
            options = [name for kind, _, name in known if kind == measure]
            if option not in options:
                raise fault(
                    f"no option {shown(option)} of {measure}{hint(option, options)} (it has: {', '.join(options)})"
                )
        return option

    return AfterValidator(check)


Named = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
Model = Annotated[Named, catalogued("models")]
Engine = Annotated[Named, catalogued("engines")]
Precision = Annotated[Named, catalogued("precisions")]
ApplicationField = Annotated[Named, catalogued("fields")]
DraftMethod = Annotated[Named, _technique_of("speculate")]
Plant = Annotated[Named, catalogued("plants")]
NodeName = Annotated[Named, catalogued("nodes")]
PoolName = Annotated[Named, _own("pool", lambda names: names.pools)]
Target = Annotated[Named, _own("service or pool", lambda names: (*names.services, *names.pools))]
