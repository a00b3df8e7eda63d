"""`dcsim estimate`: one replica at constant batch, by the performance and power model alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sim.cli.console import print_json, print_rows, tell
from sim.cli.options import JSON, OUT_FOLDER
from sim.errors import UsageError

if TYPE_CHECKING:
    from sim.study.estimating import Estimate

COUNT = click.IntRange(min=1)


@click.command("estimate")
@click.option("--accelerator", required=True, help="Name in the catalogue.")
@click.option("--model", required=True, help="Name in the catalogue.")
@click.option("--precision", required=True, help="Number format of the weights.")
@click.option("--tensor-parallel", type=COUNT, default=1, show_default=True, help="Accelerators that share a replica.")
@click.option("--pipeline-parallel", type=COUNT, default=1, show_default=True, help="Stages that share the layers.")
@click.option("--expert-parallel", type=COUNT, default=1, show_default=True, help="Groups that share the experts.")
@click.option("--data-parallel", type=COUNT, default=1, show_default=True, help="Ranks that share the sequences.")
@click.option("--batch", required=True, metavar="B[,B..]", help="Sequences decoding at once; a list gives `points`.")
@click.option("--input-tokens", type=float, required=True, help="Tokens of a prompt.")
@click.option("--output-tokens", type=float, required=True, help="Tokens of an answer, on average.")
@click.option("--output-cv", type=float, default=0.0, show_default=True, help="Spread of the answers' lengths.")
@click.option("--prefix-hit-share", type=float, default=0.0, show_default=True, help="Of a prompt, in a prefix cache.")
@click.option("--draft-tokens", type=click.IntRange(min=0), help="Speculative decoding: tokens drafted at once.")
@click.option("--acceptance", type=float, help="Chance that a drafted token is kept.")
@click.option("--engine", default="vllm", show_default=True, help="Serving software.")
@click.option("--power-cap-w", type=float, help="Power limit of each accelerator.")
@click.option("--clock-mhz", type=float, help="Highest core clock.")
@click.option("--catalog", type=click.Path(path_type=Path, dir_okay=False), help="Your own catalogue entries.")
@OUT_FOLDER
@JSON
def command(
    accelerator: str,
    model: str,
    precision: str,
    tensor_parallel: int,
    pipeline_parallel: int,
    expert_parallel: int,
    data_parallel: int,
    batch: str,
    input_tokens: float,
    output_tokens: float,
    output_cv: float,
    prefix_hit_share: float,
    draft_tokens: int | None,
    acceptance: float | None,
    engine: str,
    power_cap_w: float | None,
    clock_mhz: float | None,
    catalog: Path | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Estimate memory, time to first token, time per token, power and energy of one replica of a language model."""
    from sim.study.estimating import estimate, write_estimate

    found = estimate(
        accelerator=accelerator,
        model=model,
        batch=_batches(batch),
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        precision=precision,
        tensor_parallel=tensor_parallel,
        pipeline_parallel=pipeline_parallel,
        expert_parallel=expert_parallel,
        data_parallel=data_parallel,
        engine=engine,
        output_cv=output_cv,
        prefix_hit_share=prefix_hit_share,
        draft_tokens=draft_tokens,
        acceptance=acceptance,
        power_cap_w=power_cap_w,
        clock_mhz=clock_mhz,
        catalogue=catalog,
    )
    if out:
        write_estimate(found, out)
    if as_json:
        print_json(found.to_json())
    else:
        _print_table(found)
    tell(f"warning: {text}" for text in found.warnings)
    tell([f"wrote {out}"] if out else [])


def _print_table(found: Estimate) -> None:
    from sim.report.estimate_table import HEADINGS, LEGEND, estimate_rows

    print_rows(HEADINGS, estimate_rows(found))
    click.echo(LEGEND)


def _batches(text: str) -> int | list[int]:
    """One batch, or a list where there is a comma."""
    try:
        numbers = [int(part) for part in text.split(",")]
    except ValueError as fault:
        raise UsageError(f"--batch is a whole number or a list like 1,8,32, not '{text}'") from fault
    return numbers if "," in text else numbers[0]
