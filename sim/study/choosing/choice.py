"""What a choice comes to: the chosen mix, all candidates in order, what binds, and what each measure brought."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Final

from sim.study.choosing.candidates import Written
from sim.study.choosing.limits import Limit
from sim.study.choosing.race import Objective
from sim.study.choosing.relaxing import Nearest, Relaxation
from sim.study.choosing.steps import Attribution, Effect, Step
from sim.study.point import Row
from sim.study.statistics import Estimate

if TYPE_CHECKING:
    import pandas as pd

SCHEMA: Final = "dcsim.choose/1"
FIGURES: Final = {  # key of a candidate -> metric of its runs
    "cost_usd": "cost_usd.total",
    "energy_kwh": "energy_kwh.facility",
    "throughput_per_s": "throughput_per_s",
    "accuracy": "accuracy",
    "slo_attainment": "slo_attainment",
    "usd_per_month": "usd_per_month",
    "peak_kw": "peak_kw",
    "carbon_kg": "carbon_kg",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A candidate with means over its replications, none where it could not run; `why_not` is None for the chosen."""

    name: str
    mix: Written
    figures: Mapping[str, float]
    replications: int
    feasible: bool
    why_not: str | None

    def to_json(self) -> dict[str, object]:
        """An entry of `candidates`."""
        return {
            "name": self.name,
            "mix": dict(self.mix),
            **{key: self.figures.get(key) for key in FIGURES},
            "replications": self.replications,
            "feasible": self.feasible,
            "why_not": self.why_not,
        }


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The chosen mix on replications that played no part in choosing it, and its difference from the baseline."""

    figures: Mapping[str, Estimate]
    versus_baseline: Effect


@dataclass(frozen=True, kw_only=True)
class Choice:
    """The answer to which mix of a scenario is best within its limits, and the reasons.

    `candidates` stand in order: the chosen one, those not shown to differ from it (`ties`), the rest by their
    objective, then those that broke a limit, then those that could not run. `front` holds the mixes that no other is as
    good as in cost, energy, throughput and accuracy. `confirmed`, `steps` and `attribution` rest on fresh replications.
    """

    scenario: str
    window_s: float
    seed: int
    objective: Objective
    baseline: str
    chosen: str | None
    ties: Sequence[str]
    front: Sequence[str]
    candidates: Sequence[Ranked]
    limits: Sequence[Limit]
    relaxations: Sequence[Relaxation]
    nearest: Nearest | None
    confirmed: Confirmed | None
    steps: Sequence[Step]
    attribution: Attribution | None
    replications: int
    confidence: float
    deterministic: bool
    runs: int  # simulations that all of this took
    warnings: Sequence[str] = ()
    failures: Sequence[str] = ()
    rows: Sequence[Row] = field(default=(), repr=False)

    @property
    def feasible(self) -> bool:
        """Whether any mix keeps every promise and limit."""
        return self.chosen is not None

    def candidate(self, name: str) -> Ranked:
        """The candidate of a name."""
        return next(each for each in self.candidates if each.name == name)

    def to_json(self) -> dict[str, object]:
        """The `dcsim.choose/1` object."""
        return {
            "schema": SCHEMA,
            "scenario": self.scenario,
            "objective": self.objective,
            "chosen": self.chosen,
            "feasible": self.feasible,
            "ties": list(self.ties),
            "front": list(self.front),
            "candidates": [each.to_json() for each in self.candidates],
            "explanation": self._explanation(),
            "attribution": None if self.attribution is None else _attribution(self.attribution),
            "confirmed": None if self.confirmed is None else _confirmed(self.confirmed),
            "binding": [_relaxation(each) for each in self.relaxations] if self.feasible else [],
            "missing": None if self.feasible else self._missing(),
            "limits": [asdict(limit) for limit in self.limits],
            "baseline": self.baseline,
            "seed": self.seed,
            "window_s": self.window_s,
            "replications": self.replications,
            "confidence": self.confidence,
            "deterministic": self.deterministic,
            "runs": self.runs,
            "warnings": list(self.warnings),
            "failures": list(self.failures),
        }

    def table(self) -> pd.DataFrame:
        """One row per candidate, in order: figures, whether it is feasible, and why it is not chosen."""
        import pandas as pd

        rows = [{key: value for key, value in each.to_json().items() if key != "mix"} for each in self.candidates]
        return pd.DataFrame(rows).set_index("name")

    def _explanation(self) -> list[dict[str, object]]:
        """The measures of the chosen mix one after another; one line where there is none to explain."""
        if self.steps:
            return [{"step": each.name, "effect": _effect(each.effect)} for each in self.steps]
        if self.chosen is None:
            text = "nothing is chosen: no candidate keeps every promise and limit"
        elif self.chosen == self.baseline:
            text = "no measure: no candidate is better than the baseline"
        else:
            text = "the baseline cannot run: there is nothing to explain the chosen mix from"
        return [{"step": text, "effect": {}}]

    def _missing(self) -> dict[str, object]:
        """What would have to give so that something can be chosen: of the nearest mix, and limit by limit."""
        near = self.nearest
        return {
            "nearest": None if near is None else near.mix,
            "breaks": [
                {
                    "limit": None if each.limit is None else each.limit.key,
                    "bound": None if each.limit is None else each.limit.bound,
                    "worst": each.worst,
                    "text": each.text,
                }
                for each in (near.breaks if near else ())
            ],
            "less_work": list(near.less_work) if near else [],
            "ways": [_relaxation(each) for each in self.relaxations],
        }


def _effect(effect: Effect) -> dict[str, object]:
    return {
        metric: {"difference": found.mean, "ci_low": found.ci_low, "ci_high": found.ci_high}
        for metric, found in effect.items()
    }


def _attribution(found: Attribution) -> dict[str, object]:
    return {
        "method": "exact" if found.orders is None else "sampled",
        "orders": found.orders,
        "measures": [{"measure": each.name, "share": _effect(each.effect)} for each in found.shares],
        "total": _effect(found.total),
    }


def _confirmed(found: Confirmed) -> dict[str, object]:
    figures = {metric: asdict(each) for metric, each in found.figures.items()}
    return {"figures": figures, "versus_baseline": _effect(found.versus_baseline)}


def _relaxation(found: Relaxation) -> dict[str, object]:
    return {
        "limit": found.limit.key,
        "bound": found.limit.bound,
        "needed": found.needed,
        "mix": found.mix,
        "gain": None if found.gain is None else asdict(found.gain),
        "gain_per_unit": found.per_unit,
    }
