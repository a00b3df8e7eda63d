"""Commented scenarios to start from, for `dcsim init`; each runs offline as it stands.

Three are files; one more for each application field is written from what the catalogue knows of the field.
"""

from __future__ import annotations

from pathlib import Path
from string import Template
from typing import NamedTuple

from sim.catalog import Catalogue
from sim.catalog.entries import Amount, Field
from sim.document.wording import hint, shown
from sim.errors import UsageError

FOLDER = Path(__file__).parent / "templates"
OF_A_FIELD = FOLDER / "of-a-field.txt"


class Fleet(NamedTuple):
    """What a service of some family starts on, and the measures that suit it there."""

    node: str
    group: int  # accelerators of one replica
    replicas: int
    rate_per_s: float
    target: float  # utilisation that an autoscaler aims at
    cap_w: int
    narrow: str
    customise: str


LANGUAGE = Fleet("hgx-h100-8", 4, 2, 1.0, 0.3, 500, "fp8", "lora")
IMAGES = Fleet("l40s-8", 1, 8, 0.3, 0.02, 250, "int4", "lora")
OTHERS = Fleet("l4-8", 1, 8, 5.0, 0.005, 60, "fp8", "full")
FLEETS = {"llm": LANGUAGE, "diffusion": IMAGES}


def template_names() -> tuple[str, ...]:
    """Names of the templates: those of files, and all application fields."""
    return tuple(sorted({*_files(), *Catalogue.built_in().names("fields")}))


def template(name: str = "chatbot") -> str:
    """The text of a template; raises UsageError for an unknown name."""
    known = template_names()
    if name not in known:
        raise UsageError(f"no template {shown(name)}{hint(name, known)}")
    return (FOLDER / f"{name}.yaml").read_text(encoding="utf-8") if name in _files() else template_of_field(name)


def template_of_field(name: str) -> str:
    """A scenario of a field's typical model, requests and promises, on a fleet that suits the model's family."""
    field = Catalogue.built_in().field(name)
    fleet = FLEETS.get(Catalogue.built_in().model(field.models[0]).family, OTHERS)
    return Template(OF_A_FIELD.read_text(encoding="utf-8")).substitute(
        fleet._asdict(),
        title=field.title,
        field=name,
        rate=f"{fleet.rate_per_s:g}",
        model=field.models[0],
        others=", ".join((*field.models[1:], "another that has an accuracy in the field")),
        request="\n".join(f"      {what}: {_law(amount)}" for what, amount in field.request.items()),
        promise=", ".join(f"{name}: {seconds:g}" for name, seconds in field.promise.items()),
        rules=_rules(field),
    )


def _files() -> set[str]:
    return {path.stem for path in FOLDER.glob("*.yaml")}


def _law(amount: Amount) -> str:
    """A distribution as a scenario has it."""
    if amount.cv == 0.0:
        return f"{{ constant: {amount.mean:g} }}"
    return f"{{ lognormal: {{ mean: {amount.mean:g}, cv: {amount.cv:g} }} }}"


def _rules(field: Field) -> str:
    """A comment for each rule of the field that a rented pool would break."""
    asked = {"on-premise": "rented nodes", "own-building": "nodes in another's building"}
    told = {"refuse": "refused", "warn": "warned of"}
    return "".join(f"\n  # a rule of the field: {asked[each.demand]} are {told[each.breach]}" for each in field.rules)
