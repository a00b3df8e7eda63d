"""Rows of generated images, fall-backs from measured paces, and curves of accelerators scaled from a fitted one."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.cap_fit import cap_rows
from benchmarks.item_left_out import ARTEFACTS, fallback_of, guides
from benchmarks.item_paces import PaceSource
from benchmarks.item_rows import item_rows
from sim.catalog.entries import ItemPace
from sim.catalog.reader import Catalogue
from sim.models.items import reached_share

CATALOGUE = Catalogue.built_in()
IMAGES = "model_id,gpu_model,num_gpus,batch_size,batch_latency_s,avg_power_watts\n"
CAPS = "dataset,network,batch_size,optimizer,power_limit,time_per_epoch,average_power,slowdown,energy_ratio\n"


def source(accelerator: str, share: float) -> PaceSource:
    return PaceSource(accelerator, ItemPace(batch_s=0.01, peak_share=share), "", "", ())


def test_of_rows_that_differ_in_how_a_sequence_is_shared_the_fastest_counts(tmp_path: Path) -> None:
    (tmp_path / "diffusion_energy.csv").write_text(
        IMAGES + "a/m,H100,8,4,2.0,4000\na/m,H100,8,4,1.5,4400\na/m,H100,4,4,3.0,2000\n"
    )
    rows = item_rows(tmp_path)
    assert [(row.accelerators, row.batch_s, row.power_w) for row in rows] == [(8, 1.5, 550.0), (4, 3.0, 500.0)]


def test_a_fall_back_from_one_accelerator_gives_that_accelerator_its_own_pace_again() -> None:
    h100 = CATALOGUE.accelerator("h100-sxm")
    told = fallback_of([source("h100-sxm", 0.25)], CATALOGUE)
    assert told.peak_share * reached_share(h100) == pytest.approx(0.25)
    assert told.batch_s == pytest.approx(0.01)


def test_artefacts_guide_nothing() -> None:
    ((model, accelerator), *_) = ARTEFACTS
    known = [source(accelerator, 0.1), source("t4", 0.2)]
    assert [each.accelerator for each in guides(model, known)] == ["t4"]
    assert guides("another", known) == known


def test_a_configuration_with_a_longer_epoch_computes_less(tmp_path: Path) -> None:
    (tmp_path / "power_cap_training.csv").write_text(
        CAPS
        + "d,n,8,adam,250,20,200,1,1\nd,n,8,adam,100,24,95,1.2,0.6\n"
        + "d,n,64,adam,250,10,210,1,1\nd,n,64,adam,100,17,98,1.7,0.8\n"
    )
    small, large = cap_rows(tmp_path)
    assert (small.pace, large.pace) == (0.5, 1.0)
    assert (small.free_w, large.free_w) == (200.0, 210.0)
