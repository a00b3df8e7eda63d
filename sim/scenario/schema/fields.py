"""Kinds of values that keys hold: numbers with limits, names, paths, choices, and what is not built yet."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, WithJsonSchema
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from sim.document import fault
from sim.document.wording import shown

# the upper limits keep sums finite and arrays allocatable; no datacenter comes near them
Positive = Annotated[float, Field(gt=0, le=1e15)]
NonNegative = Annotated[float, Field(ge=0, le=1e15)]
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1, le=1_000_000)]

LONGEST_NAME = 64
LONGEST_PATH = 4096


def _entity_name(name: str) -> str:
    """A name that can stand in dotted paths, in lists with commas, and as part of a file's name."""
    if any(character in "./\\,=" for character in name) or not name.isprintable():
        raise fault(f"name {shown(name)} holds a character that paths need (. / \\ , =) or one that does not print")
    if name.isdigit() or name != name.strip():
        raise fault(f"name {shown(name)} must not be a bare number (that is an index) nor begin or end with a space")
    return name


def _scenario_name(name: str) -> str:
    """A name that can be a file's name."""
    if name in (".", "..") or any(character in "/\\" or unicodedata.category(character) == "Cc" for character in name):
        raise fault(f"name {shown(name)} holds a slash or a control character")
    return name


def _local_path(text: str) -> str:
    """A path on this machine."""
    if "\0" in text:
        raise fault("a path cannot hold the character NUL")
    if "://" in text:
        raise fault(f"{shown(text)} is an address on the network; fetch the file and name its path")
    return text


EntityName = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME), AfterValidator(_entity_name)]
ScenarioName = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME), AfterValidator(_scenario_name)]
PathText = Annotated[str, Field(min_length=1, max_length=LONGEST_PATH), AfterValidator(_local_path)]


def _zone(name: str) -> str:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise fault(f"no time zone {shown(name)}; write an IANA name such as UTC or America/Chicago") from None
    return name


TimeZone = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME), AfterValidator(_zone)]


def later(what: str, names: tuple[str, ...], built: str) -> BeforeValidator:
    """A check that refuses, as not built yet, names that only the format knows."""

    def check(value: object) -> object:
        if value in names:
            raise fault(f"{what} '{value}' is not built yet; built: {built}")
        return value

    return BeforeValidator(check)


@dataclass(frozen=True, slots=True)
class NotBuilt:
    """Metadata of a key that the format knows and this version cannot simulate: any value but null is refused."""

    instead: str

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_plain_validator_function(self._refuse)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "null"}

    def _refuse(self, value: object, info: core_schema.ValidationInfo) -> None:
        if value is not None:
            raise fault(f"'{info.field_name}' is not built yet; {self.instead}")


def _in_a_list(value: object) -> object:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


OrOne = BeforeValidator(_in_a_list)  # one item may stand for a list of one
AnyNode = WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "object"}]})
