"""A sweep that dies at any of its steps, twice even, loses nothing and needs no help to go on."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

SCENARIO = """\
schema: 1
name: small
horizon_h: 0.2
site: {plant: chilled-water, weather: {dry_bulb_c: 22, relative_humidity: 0.5}, carbon: {g_per_kwh: 400}}
pools: [{name: few, node: generic-1, nodes: 4}]
services:
  - name: desk
    field: nlp
    model: fixed-time
    pool: few
    replicas: 4
    traffic: {poisson: {rate_per_s: 1.0}, service_s: {exponential: 1.0}}
    slo: {e2e_p99_s: 60}
mixes: {baseline: {}, capped: {energy: {power_cap_w: 300}}}
"""


def test_a_sweep_that_dies_at_any_step_goes_on_to_the_same_result(tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text(SCENARIO)
    program = Path(__file__).with_name("dying_sweeps.py")
    done = subprocess.run(
        [sys.executable, program, tmp_path / "s.yaml", tmp_path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    once, twice = json.loads(done.stdout)
    assert once >= 40
    assert twice >= 40
