"""No room and no permission: one clear line, nothing torn, and the same command goes on when there is room again."""

from __future__ import annotations

import resource
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from sim.errors import UsageError
from sim.record.kept import Packed
from sim.scenario.specs import Scenario
from sim.study import sweep
from sim.study.point import Kept, Outcome
from sim.study.store import stored_points

FILE = Path("s.yaml")
AXES = {"a": [str(number) for number in range(10)]}  # 20 rows of 20 kB
KEPT = Kept(Packed("{}", bytes(20_000)), "{}")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, scenario_of: Callable[..., Scenario]) -> None:
    """Neither scenario file nor engine; rows as large as real ones."""

    def load(path: Path, settings: Sequence[str] = ()) -> Scenario:
        return scenario_of(" ".join((path.stem, *settings)))

    def simulated(scenario: Scenario, mix: str, seed: int, replication: int = 0, **_: object) -> Outcome:
        return Outcome({"cost_usd": {"total": len(scenario.name) + len(mix) + seed + replication}}, True, KEPT)

    monkeypatch.setattr("sim.scenario.load", load)
    monkeypatch.setattr("sim.study.point.simulate_point", simulated)


@pytest.fixture
def calm(tmp_path: Path) -> bytes:
    """The table of a sweep that met no trouble."""
    sweep(FILE, AXES, tmp_path / "calm", workers=1)
    return (tmp_path / "calm" / "results.parquet").read_bytes()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, 64 kB to begin with; skips where none can be mounted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", folder], check=False).returncode:
        pytest.skip("no file system can be mounted here")
    yield folder
    subprocess.run(["umount", folder], check=True)


def change(disk: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", disk], check=True)


def refused(out: Path) -> str:
    with pytest.raises(UsageError) as caught:
        sweep(FILE, AXES, out, workers=1)
    text = str(caught.value)
    assert "\n" not in text
    assert f"{out} cannot be written to" in text
    return text


def check_nothing_torn(out: Path) -> int:
    """Everything there is can be read; gives the number of points."""
    if (out / "results.parquet").exists():
        pq.read_table(out / "results.parquet")
    names = [path.name for path in out.iterdir()] if out.exists() else []
    assert not [name for name in names if name.startswith(".") and name != ".lock"]
    return len(list(stored_points(out))) if "results.sqlite" in names else 0


@pytest.mark.parametrize("limit", [0, 200, 5_000, 20_000, 50_000, 100_000, 150_000, 200_000, 300_000, 400_000])
def test_a_file_that_may_not_grow_ends_the_sweep_in_good_order(tmp_path: Path, calm: bytes, limit: int) -> None:
    out, (before, most) = tmp_path / "w", resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, most))
    try:
        refused(out)
        kept = check_nothing_torn(out)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (before, most))
    done = sweep(FILE, AXES, out, workers=1)
    assert (done.skipped, done.done) == (kept, 20 - kept)
    assert (out / "results.parquet").read_bytes() == calm


def test_a_full_disk_ends_the_sweep_in_good_order_whatever_its_size(small_disk: Path, calm: bytes) -> None:
    out, seen = small_disk / "w", []
    for size_kb in (8, 12, 32, 64, 100, 150, 250, 350, 450, 550):
        change(small_disk, f"size={size_kb}k")
        refused(out)
        seen.append(check_nothing_torn(out))
    assert seen == sorted(seen)
    change(small_disk, "size=16m")
    done = sweep(FILE, AXES, out, workers=1)
    assert (done.skipped, done.done) == (seen[-1], 20 - seen[-1])
    assert (out / "results.parquet").read_bytes() == calm


def test_a_folder_that_cannot_be_written_to_is_told_and_can_be_read(small_disk: Path, calm: bytes) -> None:
    out = small_disk / "w"
    change(small_disk, "size=16m,ro")
    assert "read-only" in refused(out)
    change(small_disk, "rw")
    sweep(FILE, {"a": ["0", "1"]}, out, workers=1)
    change(small_disk, "ro")
    refused(out)
    assert len(list(stored_points(out))) == 4
    change(small_disk, "rw")
    assert sweep(FILE, AXES, out, workers=1).skipped == 4
    assert (out / "results.parquet").read_bytes() == calm
