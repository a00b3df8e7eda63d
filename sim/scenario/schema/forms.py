"""Mappings that may be written short, and mappings that come in one of several forms, told apart by a key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

from pydantic import GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from sim.document import Strict, fault


class Short(Strict):
    """A mapping that may also be written as one plain value, or left empty."""

    short_types: ClassVar[tuple[str, ...]] = ("null",)  # of the plain value, as JSON Schema calls them

    @classmethod
    def expanded(cls, value: object) -> object:
        """The mapping that a plain value stands for; mappings as they are. Nothing stands for no keys."""
        return {} if value is None else value

    @model_validator(mode="before")
    @classmethod
    def _expand(cls, value: object) -> object:
        return cls.expanded(value)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """The mapping, or a plain value."""
        mapping = handler.resolve_ref_schema(handler(schema))
        return {"anyOf": [mapping, {"type": list(cls.short_types)}]}


@dataclass(frozen=True, slots=True)
class Form:
    """Keys that a form must have, and may have, beside the one that it is known by."""

    needs: tuple[str, ...] = ()
    may: tuple[str, ...] = ()


class OneForm(Strict):
    """A mapping that has exactly one of the keys of `forms`, and no key of a form that it is not."""

    forms: ClassVar[Mapping[str, Form]]

    @model_validator(mode="after")
    def _is_one_form(self) -> Self:
        given = [name for name in type(self).model_fields if getattr(self, name) is not None]
        said = [name for name in given if name in self.model_fields_set]
        chosen = [name for name in self.forms if name in given]
        if not chosen:
            raise fault(f"needs one of {', '.join(self.forms)}")
        if len(chosen) > 1:
            raise fault(f"{' and '.join(chosen)} exclude each other: write one", key=chosen[1])
        self._check_company(chosen[0], said)
        return self

    def _check_company(self, chosen: str, said: list[str]) -> None:
        for name in self.forms[chosen].needs:
            if name not in said:
                raise fault(f"missing key '{name}', which {chosen} needs")
        for other, form in self.forms.items():
            for name in (*form.needs, *form.may):
                if name in said and name not in (*self.forms[chosen].needs, *self.forms[chosen].may):
                    raise fault(f"'{name}' goes with {other}, not with {chosen}", key=name)
