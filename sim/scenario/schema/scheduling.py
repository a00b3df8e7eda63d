"""Measures of the compute family that have several keys: the ways of an autoscaler, and admission."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field

from sim.document import Strict, fault
from sim.document.wording import shown
from sim.scenario.schema.fields import NonNegative, Positive
from sim.scenario.schema.forms import Form, OneForm

Utilisation = Annotated[float, Field(gt=0, le=1)]


def _time_of_day(text: str) -> str:
    """Hours and minutes of a clock."""
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text):
        raise fault(f"a time of day is HH:MM, such as 08:00; got {shown(text)}")
    return text


TimeOfDay = Annotated[str, AfterValidator(_time_of_day)]


class Predictive(Strict):
    """Replicas start before the load comes."""

    target_utilisation: Utilisation = Field(description="As without a forecast, of the load that is expected.")
    ahead_s: Annotated[float, Field(ge=0, le=43_200)] | None = Field(
        default=None, description="How far it looks ahead [s], at least the time that a replica takes to start."
    )


class Autoscale(OneForm):
    """Replicas follow the load between the service's min and max."""

    forms: ClassVar[Mapping[str, Form]] = {
        "target_utilisation": Form(),
        "queue_per_replica": Form(),
        "predictive": Form(),
        "schedule": Form(),
    }
    target_utilisation: Utilisation | None = Field(
        default=None,
        description="Requests in the system / requests that the replicas can decode at once within the promise on TPOT "
        "(hold at once, where none is given), which the autoscaler aims at.",
    )
    queue_per_replica: Positive | None = Field(
        default=None, description="Waiting requests per replica above which replicas start."
    )
    predictive: Predictive | None = Field(
        default=None,
        description="By the arrivals that are expected: the same hour of the day before, and the recent trend.",
    )
    schedule: Annotated[dict[TimeOfDay, Annotated[int, Field(ge=0, le=1_000_000)]], Field(min_length=1)] | None = Field(
        default=None, description='Replicas by local standard time: {"08:00": 8, "20:00": 2}; ready at that time.'
    )
    period_s: Annotated[float, Field(ge=1, le=86_400)] | None = Field(
        default=None, description="Time between looks [s]. Default: 15, as the Kubernetes horizontal autoscaler has it."
    )
    scale_down_delay_s: NonNegative | None = Field(
        default=None,
        description="How long less must be enough before replicas stop [s]. Default: 300, as Kubernetes; schedule: 0.",
    )
    idle_s: NonNegative | None = Field(
        default=None,
        description="How long nothing must come or run before the last replica stops, where min is 0 [s]. "
        "Default: 300, as KEDA has it.",
    )


class Admit(Strict):
    """Rejects requests at their arrival rather than serving them late."""

    queue_max: Annotated[int, Field(ge=1, le=10_000)] = Field(
        description="Requests waiting at a replica, not yet in its batch, from which on it rejects more."
    )
