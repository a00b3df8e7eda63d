"""How long `dcsim choose` takes over 200 mixes x 5 replications of the chatbot scenario.

    python -m benchmarks.choose [--workers 2] [--hours 3.5] [--out FILE]

The scenario is scenarios/chatbot.yaml from nine in the morning on, up the slope of its day and below 200,000 requests
a run, with 5 x 4 x 5 x 2 = 200 combinations of measures. Prints wall time, processor time, runs, and requests per run.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from sim.scenario import load
from sim.scenario.specs import Scenario
from sim.study import choose

SCENARIO = Path(__file__).resolve().parents[1] / "scenarios" / "chatbot.yaml"
OPTIONS = """
extends: {base}
choose:
  options:
    compute:
      - null
      - {{router: least-loaded}}
      - {{router: least-loaded, autoscale: {{target_utilisation: 0.12}}}}
      - {{router: least-loaded, autoscale: {{target_utilisation: 0.25}}}}
      - {{autoscale: {{target_utilisation: 0.12}}}}
    algorithm: [null, {{quantise: fp8, for: chat}}, {{quantise: int4, for: chat}}, {{quantise: fp8}}]
    energy: [null, {{power_cap_w: 450}}, {{power_cap_w: 550}}, {{plant: direct-liquid}}, {{clock_mhz: 1500}}]
    vertical: [null, {{customise: lora, for: chat}}]
"""


def chatbot(hours: float) -> Scenario:
    """The chatbot from nine in the morning on, with 200 candidates."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "choose.yaml"
        path.write_text(OPTIONS.format(base=SCENARIO), encoding="utf-8")
        return load(path, [f"horizon_h={hours:g}", 'start="2023-07-05T09:00:00-06:00"'])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--hours", type=float, default=3.5)
    parser.add_argument("--replications", type=int, default=5)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    scenario = chatbot(asked.hours)
    begun = time.perf_counter()
    found = choose(scenario, replications=asked.replications, workers=asked.workers)
    wall_s = time.perf_counter() - begun
    cpu_s = sum(os.times()[:4])
    requests = max(int(row.result.summary["engine"]["requests"]) for row in found.rows)  # type: ignore[index,union-attr]
    answer = {
        "candidates": len(found.candidates),
        "replications": asked.replications,
        "workers": asked.workers,
        "runs": found.runs,
        "requests_per_run": requests,
        "wall_s": round(wall_s, 1),
        "cpu_s": round(cpu_s, 1),  # of this process and its workers
        "chosen": found.chosen,
        "ties": len(found.ties),
    }
    print(json.dumps(answer, indent=1))
    if asked.out:
        asked.out.write_text(json.dumps({**answer, "choice": found.to_json()}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
