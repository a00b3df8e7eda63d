"""The whole scenario file."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from sim.document import Strict, fault
from sim.document.wording import shown
from sim.scenario.schema.choose import Choose
from sim.scenario.schema.fields import EntityName, NonNegative, PathText, ScenarioName
from sim.scenario.schema.mixes import Mix
from sim.scenario.schema.pools import Pool
from sim.scenario.schema.site import Economics, Site
from sim.scenario.schema.work import Jobs, Service

SCHEMA = 1
LONGEST_HORIZON_H = 87_600.0  # ten years


def _known_schema(number: int) -> int:
    if number != SCHEMA:
        ending = "upgrade" if number > SCHEMA else f"write {SCHEMA}"
        raise fault(f"file is schema {number}, this dcsim knows {SCHEMA}: {ending}")
    return number


def _instant(value: object) -> object:
    if not isinstance(value, str):
        raise fault(f"start is a date and time in quotes; got {shown(value)}")
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise fault(f"start is a date and time such as 2023-07-01T00:00:00-06:00; got {shown(value)}") from None
    if moment.tzinfo is None:
        raise fault(f"start needs its offset from UTC, such as {value[:20]}Z or {value[:20]}-06:00; got {shown(value)}")
    if not 1900 <= moment.year <= 2200:
        raise fault(f"start must lie between 1900 and 2200; got {shown(value)}")
    return moment


Instant = Annotated[
    datetime, BeforeValidator(_instant), WithJsonSchema({"type": "string", "format": "date-time"}, mode="validation")
]


class Root(Strict):
    """A scenario of dcsim: site, fleet, work, and the mixes of measures that are compared."""

    schema_: Annotated[int, AfterValidator(_known_schema)] = Field(
        alias="schema", description=f"Number of this format: {SCHEMA}."
    )
    extends: PathText | None = Field(
        default=None, description="Another scenario that this one is laid over: mappings merge, all else is replaced."
    )
    name: ScenarioName | None = Field(default=None, description="Name in results. Default: the file's.")
    start: Instant = Field(
        default=datetime.fromisoformat("2023-01-01T00:00:00+00:00"),
        description="Instant of t = 0, with its offset. Default: 2023-01-01T00:00:00Z.",
    )
    horizon_h: Annotated[float, Field(gt=0, le=LONGEST_HORIZON_H)] = Field(
        default=24.0, description="How long is simulated [h]. Default: a day."
    )
    warmup_h: NonNegative = Field(
        default=0.0, description="Time at the start that no figure covers [h]. Default: none."
    )
    seed: Annotated[int, Field(ge=0, lt=2**63)] = Field(
        default=1, description="Seed of all random numbers; the same seed gives the same result."
    )
    site: Site = Field(default_factory=Site, description="Where the fleet stands.")
    economics: Economics = Field(default_factory=Economics, description="Prices of capital, space and work.")
    catalog: PathText | None = Field(
        default=None, description="Your own catalogue entries, in the format of dcsim catalog show."
    )
    pools: Annotated[list[Pool], Field(min_length=1, max_length=1000)] = Field(description="The fleet.")
    services: Annotated[list[Service], Field(max_length=1000)] = Field(
        default=[], description="Models that answer requests."
    )
    jobs: Annotated[list[Jobs], Field(max_length=1000)] = Field(default=[], description="Streams of batch jobs.")
    mixes: dict[EntityName, Mix] = Field(
        default={},
        description="What is compared, by name; the first is the baseline. Default: one mix without measures.",
    )
    choose: Choose = Field(
        default_factory=Choose, description="What dcsim choose may combine, and the limits that its choice must keep."
    )
