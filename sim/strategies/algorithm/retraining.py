"""Training a model on the answers of a larger one: what distilling costs, and what heals a pruned model."""

from __future__ import annotations

from collections.abc import Mapping

from sim.units import S_PER_H


def retraining_h(
    figures: Mapping[str, float], student_parameters: float, teacher_parameters: float, peak_flops: float
) -> float:
    """Accelerator-hours at `peak_flops` [FLOP/s each] over the technique's `tokens` at its `mfu`.

    Per token 6 FLOPs a student weight (training) and 2 a teacher weight (its answers): forward 2, backward 4 (Kaplan et
    al. 2020, "Scaling laws for neural language models", table 1). Parameters are those active per token.
    """
    flops = figures["tokens"] * (6.0 * student_parameters + 2.0 * teacher_parameters)
    return flops / (figures["mfu"] * peak_flops) / S_PER_H
