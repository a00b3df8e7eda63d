"""What marks an output folder as ours: its manifest, and the refusal to mix results of two scenarios."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from sim.document import write_atomically
from sim.errors import UsageError
from sim.record.files import MANIFEST, scenario_hash
from sim.scenario.specs import Scenario
from sim.study.point import package_version
from sim.study.store_file import told_of

SCHEMA = "dcsim.study-folder/1"
RUNS = "runs"  # folder of one run per mix, in that of a comparison
Kind = Literal["run", "compare", "sweep", "choose"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a folder holds: results of which command, of which scenario, made by which version."""

    kind: Kind
    scenario: str
    scenario_sha256: str
    seed: int
    dcsim: str
    schema: str = SCHEMA

    def write(self, folder: Path) -> None:
        """Makes the folder and writes the manifest into it."""
        folder.mkdir(parents=True, exist_ok=True)
        write_json(folder / MANIFEST, asdict(self))


def manifest_of(kind: Kind, scenario: Scenario, seed: int) -> Manifest:
    """The manifest of a study of this scenario."""
    return Manifest(
        kind=kind,
        scenario=scenario.name,
        scenario_sha256=scenario_hash(scenario.document),
        seed=seed,
        dcsim=package_version(),
    )


def check_folder(folder: Path, manifest: Manifest) -> None:
    """UsageError unless results of this command on this scenario may be written into the folder."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file: choose another --out")
    found = read_manifest(folder)
    if found is None:
        if folder.is_dir() and any(not _early(each.name) for each in folder.iterdir()):
            raise UsageError(f"{folder} is not empty and holds no results of dcsim: choose another --out")
        return
    if found.get("scenario_sha256") != manifest.scenario_sha256:
        digest = str(found.get("scenario_sha256"))[:12]
        raise UsageError(f"{folder} holds results of another scenario (hash {digest}): choose another --out")
    kind = found.get("kind", "run")  # the manifest of a single run names none
    if kind != manifest.kind:
        raise UsageError(f"{folder} holds results of dcsim {kind}: choose another --out")


def _early(name: str) -> bool:
    """Whether a study that was killed at once may have left this: its lock, half a file, runs of a comparison."""
    return name.startswith(".") or name == RUNS


def read_manifest(folder: Path) -> dict[str, object] | None:
    """The manifest of a folder; None where it has none."""
    try:
        content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as fault:
        raise UsageError(f"{folder / MANIFEST} cannot be read ({fault}): choose another --out") from fault
    return content if isinstance(content, dict) else {}


def write_json(path: Path, content: object) -> None:
    """Writes a JSON file in one piece; no NaN, a figure that does not exist is null. UsageError where it cannot."""
    with told_of(path.parent):
        write_atomically(path, (json.dumps(content, indent=1, allow_nan=False) + "\n").encode())
