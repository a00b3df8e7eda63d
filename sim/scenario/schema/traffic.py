"""Requests to a service: replayed from a trace, or generated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from sim.document import Strict, fault
from sim.scenario.schema.fields import NonNegative, PathText, Positive
from sim.scenario.schema.forms import Form, OneForm, Short
from sim.scenario.schema.names import Named


class Lognormal(Strict):
    """Skewed to the right, as token counts are."""

    mean: Positive = Field(description="Mean of the quantity itself.")
    cv: Annotated[float, Field(gt=0, le=100)] = Field(description="Standard deviation / mean.")


class Uniform(Strict):
    """Equally likely between two bounds."""

    low: NonNegative = Field(description="Least value.")
    high: Positive = Field(description="Largest value.")

    @model_validator(mode="after")
    def _is_ordered(self) -> Self:
        if self.low >= self.high:
            raise fault(f"low ({self.low:g}) must be below high ({self.high:g})")
        return self


class Distribution(OneForm):
    """A positive random quantity, drawn for each request."""

    forms: ClassVar[Mapping[str, Form]] = {
        "constant": Form(),
        "exponential": Form(),
        "lognormal": Form(),
        "uniform": Form(),
    }
    constant: Positive | None = Field(default=None, description="Always this value.")
    exponential: Positive | None = Field(default=None, description="Exponential with this mean.")
    lognormal: Lognormal | None = Field(default=None, description="Lognormal by mean and coefficient of variation.")
    uniform: Uniform | None = Field(default=None, description="Uniform between low and high.")


class Resample(Short):
    """Blocks of the trace in random order, another one for each replication."""

    short_types: ClassVar[tuple[str, ...]] = ("string", "null")
    blocks_s: Positive | None = Field(
        default=None, description="Length of the blocks [s]; it must exceed the time over which arrivals correlate."
    )

    @classmethod
    def expanded(cls, value: object) -> object:
        """`none` stands for the trace as it is."""
        return {} if value in (None, "none") else value


class Trace(Strict):
    """Requests of a file, replayed."""

    file: PathText = Field(description="Trace of requests; .gz is read as it is. Relative to the file that names it.")
    format: Named | None = Field(default=None, description="Format of the trace; told from its header where absent.")
    rate_scale: Annotated[float, Field(gt=0, le=1e6)] = Field(
        default=1.0, description="Squeezes time: 2 makes requests arrive twice as fast."
    )
    repeat: bool = Field(default=False, description="Begin again where the trace ends before the horizon.")
    align: Literal["first-row", "absolute"] = Field(
        default="first-row", description="Whether the first row arrives at t = 0, or rows arrive at their own date."
    )
    resample: Resample = Field(
        default_factory=Resample,
        description="none, or {blocks_s: 300}: without it every replication replays the same requests.",
    )


class Poisson(Strict):
    """Arrivals that know nothing of each other."""

    rate_per_s: Annotated[float, Field(gt=0, le=1e9)] = Field(description="Mean arrivals per second over the day.")


class Daily(Strict):
    """A cosine over the local day."""

    peak_to_mean: Annotated[float, Field(ge=1, le=2)] = Field(
        default=1.0, description="Highest rate / mean rate; at most 2, where the trough is 0."
    )
    peak_hour: Annotated[float, Field(ge=0, le=24)] = Field(
        default=15.0, description="Local standard time of the highest rate [h]. Assumed: 15, mid-afternoon."
    )


class Profile(Strict):
    """How the rate varies over day and week; the mean over a weekday stays."""

    daily: Daily = Field(default_factory=Daily, description="The course of the day. Default: flat.")
    weekend: Annotated[float, Field(ge=0, le=10)] = Field(
        default=1.0, description="Factor on the rate on Saturdays and Sundays. Default: 1, like any day."
    )


class Traffic(OneForm):
    """Requests to one service."""

    forms: ClassVar[Mapping[str, Form]] = {
        "trace": Form(),
        "poisson": Form(
            may=("profile", "input_tokens", "output_tokens", "service_s", "items", "audio_s", "prefix_groups")
        ),
    }
    trace: Trace | None = Field(default=None, description="Replays a file of requests.")
    poisson: Poisson | None = Field(default=None, description="Generates arrivals.")
    profile: Profile | None = Field(default=None, description="How the rate of generated arrivals varies.")
    input_tokens: Distribution | None = Field(default=None, description="Prompt length of generated requests.")
    output_tokens: Distribution | None = Field(default=None, description="Answer length of generated requests.")
    service_s: Distribution | None = Field(
        default=None, description="Service time of generated requests to a fixed-time model [s]."
    )
    items: Distribution | None = Field(
        default=None, description="Images, sequences or samples of generated requests to vision and like models."
    )
    prefix_groups: Annotated[int, Field(ge=1, le=10_000_000)] | None = Field(
        default=None,
        description="Documents, agents or tenants: generated prompts of one group begin alike, in the service's "
        "prefix_hit_share of their tokens, which a replica holds that has served the group. Default: all begin alike.",
    )
    audio_s: Distribution | None = Field(
        default=None, description="Length of generated requests to a speech model [s], in steps of 0.1 s."
    )
