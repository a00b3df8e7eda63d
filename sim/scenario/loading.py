"""From a file and settings to a Scenario."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from sim.catalog import Catalogue
from sim.document import Document, Source, parse_document, validated
from sim.document.wording import shown
from sim.errors import CatalogueError, Problem, ScenarioError
from sim.scenario.compiling import compiled
from sim.scenario.layers import layered
from sim.scenario.schema import SCHEMA, Names, Root
from sim.scenario.settings import unplace, with_settings
from sim.scenario.specs import Scenario


def load(path: Path, settings: Sequence[str] = ()) -> Scenario:
    """The scenario of a file, with `PATH=VALUE` settings applied.

    Raises ScenarioError or CatalogueError with all faults that are found, each with its position, and UsageError where
    a setting names a path that does not exist.
    """
    document = layered(path)
    if not isinstance(document.value, dict):
        what = "is empty" if document.value is None else f"holds {shown(document.value)}"
        raise ScenarioError(
            Problem(f"the file {what}; a scenario is a mapping that begins with schema: {SCHEMA}", document.file)
        )
    return _loaded(document, settings, path)


def changed(scenario: Scenario, settings: Sequence[str]) -> Scenario:
    """A loaded scenario with further settings; files that it names are found where they were.

    Raises as `load` does; faults name the scenario's file, without a line.
    """
    source = Source(file=str(scenario.source), folder=scenario.source.parent)
    document = parse_document(json.dumps(scenario.document), source, ScenarioError)
    unplace(document.place)
    return _loaded(document, settings, scenario.source)


def _loaded(document: Document, settings: Sequence[str], path: Path) -> Scenario:
    document = with_settings(document, settings)
    catalogue = _catalogue_of(document)
    return compiled(_checked(document, catalogue), document, catalogue, path)


def json_schema() -> dict[str, object]:
    """JSON Schema of scenario files, for editors; with a description for every key."""
    found: dict[str, object] = Root.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **json.loads(json.dumps(found))}


def _checked(document: Document, catalogue: Catalogue) -> Root:
    """The document by the schema; raises ScenarioError with its faults and with names used twice."""
    names = Names.of(document, catalogue)
    problems: list[Problem] = list(names.duplicates)
    try:
        root = validated(Root, document, error=ScenarioError, context=names)
    except ScenarioError as error:
        problems.extend(error.problems)
    if problems:
        raise ScenarioError(sorted(problems, key=lambda each: (each.file, each.line, each.column)))
    return root


def _catalogue_of(document: Document) -> Catalogue:
    """The built-in catalogue, with the file over it that the document names."""
    named = document.value.get("catalog") if isinstance(document.value, dict) else None
    if not isinstance(named, str) or not named:
        return Catalogue.built_in()  # absent, or of a type that the schema reports
    file = document.place_of(("catalog",)).source.folder / named
    if not file.is_file():
        raise CatalogueError(document.problem(("catalog",), f"no file {shown(named)} (looked for {file})"))
    return Catalogue.built_in().with_file(file)
