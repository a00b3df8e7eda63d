"""What `dcsim choose` may combine, and the limits that a choice must keep."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import BeforeValidator, Field

from sim.document import Strict, fault
from sim.scenario.schema.fields import OrOne, Positive, Share
from sim.scenario.schema.forms import Short
from sim.scenario.schema.mixes import Algorithm, Compute, Energy, Vertical

KNOBS: Final = ("power_cap_w", "clock_mhz")  # measures that may be searched over a range
RANGE: Final = "range"


class Range(Strict):
    """Where a continuous setting is searched."""

    range: Annotated[list[Positive], Field(min_length=2, max_length=2)] = Field(description="Lowest and highest value.")


def _at_low_end(value: object) -> object:
    """The item as if each searched setting stood at its low end, so that the measures' own schema can check it."""
    if not isinstance(value, dict):
        return value
    return {key: _low_end(key, setting) for key, setting in value.items()}


def _low_end(key: str, setting: object) -> object:
    if key not in KNOBS or not isinstance(setting, dict):
        return setting
    low, high = Range.model_validate(setting).range
    if low >= high:
        raise fault(f"a range goes from a lower to a higher value; got {low:g} and {high:g}", key=key)
    return low


Searched = Annotated[Energy, BeforeValidator(_at_low_end)]


class Options(Short):
    """Alternatives of each family; every combination of one alternative per family is a candidate.

    An alternative is null (nothing of this family), one item, or a list of items that apply in order.
    """

    compute: list[Annotated[list[Compute], OrOne]] = Field(
        default=[], description="Alternatives of fleet and scheduling."
    )
    algorithm: list[Annotated[list[Algorithm], OrOne]] = Field(
        default=[], description="Alternatives of model compression."
    )
    energy: list[Annotated[list[Searched], OrOne]] = Field(
        default=[],
        description="Alternatives of power and cooling; power_cap_w and clock_mhz may be {range: [low, high]}.",
    )
    vertical: list[Annotated[list[Vertical], OrOne]] = Field(
        default=[], description="Alternatives of the fit to the application field."
    )


class Limits(Short):
    """What a choice must keep beside the promises of the services; each in every replication."""

    accuracy_floor: Share | None = Field(
        default=None, description="Lowest accuracy of each service on its field's metric, 0..1."
    )
    peak_kw: Positive | None = Field(default=None, description="Highest 15-minute mean at the meter [kW].")
    carbon_kg: Positive | None = Field(default=None, description="Scope 1 and 2 over the window [kg].")
    energy_kwh: Positive | None = Field(default=None, description="Energy at the meter over the window [kWh].")
    budget_usd: Positive | None = Field(default=None, description="Total cost over the window [USD].")
    budget_usd_per_month: Positive | None = Field(default=None, description="Total cost scaled to 730 h [USD].")


class Choose(Short):
    """Candidates and limits of `dcsim choose`; without options the named mixes are the candidates."""

    options: Options = Field(default_factory=Options, description="What may be combined. Default: the named mixes.")
    limits: Limits = Field(default_factory=Limits, description="What a choice must keep. Default: the promises alone.")
