"""Promises are counted over what ended or is late; a limit broken is named with what was reached."""

from __future__ import annotations

from dataclasses import replace

import pytest

from handmade.runs import CATALOGUE, ledger, pool, scenario, service, service_totals, site
from sim.economics.feasibility import broken_promises
from sim.economics.metering import metered
from sim.record.ledger import Ledger, Quantiles
from sim.scenario.specs import Scenario, Slo
from sim.strategies import apply_mix


def broken(run: Ledger, given: Scenario | None = None) -> tuple[str, ...]:
    return broken_promises(apply_mix(given or scenario(), None), run, metered(run, {"h100": pool()}))


def with_totals(**changes: object) -> Ledger:
    return ledger(services={"chat": service_totals(**changes)})


def test_a_run_that_keeps_everything_is_feasible() -> None:
    assert broken(ledger()) == ()


@pytest.mark.parametrize(("met", "texts"), [(99, 0), (98, 1)])
def test_p99_is_kept_when_99_percent_met_it(met: int, texts: int) -> None:
    assert len(broken(with_totals(ttft_met=met))) == texts


def test_a_broken_latency_shows_what_was_reached_and_promised() -> None:
    slow = with_totals(ttft_met=90, ttft_s=Quantiles(mean=1.0, p50=1.0, p90=2.0, p99=3.14, max=4.0))
    assert broken(slow) == ("chat: ttft p99 3.14 s > 2 s promised",)


def test_rejected_and_late_requests_break_a_promise_that_the_completed_keep() -> None:
    run = with_totals(arrived=110, rejected=3, in_flight=7, late=7)
    assert broken(run)[0] == (
        "chat: 90.9% of requests within ttft 2 s, 99 % promised (3 rejected, 7 unfinished and late)"
    )


def test_each_promise_is_judged_by_its_own_count() -> None:
    given = scenario(services=(replace(service(), slo=Slo(ttft_p99_s=2.0, tpot_p99_s=0.01, e2e_p99_s=0.9)),))
    texts = broken(with_totals(tpot_met=0, e2e_met=0), given)
    assert texts == ("chat: tpot p99 0.04 s > 0.01 s promised", "chat: e2e p99 1 s > 0.9 s promised")


def test_nothing_promised_is_nothing_broken() -> None:
    given = scenario(services=(replace(service(), slo=Slo()),))
    assert broken(with_totals(met=0, ttft_met=0, tpot_met=0, e2e_met=0), given) == ()


def test_without_any_request_nothing_is_broken() -> None:
    none = with_totals(arrived=0, completed=0, met=0, ttft_met=0, tpot_met=0, e2e_met=0)
    assert broken(none) == ()


def test_an_accuracy_below_the_floor_is_infeasible() -> None:
    strict = replace(service(), field=replace(CATALOGUE.field("nlp"), floor=0.8))
    assert broken(ledger(), scenario(services=(strict,))) == (
        "chat: accuracy 0.793 of llama-3.1-70b/bf16 is below the floor of field nlp (0.8)",
    )


def test_a_peak_above_what_the_site_may_draw_is_infeasible() -> None:
    assert broken(ledger(), scenario(site=site(power_limit_w=5200.1))) == ()
    assert broken(ledger(), scenario(site=site(power_limit_w=5000.0))) == ("site: peak 5.2 kW > limit 5 kW",)
