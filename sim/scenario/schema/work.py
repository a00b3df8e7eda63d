"""What the fleet does: services that answer requests, and jobs that are scheduled in gangs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, Self, get_args

from pydantic import AfterValidator, Field, model_validator

from sim.document import Strict, fault
from sim.document.wording import shown
from sim.scenario.schema.fields import Count, EntityName, NonNegative, PathText, Positive, later
from sim.scenario.schema.forms import Form, OneForm, Short
from sim.scenario.schema.names import ApplicationField, Engine, Model, Named, PoolName, Precision
from sim.scenario.schema.traffic import Traffic

JobPolicy = Literal["fifo", "sjf", "ljf", "priority", "fair-share", "easy", "srpt"]


def _variant(name: str) -> str:
    if not re.fullmatch(r"[^/\s]+/[^/\s]+", name):
        raise fault(f"reference is MODEL/PRECISION, such as llama-3.1-8b/fp8; got {shown(name)}")
    return name


class Slo(Short):
    """Promises to the users of a service; each absent one promises nothing."""

    ttft_p99_s: Positive | None = Field(default=None, description="99th percentile of the time to the first token [s].")
    tpot_p99_s: Positive | None = Field(default=None, description="99th percentile of the time per further token [s].")
    e2e_p99_s: Positive | None = Field(default=None, description="99th percentile of the time to the last token [s].")


class Replicas(Short):
    """Bounds on how many copies of a service run; a plain number is the maximum."""

    short_types: ClassVar[tuple[str, ...]] = ("integer",)
    min: Annotated[int, Field(ge=0, le=1_000_000)] = Field(
        default=1, description="Fewest replicas that an autoscaler leaves; 0: none while nothing comes."
    )
    max: Count = Field(description="Most replicas, and how many run where no autoscaler acts.")

    @classmethod
    def expanded(cls, value: object) -> object:
        """A plain value is the maximum."""
        return value if isinstance(value, dict) else {"max": value}

    @model_validator(mode="after")
    def _is_ordered(self) -> Self:
        if self.min > self.max:
            raise fault(f"min ({self.min}) must not exceed max ({self.max})")
        return self


class Service(Strict):
    """Request-level serving of one AI model."""

    name: EntityName = Field(description="Name in results and for measures.")
    field: ApplicationField = Field(
        description="What it is used for; sets the accuracy metric, its floor and its target."
    )
    model: Model = Field(description="AI model (dcsim catalog list models), or fixed-time.")
    engine: Engine = Field(default="vllm", description="Serving software. Default, assumed: vllm.")
    precision: Precision | None = Field(
        default=None, description="Number format of the weights. Default: the one the model was published in."
    )
    pool: PoolName = Field(description="Pool that its replicas run on.")
    tensor_parallel: Count = Field(default=1, description="Accelerators of one node that form one replica.")
    replicas: Replicas = Field(description="How many replicas, or {min, max} where an autoscaler acts.")
    traffic: Traffic = Field(description="Its requests.")
    slo: Slo = Field(default_factory=Slo, description="What its users are promised. Default: nothing.")
    prefix_hit_share: Annotated[float, Field(ge=0, le=1)] = Field(
        default=0.0,
        description="Share of each prompt that a prefix cache holds already, so that it is not computed again. "
        "34 % was seen in a trace of long conversations (Mooncake, 2024) with a cache of any size.",
    )
    prefix_cache_share: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.3,
        description="Share of a replica's KV memory that is kept for prefixes, where the traffic has prefix_groups. "
        "Assumed: 0.3.",
    )
    reference: Annotated[Named, AfterValidator(_variant)] | None = Field(
        default=None,
        description="Variant that leanness is measured against: MODEL/PRECISION. Default: the leanest good enough.",
    )


class JobTrace(Strict):
    """Jobs of a log."""

    file: PathText = Field(description="Job log; .gz is read as it is. Relative to the file that names it.")
    format: Named | None = Field(default=None, description="Format of the log; told from its content where absent.")


class Train(Strict):
    """One training job, again and again."""

    model: Model = Field(description="AI model that is trained.")
    tokens: Positive = Field(
        description="Tokens that one job trains on; images, sequences or seconds of speech of a model that takes those."
    )
    precision: Precision | None = Field(
        default=None, description="Number format of the arithmetic. Default: the one the model was published in."
    )
    accelerators: Count = Field(description="Accelerators that one job holds.")
    every_h: Positive | None = Field(default=None, description="Hours between submissions. Default: once, at t = 0.")


class Jobs(OneForm):
    """A stream of gang-scheduled jobs."""

    forms: ClassVar[Mapping[str, Form]] = {"trace": Form(), "train": Form()}
    name: EntityName = Field(description="Name in results.")
    pool: PoolName = Field(description="Pool that they run on.")
    policy: Annotated[JobPolicy | None, later("policy", ("max-min",), built=", ".join(get_args(JobPolicy)))] = Field(
        default=None,
        description="Who goes first: fifo by submission, sjf by the shortest estimate, ljf by the longest, priority by "
        "the highest priority, fair-share by whose user holds fewest accelerators, easy by submission where jobs that "
        "do not delay a head that waits pass it, srpt by the shortest remaining, stopping jobs with more left. "
        "Default: that of the other streams of the pool, else fifo.",
    )
    priority: Annotated[float, Field(ge=-1e9, le=1e9)] = Field(
        default=0.0, description="Under policy priority, of jobs whose log has none; the highest goes first."
    )
    restart_s: NonNegative = Field(
        default=30.0,
        description="Seconds that a job which was stopped needs to read its checkpoint before it goes on. "
        "Default, assumed: 30, as simulations of elastic training take it (Pollux, 2021).",
    )
    trace: JobTrace | None = Field(default=None, description="Jobs of a log (SWF: processors are accelerators).")
    train: Train | None = Field(default=None, description="A training job every so often.")
