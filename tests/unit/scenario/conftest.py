"""A small scenario to spoil, and the full one of the documentation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

SMALL = """\
schema: 1
name: small
horizon_h: 1
site: {plant: colocation}
pools:
  - {name: h100, node: hgx-h100-8, nodes: 2}
services:
  - name: chat
    field: nlp
    model: llama-3.1-8b
    pool: h100
    replicas: 4
    traffic:
      poisson: {rate_per_s: 4}
      input_tokens: {constant: 600}
      output_tokens: {constant: 120}
mixes:
  baseline: {}
  lean:
    algorithm: [{quantise: fp8}]
    energy: {power_cap_w: 500}
"""


@pytest.fixture
def small() -> str:
    """Text of a scenario that is right."""
    return SMALL


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a scenario's text to a file and gives its path."""

    def write(text: str, name: str = "s.yaml") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write
