"""`evaluate`: whether to introduce a mix, in which order, at which size, at which prices."""

from __future__ import annotations

from sim.study.evaluating.evaluation import Evaluation, evaluate

__all__ = ["Evaluation", "evaluate"]
