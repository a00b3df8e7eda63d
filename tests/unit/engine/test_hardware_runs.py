"""Other nodes in a run: what is bound by memory gains what the bandwidth gains, and no more."""

from __future__ import annotations

from dataclasses import replace

from made import CATALOGUE, chat, measure, pool, scenario
from sim.engine import simulate
from sim.record.ledger import Ledger
from sim.strategies import apply_mix


def on(node: str) -> Ledger:
    service = chat(0.5, 1, model=CATALOGUE.model("llama-3.1-70b"), tensor_parallel=4)
    exchange = measure("energy", "hardware", ("h100",), pool="h100", node=node)
    made = scenario([service], [pool()], measures=[exchange], horizon_s=1800.0)
    return simulate(apply_mix(made, "test"), 1)


def test_decoding_gains_at_most_the_bandwidth_of_the_new_accelerators() -> None:
    old, new = on("hgx-h100-8").services["chat"], on("hgx-h200-8").services["chat"]
    assert old.tpot_s.mean is not None
    assert new.tpot_s.mean is not None
    devices = [CATALOGUE.accelerator(name) for name in ("h100-sxm", "h200-sxm")]
    bandwidth = devices[1].bandwidth_bytes_per_s / devices[0].bandwidth_bytes_per_s
    gain = old.tpot_s.mean / new.tpot_s.mean
    assert 1.0 + 0.5 * (bandwidth - 1.0) < gain < 1.05 * bandwidth


def test_as_many_faster_accelerators_carry_more_and_draw_their_own_power() -> None:
    service = chat(400.0, 8)
    made = scenario([service], [pool()], horizon_s=600.0)
    exchange = measure("energy", "hardware", ("h100",), pool="h100", node="hgx-b200-8")
    mixes = (made.mixes[0], replace(made.mixes[0], name="test", measures=(exchange,)))
    old, new = (simulate(apply_mix(replace(made, mixes=mixes), name), 1) for name in ("baseline", "test"))
    assert new.services["chat"].outputs_in_window > 1.3 * old.services["chat"].outputs_in_window
    assert new.pools["h100"].it_j > old.pools["h100"].it_j
    energy = [each.pools["h100"].it_j / each.services["chat"].outputs_in_window for each in (old, new)]
    assert energy[1] < energy[0]
