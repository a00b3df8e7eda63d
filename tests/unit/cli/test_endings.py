"""How commands end: exit codes, one clear line, nothing written, and no more libraries loaded than needed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import pytest

HEAVY = ("numba", "pandas", "scipy", "matplotlib", "networkx", "pyarrow", "simpy", "pvlib")


class Answer(Protocol):
    status: int
    out: str
    err: str


Dcsim = Callable[..., Answer]


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["nonsense"], 2, "No such command"),
        (["run", "s.yaml", "--mix", "caped"], 2, "did you mean 'capped'"),
        (["run", "s.yaml", "--set", "pool.few.nodes=3"], 2, "pool.few.nodes"),
        (["run", "s.yaml", "--set", "pools.few.nodes=-3"], 3, "nodes"),
        (["run", "none.yaml"], 3, "none.yaml"),
        (["compare", "s.yaml", "--replications", "0"], 2, "replications"),
        (["compare", "s.yaml", "--report", "r.txt"], 2, ".html"),
        (["compare", "s.yaml", "--report", "s.yaml/r.html"], 2, "is a file, not a folder"),
        (["sweep", "s.yaml", "--set", "pools.few.nodes", "--out", "out"], 2, "PATH=VALUE"),
        (["sweep", "s.yaml", "--set", "seed=1,2", "--replications", "9999", "--out", "out"], 2, "39,996 points"),
        (["sweep", "s.yaml", "--set", "pools.few.nodes=4,-4", "--out", "out"], 3, "nodes"),
        (["plot", "s.yaml", "cost"], 2, "--out FILE"),
        (["plot", ".", "cost", "--out", "c.png"], 2, "holds no results"),
        (["plot", ".", "cots", "--out", "c.png"], 2, "did you mean 'cost'"),
        (["plot", ".", "cost", "--out", "c.gif"], 2, ".png"),
        (["catalog", "show", "nodes", "nope"], 2, "nope"),
        (["catalog", "list", "nodez"], 2, "did you mean 'nodes'"),
        (["init", "mine.yaml", "--template", "chatbott"], 2, "chatbot"),
        (["init", "/proc/mine.yaml"], 2, "/proc/mine.yaml cannot be used"),
        (["run", "s.yaml", "--out", "/proc/out"], 2, "/proc/out cannot be used"),
        (["compare", "s.yaml", "--replications", "1", "--report", "/proc/r.html"], 2, "/proc/r.html cannot be used"),
        (["size", "s.yaml", "--accelerators", ","], 2, "names no accelerator"),
    ],
)
def test_a_wrong_command_is_told_in_words_and_writes_nothing(
    dcsim: Dcsim, folder: Path, arguments: list[str], status: int, words: str
) -> None:
    done = dcsim(*arguments)
    assert done.status == status, done.err
    assert words in done.err
    assert "Traceback" not in done.err
    assert done.out == ""
    assert [path.name for path in folder.iterdir()] == ["s.yaml"]


def test_bad_input_that_shows_when_run_writes_nothing(dcsim: Dcsim, folder: Path) -> None:
    text = (folder / "s.yaml").read_text()
    (folder / "s.yaml").write_text(
        text.replace("{poisson: {rate_per_s: 1.0}, service", "{trace: {file: t.csv}, service")
    )
    for command in (["run"], ["compare", "--workers", 1], ["sweep", "--set", "pools.few.nodes=4,5", "--workers", 1]):
        done = dcsim(command[0], "s.yaml", *command[1:], "--out", "out")
        assert done.status == 3, done.err
        assert "Traceback" not in done.err
        assert not (folder / "out").exists()


def test_a_folder_of_another_scenario_is_left_alone(dcsim: Dcsim, folder: Path) -> None:
    assert dcsim("run", "s.yaml", "--out", "out").status == 0
    kept = (folder / "out" / "summary.json").read_bytes()
    done = dcsim("run", "s.yaml", "--set", "pools.few.nodes=5", "--out", "out")
    assert done.status == 2
    assert "another scenario" in done.err
    assert (folder / "out" / "summary.json").read_bytes() == kept
    assert dcsim("compare", "s.yaml", "--out", "out").status == 2
    (folder / "own").mkdir()
    (folder / "own" / "letter.txt").write_text("dear")
    assert dcsim("run", "s.yaml", "--out", "own").status == 2


def test_a_defect_is_one_line_and_a_traceback_only_when_asked(dcsim: Dcsim, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("by nought")

    monkeypatch.setattr("sim.study.running.simulated", broken)
    done = dcsim("run", "s.yaml")
    assert (done.status, done.err) == (1, "dcsim: internal error: ZeroDivisionError: by nought (--debug shows where)\n")
    assert "Traceback" in dcsim("run", "s.yaml", "--debug").err


def test_interruption_is_130(dcsim: Dcsim, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sim.study.running.simulated", interrupted)
    done = dcsim("run", "s.yaml")
    assert (done.status, "interrupted" in done.err) == (130, True)


def test_control_characters_of_a_file_are_shown_not_obeyed(dcsim: Dcsim, folder: Path) -> None:
    (folder / "s.yaml").write_text((folder / "s.yaml").read_text() + '"bad\\u001b[31m\\u202ekey": 1\n')
    done = dcsim("validate", "s.yaml")
    assert done.status == 3
    assert "\x1b" not in done.err
    assert "\u202e" not in done.err


@pytest.mark.parametrize(
    "arguments", [["--help"], ["run", "--help"], ["validate", "s.yaml"], ["schema"], ["catalog", "list"]]
)
def test_light_commands_load_no_heavy_library(folder: Path, arguments: list[str]) -> None:
    code = (
        "import sys; from sim.cli.main import status_of; status = status_of(sys.argv[1:]);"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr); sys.exit(status)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines()[-1] == "[]"


def test_the_public_names_are_few_and_cheap() -> None:
    code = (
        "import sys, sim, json; before = [m for m in sys.modules if m.split('.')[0] in ('numpy', 'pydantic', 'yaml')];"
        "names = {name: callable(getattr(sim, name)) for name in sim.__all__}; print(json.dumps([before, names]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    before, names = json.loads(done.stdout)
    assert before == []
    assert len(names) <= 20
    assert all(names.values())


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "sim", *map(str, arguments)]


def test_a_reader_that_leaves_is_no_error(folder: Path) -> None:
    done = subprocess.run(
        ["bash", "-c", f"{' '.join(command('schema'))} | head -n 1"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "{\n"
    assert done.stderr == ""


def test_a_reader_that_leaves_a_table_is_no_error() -> None:
    line = f"{' '.join(command('catalog', 'list'))} | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_an_interrupted_sweep_leaves_a_table_and_resumes(folder: Path) -> None:
    sweep = command("sweep", "s.yaml", "--set", "pools.few.nodes=4,5", "--replications", 400, "--out", "w")
    running = subprocess.Popen(
        sweep,
        cwd=folder,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "NO_COLOR": "1"},
        # a shell starts its background jobs deaf to Ctrl-C, and these tests may run in one
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - no threads here
    )
    while not (folder / "w" / "results.sqlite").exists():
        assert running.poll() is None
        time.sleep(0.05)
    time.sleep(0.5)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=30)
    assert running.returncode == 130, said
    assert "Traceback" not in said
    assert (folder / "w" / "results.parquet").exists()
    planned = subprocess.run([*sweep, "--dry-run", "--json"], cwd=folder, capture_output=True, text=True, check=True)
    assert json.loads(planned.stdout)["skipped"] > 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("choose", "s.yaml", "--budget-usd", "nan"),
        ("choose", "s.yaml", "--accuracy-floor", "nan"),
        ("facility", "--plant", "legacy", "--weather", "hot-dry", "--it-kw", "1e300"),
        ("facility", "--plant", "legacy", "--weather", "hot-dry", "--it-kw", "100", "--load", "nan"),
    ],
)
def test_numbers_that_are_none_are_refused(arguments: tuple[str, ...], dcsim: Dcsim) -> None:
    done = dcsim(*arguments)
    assert done.status == 2
    assert "Invalid value" in done.err


def test_the_break_even_of_what_is_no_price_is_refused(dcsim: Dcsim) -> None:
    assert dcsim("run", "s.yaml", "--out", "r").status == 0
    done = dcsim("reprice", "r", "--break-even", "pools.few.nodes")
    assert done.status == 2
    assert "price" in done.err
