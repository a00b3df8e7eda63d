"""Checking a scenario, its mixes applied, loads none of the heavy libraries and takes well under half a second."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from sim.scenario import template

HEAVY = ("numpy", "numba", "pandas", "scipy", "matplotlib", "networkx", "pyarrow", "simpy", "pvlib")
PROGRAM = """
import json, sys, time
from sim.cli.main import status_of
assert status_of(["validate", sys.argv[1]]) == 0
print(json.dumps({"cpu_s": time.process_time(), "modules": sorted(sys.modules)}))
"""


@pytest.mark.parametrize("name", ["chatbot", "queue"])
def test_a_scenario_is_read_without_heavy_libraries_in_little_time(
    name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("light") / "s.yaml"
    path.write_text(template(name))
    runs = [
        subprocess.run([sys.executable, "-c", PROGRAM, str(path)], capture_output=True, check=True) for _ in range(2)
    ]
    found = [json.loads(run.stdout.splitlines()[-1]) for run in runs]  # the second run finds compiled bytecode
    loaded = {module.partition(".")[0] for module in found[1]["modules"]}
    assert loaded.isdisjoint(HEAVY)
    cpu_s = min(run["cpu_s"] for run in found)
    print(f"reading {name}: {cpu_s:.3f} s of CPU, imports included")  # noqa: T201
    assert cpu_s < 0.5
