"""What the engine takes requests from: traffic, handed over in chunks of bounded size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

CHUNK_ROWS: Final = 2**18  # most requests of one chunk: 5 MiB of arrays, whatever the horizon


@dataclass(frozen=True, slots=True)
class RequestChunk:
    """Requests in order of arrival, as contiguous writable arrays of one length.

    A quantity that the service's model does not have (tokens of a fixed-time model, its time otherwise) is 0.
    """

    arrival_s: NDArray[np.float64]  # since the start of the scenario, nondecreasing, below the horizon
    input_tokens: NDArray[np.int32]
    output_tokens: NDArray[np.int32]
    service_s: NDArray[np.float64]
    prefix_group: NDArray[np.int32] | None = None  # of requests whose prompts begin alike, where there are groups


class Traffic(Protocol):
    """Requests of one service over the horizon. The means are what is expected, before anything is drawn."""

    @property
    def random(self) -> bool:
        """Whether another replication would bring other requests."""

    @property
    def mean_rate_per_s(self) -> float:
        """Requests expected over the horizon, per second of it."""

    @property
    def mean_input_tokens(self) -> float:
        """Prompt tokens per request; 0 for a model without tokens."""

    @property
    def mean_output_tokens(self) -> float:
        """Output tokens per request; 0 for a model without tokens."""

    @property
    def cv_output_tokens(self) -> float:
        """Standard deviation of the output tokens of a request over their mean; 0 for a model without tokens."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader of the results must know: rows dropped, sorted, outside the horizon."""

    def next_chunk(self) -> RequestChunk | None:
        """The next requests, at most CHUNK_ROWS; None when there are no more."""
