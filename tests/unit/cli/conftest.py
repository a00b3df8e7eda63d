"""A small scenario that runs in a blink, and the command line called as a user would."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from sim.cli.main import status_of

SCENARIO = """\
schema: 1
name: small
horizon_h: 0.2
seed: 3
site:
  weather: {dry_bulb_c: 22, relative_humidity: 0.5}
  tariff: {energy_usd_per_kwh: 0.09}
  carbon: {g_per_kwh: 400}
  plant: chilled-water
pools:
  - {name: few, node: generic-1, nodes: 4}
services:
  - name: desk
    field: nlp
    model: fixed-time
    pool: few
    replicas: 4
    traffic: {poisson: {rate_per_s: 1.0}, service_s: {exponential: 1.0}}
    slo: {e2e_p99_s: 60}
mixes:
  baseline: {}
  capped: {energy: {power_cap_w: 300}}
"""


@dataclass(frozen=True)
class Answer:
    status: int
    out: str
    err: str


Dcsim = Callable[..., Answer]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with `s.yaml` in it."""
    (tmp_path / "s.yaml").write_text(SCENARIO)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def dcsim(folder: Path, capsys: pytest.CaptureFixture[str]) -> Dcsim:
    """Runs a command line in the working folder."""
    assert folder.is_dir()

    def call(*arguments: object) -> Answer:
        status = status_of([str(each) for each in arguments])
        found = capsys.readouterr()
        return Answer(status, found.out, found.err)

    return call
