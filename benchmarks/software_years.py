"""Year of the serving software behind a row of llm_serving_latency.csv."""

from __future__ import annotations

from collections.abc import Mapping

# Last month of the rows of 2025's software, by engine. Later rows of vLLM in 2025 are of one model alone, and as fast
# as those of 2026.
LAST_OF_2025 = {"vllm": "2025-10", "trtllm": "2025-12", "sglang": "2025-12"}
VERSIONS_OF_2025 = ("0.11", "1.0")  # vLLM, TensorRT-LLM


def software_year(row: Mapping[str, str]) -> int:
    """By version where it is told, else by the month of the measurement; 2026 where neither is."""
    old = row["backend_version"].startswith(VERSIONS_OF_2025)
    month = row["measured"][:7]
    return 2025 if old or (month and month <= LAST_OF_2025[row["backend"]]) else 2026
