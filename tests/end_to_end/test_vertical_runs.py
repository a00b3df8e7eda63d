"""Measures of the vertical family through whole runs: neutral ones change no bit, others what they say and no more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sim import run
from sim.scenario import load

SCENARIO = """\
schema: 1
name: vertical
horizon_h: 0.2
seed: 3
site: {plant: colocation}
pools: [{name: few, node: generic-1, nodes: 2}]
services:
  - name: chat
    field: nlp
    model: llama-3.1-8b
    pool: few
    replicas: 2
    traffic:
      poisson: {rate_per_s: RATE}
      input_tokens: {lognormal: {mean: 600, cv: 1.0}}
      output_tokens: {lognormal: {mean: 120, cv: 0.8}}
    slo: {ttft_p99_s: 2.0, tpot_p99_s: 0.1}
mixes: {baseline: {}, with: {vertical: [MEASURE]}}
"""
NOT_MONEY = (
    *("arrived", "completed", "rejected", "in_flight", "late", "slo_attainment"),
    *("ttft_s", "tpot_s", "e2e_s", "mean_batch"),
)


def both(folder: Path, measure: str, rate: float = 10.0) -> tuple[dict[str, Any], dict[str, Any]]:
    """Results of the baseline and of the mix with the measure."""
    path = folder / "s.yaml"
    path.write_text(SCENARIO.replace("MEASURE", measure).replace("RATE", f"{rate:g}"))
    scenario = load(path)
    return dict(run(scenario, mix="baseline").summary), dict(run(scenario, mix="with").summary)


def chat(result: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = result["services"]["chat"]
    assert found["arrived"] == found["completed"] + found["rejected"] + found["in_flight"]
    return found


@pytest.mark.parametrize(
    "measure",
    [
        "{specialise: {cache: {hit_share: 0}}}",
        "{specialise: {early_exit: {share: 0}}}",
        "{customise: {method: prompt, added_tokens: 0}}",
        "{customise: {method: rag, added_tokens: 0, retrieval_s: 0}}",
        "{customise: full}",
        "{augment: {samples: 1000, quality: 0.5}}",
    ],
)
def test_a_neutral_measure_changes_no_bit_of_the_run(tmp_path: Path, measure: str) -> None:
    plain, neutral = both(tmp_path, measure)
    assert neutral["energy_kwh"] == plain["energy_kwh"]
    assert {key: chat(neutral)[key] for key in NOT_MONEY} == {key: chat(plain)[key] for key in NOT_MONEY}
    if "customise" not in measure:
        assert chat(neutral)["accuracy"] == chat(plain)["accuracy"]


class TestResponseCache:
    def test_hits_count_and_reach_no_replica(self, tmp_path: Path) -> None:
        plain, cached = both(tmp_path, "{specialise: {cache: {hit_share: 0.3}}}")
        assert chat(cached)["arrived"] == chat(plain)["arrived"]
        assert cached["engine"]["requests"] == pytest.approx(0.7 * plain["engine"]["requests"], rel=0.02)
        assert chat(cached)["output_tokens_per_s"] == pytest.approx(0.7 * chat(plain)["output_tokens_per_s"], rel=0.03)
        assert chat(cached)["completed"] >= chat(plain)["completed"]
        assert cached["energy_kwh"]["it"] < plain["energy_kwh"]["it"]

    def test_a_hit_takes_what_the_look_up_takes(self, tmp_path: Path) -> None:
        _, cached = both(tmp_path, "{specialise: {cache: {hit_share: 1, answer_s: 0.02}}}")
        found = chat(cached)
        assert found["completed"] == found["arrived"] > 1000
        assert (found["e2e_s"]["mean"], found["e2e_s"]["p99"]) == pytest.approx((0.02, 0.02))
        assert cached["engine"]["requests"] == 0

    def test_some_hits_answer_another_question(self, tmp_path: Path) -> None:
        plain, cached = both(tmp_path, "{specialise: {cache: {hit_share: 0.5}}}")
        assert chat(cached)["accuracy"] == pytest.approx(chat(plain)["accuracy"] * (1 - 0.5 * 0.03))

    def test_a_larger_share_never_takes_more_energy(self, tmp_path: Path) -> None:
        results = [both(tmp_path, f"{{specialise: {{cache: {{hit_share: {share}}}}}}}")[1] for share in (0.1, 0.4, 0.8)]
        energy = [each["energy_kwh"]["it"] for each in results]
        assert energy == sorted(energy, reverse=True)


class TestRetrieval:
    def test_every_answer_waits_for_the_passages_and_their_reading(self, tmp_path: Path) -> None:
        plain, told = both(tmp_path, "{customise: {method: rag, added_tokens: 1000, retrieval_s: 0.3}}")
        later = chat(told)["ttft_s"]["mean"] - chat(plain)["ttft_s"]["mean"]
        # 1,000 tokens of 8e9 parameters on one H100: 0.02-0.05 s
        assert 0.32 < later < 0.40
        assert told["energy_kwh"]["it"] > plain["energy_kwh"]["it"]


class TestEarlyExit:
    def test_alone_a_token_saves_what_it_skips(self, tmp_path: Path) -> None:
        plain, early = both(tmp_path, "{specialise: {early_exit: {share: 0.3}}}", rate=0.05)
        assert chat(early)["tpot_s"]["p50"] == pytest.approx(0.7 * chat(plain)["tpot_s"]["p50"], rel=0.03)

    def test_in_company_the_weights_are_read_for_those_that_stay(self, tmp_path: Path) -> None:
        plain, early = both(tmp_path, "{specialise: {early_exit: {share: 0.3}}}", rate=25.0)
        ratio = chat(early)["tpot_s"]["p50"] / chat(plain)["tpot_s"]["p50"]
        assert 0.8 < ratio < 1.0

    def test_answers_that_leave_are_a_little_worse(self, tmp_path: Path) -> None:
        plain, early = both(tmp_path, "{specialise: {early_exit: {share: 0.25}}}")
        assert chat(early)["accuracy"] == pytest.approx(chat(plain)["accuracy"] * (1 - 0.5 * 0.02))
        assert chat(early)["accuracy_sd"] > 0.0


class TestCascade:
    TWO = (
        SCENARIO.replace("model: llama-3.1-8b", "model: qwen3-14b")
        .replace("nodes: 2", "nodes: 4")
        .replace("RATE", "10")
    )

    def runs(self, folder: Path, measures: str) -> dict[str, dict[str, Any]]:
        path = folder / "s.yaml"
        path.write_text(self.TWO.replace("with: {vertical: [MEASURE]}", measures))
        scenario = load(path)
        return {mix.name: dict(run(scenario, mix=mix.name).summary) for mix in scenario.mixes}

    def cascades(self, folder: Path, *shares: float, more: str = "") -> dict[str, dict[str, Any]]:
        first = "{specialise: {cascade: {to: llama-3.1-8b, keep_share: SHARE, replicas: 2}}}"
        mixes = (f"m{100 * share:g}: {{{more} vertical: [{first.replace('SHARE', str(share))}]}}" for share in shares)
        return self.runs(folder, ", ".join(mixes))

    def test_every_request_is_counted_once(self, tmp_path: Path) -> None:
        found = self.cascades(tmp_path, 0.0, 0.7, 1.0)
        arrived = {name: chat(each)["arrived"] for name, each in found.items()}
        assert len(set(arrived.values())) == 1
        assert chat(found["m70"])["completed"] <= arrived["m70"]
        # the first model sees all, the second what is passed on; thrown-away answers are work, not output
        passed = {name: each["engine"]["requests"] / arrived["baseline"] - 1.0 for name, each in found.items()}
        assert passed == pytest.approx({"baseline": 0.0, "m0": 1.0, "m70": 0.3, "m100": 0.0}, abs=0.02)
        tokens = [chat(each)["output_tokens_per_s"] for each in found.values()]
        assert tokens == pytest.approx([tokens[0]] * 4, rel=0.02)

    def test_a_request_that_is_passed_on_pays_both(self, tmp_path: Path) -> None:
        found = {name: chat(each) for name, each in self.cascades(tmp_path, 0.0, 1.0).items()}
        mean = {name: each["e2e_s"]["mean"] for name, each in found.items()}
        assert mean["m100"] < mean["baseline"] < mean["m0"]
        assert mean["m0"] == pytest.approx(mean["m100"] + mean["baseline"], rel=0.1)

    def test_the_accuracy_is_the_mix_of_both(self, tmp_path: Path) -> None:
        accuracy = {name: chat(each)["accuracy"] for name, each in self.cascades(tmp_path, 0.0, 0.5, 1.0).items()}
        large, small = 0.8105, 0.667
        assert accuracy["m0"] == accuracy["baseline"] == large
        assert accuracy["m100"] == pytest.approx((large + small) / 2)  # half of the gap is closed by what is kept
        assert accuracy["m50"] == pytest.approx((accuracy["m0"] + accuracy["m100"]) / 2)

    def test_keeping_more_takes_less_energy(self, tmp_path: Path) -> None:
        found = self.cascades(tmp_path, 0.0, 0.4, 0.8, 1.0)
        energy = [each["energy_kwh"]["it"] for name, each in found.items() if name != "baseline"]
        assert energy == sorted(energy, reverse=True)

    def test_pools_hold_what_services_hold_and_the_bill_adds_up(self, tmp_path: Path) -> None:
        found = self.cascades(tmp_path, 0.7)["m70"]
        assert chat(found)["replicas_mean"] == pytest.approx(4.0)
        assert chat(found)["cost_usd"] == pytest.approx(found["cost_usd"]["total"])
        assert 0.0 < found["efficiency"]["algorithm"] <= 1.0

    def test_it_goes_with_a_cache_and_an_autoscaler(self, tmp_path: Path) -> None:
        scaled = "compute: {autoscale: {target_utilisation: 0.1}},"
        cascade = "{specialise: {cascade: {to: llama-3.1-8b, keep_share: 0.6, replicas: 2}}}"
        mixes = f"all: {{{scaled} vertical: [{{specialise: {{cache: {{hit_share: 0.4}}}}}}, {cascade}]}}"
        found = self.runs(tmp_path, mixes)["all"]
        assert chat(found)["completed"] > 0.95 * chat(found)["arrived"]
        assert found["engine"]["requests"] == pytest.approx(0.6 * 1.4 * chat(found)["arrived"], rel=0.03)
