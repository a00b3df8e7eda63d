"""How one replica of a model lies on its accelerators."""

from __future__ import annotations

from dataclasses import dataclass

from sim.errors import ScenarioError


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Degrees of parallelism of one replica.

    Tensor parallel splits every matrix, pipeline parallel the layers, data parallel the sequences that attention works
    on (each rank holds all that is not inside experts). Experts are spread over tensor times data parallel
    accelerators: whole ones over `expert_parallel` groups, each split over what remains.
    """

    tensor_parallel: int = 1
    pipeline_parallel: int = 1
    expert_parallel: int = 1
    data_parallel: int = 1

    def __post_init__(self) -> None:
        group = self.tensor_parallel * self.data_parallel
        if group % self.expert_parallel:
            raise ScenarioError(
                f"expert_parallel of {self.expert_parallel} does not divide the {group} accelerators of tensor times "
                "data parallel"
            )

    @property
    def accelerators(self) -> int:
        """Accelerators of the replica."""
        return self.tensor_parallel * self.pipeline_parallel * self.data_parallel

    @property
    def exchanges(self) -> bool:
        """Whether tokens travel to their experts: ranks of data-parallel attention hold different tokens.

        Tensor-parallel ranks hold the same tokens, and their all-reduce brings the experts' outputs together.
        """
        return self.expert_parallel > 1 and self.data_parallel > 1
