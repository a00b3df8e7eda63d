"""A study file: which scenario is varied, and how."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from sim.document import Strict, fault
from sim.scenario.schema.fields import PathText

STUDY_SCHEMA = 1


def _known_schema(number: int) -> int:
    if number != STUDY_SCHEMA:
        ending = "upgrade" if number > STUDY_SCHEMA else f"write {STUDY_SCHEMA}"
        raise fault(f"file is schema {number}, this dcsim knows {STUDY_SCHEMA}: {ending}")
    return number


class Study(Strict):
    """A sweep of one scenario, as `dcsim sweep FILE` takes it in place of flags."""

    schema_: Annotated[int, AfterValidator(_known_schema)] = Field(
        alias="schema", description=f"Number of this format: {STUDY_SCHEMA}."
    )
    scenario: PathText = Field(description="The scenario that is varied, relative to this file.")
    axes: dict[str, object] = Field(
        default_factory=dict,
        description="Path of the scenario -> the values it takes: a list, a range `0.5:2:0.25`, or a form such as"
        " `log: [1, 64, 7]` or `between: [0.5, 2]`. `mix` and `replication` are paths, too.",
    )
    zip_: list[list[str]] = Field(alias="zip", default=[], description="Paths of `axes` that go together.")
    sample: str | None = Field(default=None, description="How spans are sampled: lhs:N, sobol:N or random:N.")
    sample_seed: int = Field(default=1, ge=0, description="Seed of the sample.")
    mixes: list[str] | None = Field(default=None, min_length=1, description="Default: all of the scenario.")
    replications: int = Field(default=1, ge=1, description="Runs of each combination and mix.")
    seed: int | None = Field(default=None, ge=0, lt=2**63, description="Default: the scenario's.")
    timeout_s: float | None = Field(default=None, gt=0, description="Seconds after which a run is stopped.")
    out: PathText | None = Field(default=None, description="Folder for the results, relative to this file.")
