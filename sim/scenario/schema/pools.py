"""The fleet: pools of equal nodes, and how each is come by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, ValidationInfo, model_validator

from sim.document import Strict, fault
from sim.document.wording import shown
from sim.scenario.schema.fields import (
    AnyNode,
    Count,
    EntityName,
    NonNegative,
    NotBuilt,
    Positive,
    Share,
)
from sim.scenario.schema.forms import Form, OneForm, Short
from sim.scenario.schema.names import Names, catalogue_name

_BUILT = NotBuilt("built: own, sunk, rent, reserved")


class Own(Short):
    """Bought nodes."""

    capex_usd_per_node: NonNegative | None = Field(
        default=None, description="Price of one node, installed [USD]. Default: the catalogue's."
    )
    life_y: Positive | None = Field(default=None, description="Years of use. Default: the catalogue's.")
    resale_share: Share = Field(default=0.0, description="Share of the price that a node brings after its life, 0..1.")


class Rent(Short):
    """Accelerators by the hour, paid while allocated."""

    usd_per_accelerator_h: NonNegative | None = Field(
        default=None, description="Price of one accelerator for an hour [USD/h]. Default: the catalogue's market price."
    )
    includes: list[Literal["energy", "facility"]] = Field(
        default=[], description="What the rent pays for besides the node: energy (with cooling), facility."
    )


class Reserved(Short):
    """Accelerators rented for a term: dearer than nothing when idle, cheaper by the hour than on demand."""

    usd_per_accelerator_h: NonNegative = Field(
        description="Price of one accelerator for an hour of the term [USD/h], paid whether used or not."
    )
    includes: list[Literal["energy", "facility"]] = Field(
        default=[], description="What the rent pays for besides the node: energy (with cooling), facility."
    )


class Acquire(Short, OneForm):
    """How a pool is come by; a name alone stands for that form with its defaults."""

    forms: ClassVar[Mapping[str, Form]] = {"own": Form(), "sunk": Form(), "rent": Form(), "reserved": Form()}
    short_types: ClassVar[tuple[str, ...]] = ("string", "null")
    own: Own | None = Field(default=None, description="Bought; paid whether used or not.")
    sunk: Own | None = Field(
        default=None, description="Bought and written off: no capital, but maintenance on its price."
    )
    rent: Rent | None = Field(default=None, description="Rented by the hour, while allocated.")
    reserved: Reserved | None = Field(default=None, description="Rented for a term; paid whether used or not.")
    spot: Annotated[object, _BUILT] = Field(default=None, description="Not built yet: rented, may be taken away.")

    @classmethod
    def expanded(cls, value: object) -> object:
        """A plain text is the form with its defaults; a form with nothing behind it likewise."""
        if value is None:
            return {"own": {}}
        if isinstance(value, dict):
            return {key: {} if held is None else held for key, held in value.items()}
        return {value: {}} if isinstance(value, str) else value


def _node(value: object, info: ValidationInfo) -> object:
    if not isinstance(value, str | dict):
        raise fault(f"node is a name of the catalogue or a mapping in its format; got {shown(value)}")
    if isinstance(value, str) and isinstance(info.context, Names):
        catalogue_name("nodes", value, info.context.catalogue)
    return value


class Racks(Short):
    """Racks in rows, and the hot air that comes round to their inlets; for plants that cool with air."""

    nodes_per_rack: Count = Field(description="Nodes in a rack; the last one may hold fewer.")
    racks_per_row: Annotated[int, Field(ge=1, le=500)] = Field(description="Racks in a row; the last row may be short.")
    rise_k: Annotated[float, Field(ge=1, le=60)] = Field(
        default=15.0, description="Rise of the air over a rack at full heat [K]. Default, assumed: 15."
    )
    own_share: Share = Field(
        default=0.02, description="Of a rack's hot air, what comes round to its own inlet. Default, assumed: 0.02."
    )
    neighbour_share: Share = Field(
        default=0.01, description="What reaches each of the two racks beside it. Default, assumed: 0.01."
    )
    row_end_share: Share = Field(
        default=0.1, description="What comes round the end of a row to the last rack there. Default, assumed: 0.1."
    )

    @model_validator(mode="after")
    def _less_than_all(self) -> Self:
        round_share = self.own_share + 2.0 * self.neighbour_share + self.row_end_share
        if round_share > 0.9:
            raise fault(
                f"of a rack's air the shares {round_share:g} come round (its own, two neighbours, the end of the row):"
                " at most 0.9",
                "row_end_share",
            )
        return self


class Pool(Strict):
    """Equal nodes under one roof."""

    name: EntityName = Field(description="Name that services, jobs and measures refer to.")
    node: Annotated[object, AfterValidator(_node), AnyNode] = Field(
        description="Node type: a name (dcsim catalog list nodes), or a mapping in the format of the catalogue."
    )
    nodes: Count = Field(description="How many nodes.")
    acquire: Acquire = Field(
        default_factory=lambda: Acquire(own=Own()),
        description="How the pool is come by. Default: own, at the catalogue's price.",
    )
    racks: Racks | None = Field(
        default=None,
        description="Racks in rows, some with warmer inlets. Default: all inlets alike, as the plant has them.",
    )
