"""The folder of a run comes back as it was written, byte for byte the same for the same run."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from handmade.runs import ledger, meter
from sim.errors import UsageError
from sim.record import read_run, write_run
from sim.record.files import meter_columns, scenario_hash

DOCUMENT = {"schema": 1, "name": "small", "site": {"water_usd_per_m3": 3.0}}
SUMMARY = {"schema": "dcsim.run/1", "mix": "lean", "seed": 7, "pue": 1.3, "wue_l_per_kwh": None}
FILES = ["manifest.json", "scenario.resolved.yaml", "summary.json", "timeseries.parquet"]


def written(folder: Path) -> Path:
    write_run(folder, DOCUMENT, SUMMARY, ledger(), Path())
    return folder


def test_a_run_comes_back_as_it_was_written(tmp_path: Path) -> None:
    run = read_run(written(tmp_path / "deep" / "run"))
    assert (run.scenario, run.summary) == (DOCUMENT, SUMMARY)
    assert (run.manifest["mix"], run.manifest["seed"]) == ("lean", 7)
    assert run.manifest["scenario_sha256"] == scenario_hash(DOCUMENT)
    assert set(run.timeseries) == set(meter_columns(meter()))
    np.testing.assert_array_equal(run.timeseries["it_w"], meter().it_w)
    np.testing.assert_array_equal(run.timeseries["pool_it_w.h100"], meter().it_w)


def test_the_same_run_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = written(tmp_path / "a"), written(tmp_path / "b")
    assert sorted(path.name for path in first.iterdir()) == FILES
    assert [(first / name).read_bytes() for name in FILES] == [(second / name).read_bytes() for name in FILES]


def test_a_second_run_replaces_the_first(tmp_path: Path) -> None:
    write_run(written(tmp_path), DOCUMENT, {**SUMMARY, "seed": 8}, ledger(), Path())
    assert read_run(tmp_path).summary["seed"] == 8
    assert sorted(path.name for path in tmp_path.iterdir()) == FILES


def test_the_order_of_keys_does_not_change_the_hash() -> None:
    assert scenario_hash(dict(reversed(DOCUMENT.items()))) == scenario_hash(DOCUMENT)


def test_the_resolved_scenario_is_yaml(tmp_path: Path) -> None:
    from sim.document import load_document

    assert load_document(written(tmp_path) / "scenario.resolved.yaml").value == DOCUMENT


def test_a_number_that_is_none_is_never_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Out of range"):
        write_run(tmp_path, DOCUMENT, {**SUMMARY, "pue": float("nan")}, ledger(), Path())


@pytest.mark.parametrize("missing", FILES)
def test_a_folder_that_lacks_a_file_is_no_run(tmp_path: Path, missing: str) -> None:
    (written(tmp_path) / missing).unlink()
    with pytest.raises(UsageError, match=f"holds no {missing}"):
        read_run(tmp_path)


def test_a_folder_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    written(tmp_path)
    (tmp_path / "manifest.json").write_text(json.dumps({"schema": "dcsim.run-folder/9"}))
    with pytest.raises(UsageError, match="upgrade"):
        read_run(tmp_path)


@pytest.mark.parametrize(("name", "text"), [("summary.json", "not JSON"), ("timeseries.parquet", "not a parquet file")])
def test_a_spoilt_file_is_told_as_such(tmp_path: Path, name: str, text: str) -> None:
    (written(tmp_path) / name).write_bytes(b"\0\1")
    with pytest.raises(UsageError, match=text):
        read_run(tmp_path)


def test_a_json_file_that_holds_no_object_is_told_as_such(tmp_path: Path) -> None:
    (written(tmp_path) / "summary.json").write_text("[1]")
    with pytest.raises(UsageError, match="holds no JSON object"):
        read_run(tmp_path)
