"""A user's script without a main guard can run studies on several processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """
import sim
print("script runs")
scenario = sim.load({scenario!r}, "horizon_h=0.1")
found = sim.compare(scenario, mixes=["baseline", "scaled"], replications=2, workers=2)
print(len(found.table()) > 0, found.failures)
"""


def test_a_script_without_a_main_guard_compares_on_two_processes(tmp_path: Path) -> None:
    script = tmp_path / "study.py"
    script.write_text(SCRIPT.format(scenario=str(ROOT / "scenarios" / "chatbot.yaml")), "utf-8")
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[:2] == ["script runs", "True ()"]
