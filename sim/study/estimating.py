"""`estimate`: catalogue names in, what one replica does at constant batch out; no simulation.

Figures are of the accelerators alone: what stands around them (host, fans, cooling) is what a run adds.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from sim.catalog import Catalogue
from sim.catalog.entries import Precision
from sim.errors import CatalogueError, UsageError
from sim.models.estimate import Point, Replica, computes_natively, estimated
from sim.models.item_estimate import item_points, item_warnings
from sim.models.layout import Layout
from sim.models.speculation import NO_DRAFT, Speculation
from sim.strategies.algorithm.speculate import MEASURE, USUAL, drafted
from sim.strategies.published import published_variant
from sim.study.estimate_warnings import estimate_warnings
from sim.study.folder import write_json

if TYPE_CHECKING:
    import pandas as pd

SCHEMA: Final = "dcsim.estimate/1"
BATCH_MAX: Final = 16_384  # far beyond what serving software decodes at once; the tables grow with it
DEGREE_MAX: Final = 1024
TOKENS_MAX: Final = 1e9
CV_MAX: Final = 100.0
DRAFT_TOKENS_MAX: Final = 64  # as in scenarios
FILE_NAME: Final = "estimate.json"
Found = TypeVar("Found")


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A replica at one batch, or at each of a list."""

    replica: Replica
    points: tuple[Point, ...]
    listed: bool  # whether a list of batches was asked for, be it of one
    warnings: tuple[str, ...]

    def to_json(self) -> dict[str, object]:
        """The `dcsim.estimate/1` object: the figures of the one batch, or `points` where a list was asked for."""
        head: dict[str, object] = {"schema": SCHEMA, "asked": self.asked()}
        points = [asdict(point) for point in self.points]
        body: dict[str, object] = {"points": points} if self.listed else dict(points[0])
        return {**head, **body, "energy_covers": "accelerators", "warnings": list(self.warnings)}

    def asked(self) -> dict[str, object]:
        """What was asked, as one writes it on the command line; without the batches."""
        replica = self.replica
        return {
            "accelerator": replica.accelerator.name,
            "model": replica.variant.model.name,
            "precision": replica.variant.weights.name,
            "engine": replica.engine.name,
            **asdict(replica.layout),
            "input_tokens": replica.input_tokens,
            "output_tokens": replica.output_tokens,
            "output_cv": replica.output_cv,
            "prefix_hit_share": replica.prefix_hit_share,
            "draft_tokens": replica.variant.speculation.draft_tokens,
            "acceptance": replica.variant.speculation.acceptance if replica.variant.speculation.draft_tokens else None,
            "power_cap_w": replica.cap_w,
            "clock_mhz": replica.clock_mhz,
        }

    @property
    def frame(self) -> pd.DataFrame:
        """One row per batch, columns as in the JSON object."""
        import pandas as pd

        return pd.DataFrame([asdict(point) for point in self.points])

    def uncapped(self) -> Estimate:
        """The same question without power cap and clock knob."""
        replica = replace(self.replica, cap_w=None, clock_mhz=None)
        points = _points(replica, [point.batch for point in self.points])
        return replace(self, replica=replica, points=points)


def estimate(
    *,
    accelerator: str,
    model: str,
    batch: int | Sequence[int],
    input_tokens: float,
    output_tokens: float,
    precision: str | None = None,
    tensor_parallel: int = 1,
    pipeline_parallel: int = 1,
    expert_parallel: int = 1,
    data_parallel: int = 1,
    engine: str = "vllm",
    output_cv: float = 0.0,
    prefix_hit_share: float = 0.0,
    draft_tokens: int | None = None,
    acceptance: float | None = None,
    power_cap_w: float | None = None,
    clock_mhz: float | None = None,
    catalogue: Catalogue | Path | str | None = None,
) -> Estimate:
    """What one replica does at each batch: memory, time to first token, time per token, power and energy.

    precision: the model's own unless named. output_cv: coefficient of variation of the outputs' lengths, which decides
    how much context sequences in flight hold. prefix_hit_share: of each prompt, what a prefix cache holds. draft_tokens
    and acceptance: speculative decoding; each is the usual draft's where only the other is given. catalogue: a user's
    catalogue file over the built-in one.

    Raises UsageError for a name that the catalogue does not have or a number out of range, ScenarioError for a format
    that the accelerator lacks or a cap that it cannot keep. What does not fit is no error but an answer.
    """
    batches = [batch] if isinstance(batch, int) else list(batch)
    degrees = (tensor_parallel, pipeline_parallel, expert_parallel, data_parallel)
    _check_numbers(batches, degrees, input_tokens, output_tokens, output_cv, power_cap_w)
    _check_shares(prefix_hit_share, draft_tokens, acceptance)
    layout = Layout(
        tensor_parallel=tensor_parallel,
        pipeline_parallel=pipeline_parallel,
        expert_parallel=expert_parallel,
        data_parallel=data_parallel,
    )
    known = catalogue if isinstance(catalogue, Catalogue) else _catalogue(catalogue)
    served = _named(known.model, model, "models", known)
    weights = _named(known.precision, precision or served.precision, "precisions", known)
    drafts = _drafts(draft_tokens, acceptance, known)
    if served.items is not None and (drafts.draft_tokens or prefix_hit_share):
        raise UsageError(f"{model} takes no tokens: prefix_hit_share and draft_tokens are of language models")
    replica = Replica(
        variant=replace(published_variant(served, weights, known), speculation=drafts),
        accelerator=_named(known.accelerator, accelerator, "accelerators", known),
        engine=_named(known.engine, engine, "engines", known),
        layout=layout,
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        output_cv=output_cv,
        prefix_hit_share=prefix_hit_share,
        cap_w=power_cap_w,
        clock_mhz=clock_mhz,
    )
    points = _points(replica, batches, tuple(_narrower(weights, replica, known)))
    return Estimate(
        replica=replica,
        points=points,
        listed=not isinstance(batch, int),
        warnings=(estimate_warnings if served.items is None else item_warnings)(replica, points),
    )


def _points(replica: Replica, batches: Sequence[int], formats: tuple[Precision, ...] = ()) -> tuple[Point, ...]:
    if replica.variant.model.items is not None:
        return item_points(replica, batches)
    return estimated(replica, batches, formats=formats)


def _catalogue(file: Path | str | None) -> Catalogue:
    return Catalogue.built_in() if file is None else Catalogue.built_in().with_file(Path(file))


def _named(read: Callable[[str], Found], name: str, kind: str, catalogue: Catalogue) -> Found:
    """An entry; UsageError where there is none of that name, CatalogueError where it is not right."""
    try:
        return read(name)
    except CatalogueError as fault:
        if name in catalogue.names(kind):
            raise
        raise UsageError(str(fault)) from fault


def _drafts(draft_tokens: int | None, acceptance: float | None, catalogue: Catalogue) -> Speculation:
    """The usual draft with the length and the acceptance that are given; no draft where neither is."""
    if draft_tokens is None and acceptance is None:
        return NO_DRAFT
    return drafted(catalogue.technique(MEASURE, USUAL), draft_tokens, acceptance)


def _narrower(weights: Precision, replica: Replica, catalogue: Catalogue) -> Iterator[Precision]:
    """Formats narrower than the weights', that the accelerator computes in or only holds weights in."""
    for name in catalogue.names("precisions"):
        other = catalogue.precision(name)
        if computes_natively(other, replica.accelerator) and other.bytes_per_value < weights.bytes_per_value:
            yield other


def _check_numbers(
    batches: Sequence[int],
    degrees: Sequence[int],
    input_tokens: float,
    output_tokens: float,
    output_cv: float,
    power_cap_w: float | None,
) -> None:
    """UsageError for the first number that is out of range."""
    ranges = (
        *((1 <= batch <= BATCH_MAX, f"a batch is 1 to {BATCH_MAX:,} sequences, not {batch}") for batch in batches),
        (len(batches) > 0, "name at least one batch"),
        *((1 <= each <= DEGREE_MAX, f"a degree of parallelism is 1 to {DEGREE_MAX}, not {each}") for each in degrees),
        (0.0 <= input_tokens <= TOKENS_MAX, f"input_tokens is 0 to {TOKENS_MAX:g}, not {input_tokens:g}"),
        (1.0 <= output_tokens <= TOKENS_MAX, f"output_tokens is 1 to {TOKENS_MAX:g}, not {output_tokens:g}"),
        (0.0 <= output_cv <= CV_MAX, f"output_cv is 0 to {CV_MAX:g}, not {output_cv:g}"),
        (power_cap_w is None or 0.0 < power_cap_w < math.inf, f"power_cap_w is above 0, not {power_cap_w}"),
    )
    for holds, text in ranges:
        if not holds:
            raise UsageError(text)


def _check_shares(prefix_hit_share: float, draft_tokens: int | None, acceptance: float | None) -> None:
    """UsageError for the first of these that is out of range."""
    if not 0.0 <= prefix_hit_share <= 1.0:
        raise UsageError(f"prefix_hit_share is 0 to 1, not {prefix_hit_share:g}")
    if draft_tokens is not None and not 0 <= draft_tokens <= DRAFT_TOKENS_MAX:
        raise UsageError(f"draft_tokens is 0 to {DRAFT_TOKENS_MAX}, not {draft_tokens}")
    if acceptance is not None and not 0.0 <= acceptance <= 1.0:
        raise UsageError(f"acceptance is 0 to 1, not {acceptance:g}")


def write_estimate(found: Estimate, folder: Path) -> None:
    """Writes the estimate into a folder of its own for charts, with the same question without cap and clock knob.

    Raises UsageError for a folder that holds something else.
    """
    path = folder / FILE_NAME
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file: choose another --out")
    if folder.is_dir() and not path.is_file() and any(folder.iterdir()):
        raise UsageError(f"{folder} is not empty and holds no estimate of dcsim: choose another --out")
    write_json(path, drawable(found))


def drawable(found: Estimate) -> dict[str, object]:
    """The object with `points`, and in `uncapped` the points without cap and clock knob (None where there are none)."""
    limited = found.replica.cap_w is not None or found.replica.clock_mhz is not None
    uncapped = [asdict(point) for point in found.uncapped().points] if limited else None
    return {**replace(found, listed=True).to_json(), "uncapped": uncapped}


def read_estimate(folder: Path) -> dict[str, Any]:
    """What `write_estimate` wrote; UsageError where the folder holds no estimate."""
    path = folder / FILE_NAME
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise UsageError(f"{folder} holds no results of dcsim estimate --out ({fault})") from fault
    if not isinstance(content, dict) or content.get("schema") != SCHEMA:
        raise UsageError(f"{path} is no {SCHEMA}")
    return content
