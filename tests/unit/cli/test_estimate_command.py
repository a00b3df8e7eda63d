"""`dcsim estimate`: its object, its list, its table, its folder and its refusals."""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import pytest

import sim


class Answer(Protocol):
    status: int
    out: str
    err: str


Dcsim = Callable[..., Answer]
ASKED = (
    *("estimate", "--accelerator", "h100-sxm", "--model", "llama-3.1-8b", "--precision", "bf16"),
    *("--tensor-parallel", 1, "--input-tokens", 300, "--output-tokens", 200),
)
KEYS = ("max_batch", "memory_bytes", "ttft_s", "tpot_s", "output_tokens_per_s", "power_w", "energy_j_per_token")


def test_one_batch_gives_one_object(dcsim: Dcsim) -> None:
    done = dcsim(*ASKED, "--batch", 32, "--json")
    found = json.loads(done.out)
    assert (done.status, found["schema"], found["fits"], found["bound"]) == (0, "dcsim.estimate/1", True, "memory")
    assert all(found[key] > 0 for key in KEYS)
    assert found["energy_covers"] == "accelerators"
    assert "points" not in found


def test_a_list_of_batches_gives_points(dcsim: Dcsim) -> None:
    found = json.loads(dcsim(*ASKED, "--batch", "1,8,4000", "--json").out)
    assert [point["batch"] for point in found["points"]] == [1, 8, 4000]
    assert [point["fits"] for point in found["points"]] == [True, True, False]
    assert found["points"][2]["tpot_s"] is None
    assert "at most" in found["points"][2]["why_not"]
    assert "tpot_s" not in found


def test_the_table_says_whose_energy_it_is(dcsim: Dcsim) -> None:
    done = dcsim(*ASKED, "--batch", "1,4000")
    assert done.status == 0
    assert "does not fit" in done.out
    assert "accelerators alone" in done.out
    assert "warning: 4,000 sequences" in done.err


@pytest.mark.parametrize(
    ("changed", "status", "text"),
    [
        (("--accelerator", "h100-smx"), 2, "did you mean 'h100-sxm'"),
        (("--model", "llama-3.1-8x"), 2, "did you mean 'llama-3.1-8b'"),
        (("--precision", "fp9"), 2, "no precision 'fp9'"),
        (("--engine", "vlm"), 2, "did you mean 'vllm'"),
        (("--precision", "fp4"), 3, "h100-sxm has no fp4"),
        (("--model", "fixed-time"), 3, "fixed-time"),
        (("--power-cap-w", 10), 3, "power cap of 10 W cannot be kept"),
        (("--clock-mhz", 9000), 3, "outside what h100-sxm offers"),
        (("--batch", "many"), 2, "not 'many'"),
        (("--batch", "0"), 2, "not 0"),
        (("--batch", "1,,2"), 2, "not '1,,2'"),
        (("--batch", "100000"), 2, "1 to 16,384"),
        (("--input-tokens", "nan"), 2, "not nan"),
        (("--output-tokens", 0), 2, "not 0"),
        (("--tensor-parallel", 0), 2, "tensor-parallel"),
        (("--expert-parallel", 3), 3, "expert_parallel of 3 does not divide"),
        (("--tensor-parallel", 8, "--expert-parallel", 8), 3, "no experts to share out"),
        (("--tensor-parallel", 3), 3, "32 attention heads, which tensor_parallel 3 does not divide"),
        (("--pipeline-parallel", 33), 3, "32 layers"),
        (("--data-parallel", 5000), 2, "1 to 1024"),
        (("--power-cap-w", "inf"), 2, "not inf"),
        (("--output-cv", 1e200), 2, "0 to 100"),
        (("--input-tokens", 1e300), 2, "0 to 1e+09"),
    ],
)
def test_wrong_questions_are_refused_with_the_reason(
    dcsim: Dcsim, changed: tuple[object, ...], status: int, text: str
) -> None:
    done = dcsim(*ASKED, "--batch", 8, *changed)
    assert (done.status, done.out) == (status, "")
    assert text in done.err
    assert "Traceback" not in done.err


def test_what_does_not_fit_is_an_answer(dcsim: Dcsim) -> None:
    done = dcsim(*ASKED, "--batch", 8, "--model", "llama-3.1-70b", "--json")
    found = json.loads(done.out)
    assert (done.status, found["fits"], found["max_batch"], found["tpot_s"]) == (0, False, 0, None)
    assert "needs 131 GiB" in found["why_not"]
    assert found["why_not"] in found["warnings"]


def test_a_device_outside_the_measurements_is_warned_of(dcsim: Dcsim) -> None:
    found = json.loads(dcsim(*ASKED, "--batch", 8, "--accelerator", "l40s", "--json").out)
    texts = " ".join(found["warnings"])
    assert "vllm on l40s was not measured" in texts
    assert "power curve of l40s is assumed" in texts


def test_entries_of_a_users_catalogue_can_be_asked_for(dcsim: Dcsim, folder: Path) -> None:
    entry = sim.Catalogue.built_in().entry_document("accelerators", "h100-sxm")
    (folder / "mine.yaml").write_text(json.dumps({"accelerators": {"mine": {**entry, "bandwidth_gb_per_s": 6700}}}))
    own = json.loads(dcsim(*ASKED, "--batch", 8, "--accelerator", "mine", "--catalog", "mine.yaml", "--json").out)
    assert own["asked"]["accelerator"] == "mine"
    assert own["fits"]
    assert dcsim(*ASKED, "--batch", 8, "--accelerator", "mine").status == 2


def test_a_folder_is_written_and_drawn_with_and_without_the_cap(dcsim: Dcsim, folder: Path) -> None:
    asked = (*ASKED, "--batch", "1,8,64", "--power-cap-w", 450, "--out", "e")
    assert dcsim(*asked).status == 0
    assert dcsim(*asked).status == 0  # the same folder takes another estimate
    done = dcsim("plot", "e", "estimate", "--out", "e.png", "--data", "e.csv")
    assert (done.status, (folder / "e.png").read_bytes()[:4]) == (0, b"\x89PNG")
    rows = list(csv.DictReader((folder / "e.csv").read_text().splitlines()))
    assert [(row["curve"], row["batch"]) for row in rows] == [
        (curve, batch) for curve in ("no cap", "450 W cap") for batch in ("1", "8", "64")
    ]
    assert dcsim("plot", "e", "cost", "--out", "c.png").status == 2
    (folder / "other").mkdir()
    (folder / "other" / "precious.txt").write_text("mine")
    refused = dcsim(*ASKED, "--batch", 8, "--out", "other")
    assert (refused.status, "choose another --out" in refused.err) == (2, True)


def test_python_users_get_an_object_and_a_frame() -> None:
    found = sim.estimate(
        accelerator="h100-sxm", model="qwen3-8b", batch=[1, 8, 64], input_tokens=300, output_tokens=200
    )
    assert list(found.frame["batch"]) == [1, 8, 64]
    assert found.to_json()["schema"] == "dcsim.estimate/1"
    assert sim.draw(found, "estimate")[0].axes
    with pytest.raises(sim.UsageError, match="estimate"):
        sim.draw(found, "cost")


def test_more_than_200_points_a_second() -> None:
    def points_per_s() -> float:
        start = time.process_time()
        sim.estimate(
            accelerator="h100-sxm", model="llama-3.1-8b", batch=range(1, 401), input_tokens=300, output_tokens=200
        )
        return 400 / (time.process_time() - start)

    assert max(points_per_s() for _ in range(3)) > 200
