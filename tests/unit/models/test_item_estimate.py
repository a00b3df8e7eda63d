"""Estimates of models that take items, from catalogue names to figures and warnings."""

from __future__ import annotations

import pytest

from sim.errors import ScenarioError
from sim.study.estimating import Estimate, estimate


def asked(model: str = "resnet-50", accelerator: str = "v100-sxm2", batch: int = 64, **more: object) -> Estimate:
    return estimate(model=model, accelerator=accelerator, batch=[batch], input_tokens=1, output_tokens=1, **more)  # type: ignore[arg-type]


def test_a_measured_row_is_met() -> None:
    """TensorFlow, mixed precision with XLA, DGX-2, batch of 64: 3,101 images per second."""
    (point,) = asked().points
    assert point.output_tokens_per_s is not None
    assert point.output_tokens_per_s == pytest.approx(3101, rel=0.12)
    assert point.tpot_s == pytest.approx(64 / point.output_tokens_per_s)
    assert point.bound == "compute"


def test_an_unmeasured_accelerator_is_said_to_be_assumed() -> None:
    found = asked(accelerator="mi300x")
    assert any("pace of resnet-50 on mi300x is assumed" in text for text in found.warnings)
    assert any("per image" in text for text in found.warnings)


def test_a_batch_beyond_the_measured_ones_is_said_so() -> None:
    assert any("above 256" in text for text in asked(batch=512).warnings)


def test_what_does_not_fit_is_an_answer_with_its_reason() -> None:
    (point,) = asked("flux-1-dev", "t4", 1).points
    assert not point.fits
    assert point.output_tokens_per_s is None
    assert "needs 31 GiB" in str(point.why_not)


def test_a_cap_lowers_power_and_pace() -> None:
    free, capped = asked(batch=256).points[0], asked(batch=256, power_cap_w=200.0).points[0]
    assert capped.power_w is not None
    assert capped.power_w <= 200.0
    assert capped.output_tokens_per_s is not None
    assert free.output_tokens_per_s is not None
    assert capped.output_tokens_per_s < free.output_tokens_per_s
    assert capped.clock_mhz is not None
    assert capped.clock_mhz < 1530.0


def test_an_image_model_runs_on_one_accelerator_and_an_image_generator_on_more() -> None:
    with pytest.raises(ScenarioError, match="a vision model runs on one accelerator"):
        asked(tensor_parallel=2)
    one, four = (
        asked("stable-diffusion-3.5-large", "h100-sxm", 8, tensor_parallel=count).points[0].output_tokens_per_s
        for count in (1, 4)
    )
    assert one is not None
    assert four is not None
    assert 2.0 < four / one < 4.0


def test_a_format_that_the_accelerator_lacks_is_refused() -> None:
    with pytest.raises(ScenarioError, match="v100-sxm2 has no fp8"):
        asked(precision="fp8")
