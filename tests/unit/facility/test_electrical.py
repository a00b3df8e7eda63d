"""The chain from the meter to the racks."""

from __future__ import annotations

import pytest

from sim.facility.electrical import ElectricalChain, LossCurve

CHAIN = {
    "ups_fixed_share": 0.006,
    "ups_linear_share": 0.010,
    "ups_square_share": 0.010,
    "ups_installed_share": 2.0,
    "distribution_loss_share": 0.003,
    "transformer_fixed_share": 0.0035,
    "transformer_square_share": 0.011,
    "transformer_installed_share": 2.0,
}

UPS_EFFICIENCY = {
    (0.012, 0.012, 0.018): (0.882, 0.930, 0.946, 0.957, 0.960, 0.960),
    (0.006, 0.010, 0.010): (0.934, 0.960, 0.968, 0.974, 0.975, 0.975),
    (0.004, 0.003, 0.004): (0.958, 0.977, 0.983, 0.987, 0.989, 0.989),
}


@pytest.mark.parametrize(("coefficients", "efficiencies"), UPS_EFFICIENCY.items())
def test_ups_curves_give_their_tabulated_efficiencies(
    coefficients: tuple[float, float, float], efficiencies: tuple[float, ...]
) -> None:
    fixed, linear, square = coefficients
    ups = LossCurve(rating_w=1e6, fixed=fixed, linear=linear, square=square)
    for load, efficiency in zip((0.1, 0.2, 0.3, 0.5, 0.75, 1.0), efficiencies, strict=True):
        output_w = load * 1e6
        assert output_w / (output_w + ups.loss_w(output_w)) == pytest.approx(efficiency, abs=6e-4)


def test_ups_without_load_still_takes_its_fixed_loss() -> None:
    assert ElectricalChain.sized(CHAIN, 1e6).hall_losses_w(0.0) == pytest.approx(0.006 * 2e6)


def test_hall_losses_are_distribution_and_the_ups_that_feeds_it() -> None:
    x = 1.003e6 / 2e6
    expected = 3000.0 + 2e6 * (0.006 + 0.010 * x + 0.010 * x * x)
    assert ElectricalChain.sized(CHAIN, 1e6).hall_losses_w(1e6) == pytest.approx(expected, rel=1e-12)


def test_transformer_loss_grows_with_the_square_of_its_load() -> None:
    chain = ElectricalChain.sized(CHAIN, 1e6)
    fixed = chain.transformer_loss_w(0.0)
    assert fixed == pytest.approx(0.0035 * 2e6)
    assert chain.transformer_loss_w(2e6) - fixed == pytest.approx(4.0 * (chain.transformer_loss_w(1e6) - fixed))
