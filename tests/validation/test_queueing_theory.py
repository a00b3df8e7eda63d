"""Queues with known answers through whole runs: fixed-time services and jobs of one accelerator.

Every statistical check takes independent replications under a master seed of its own; the theoretical value must lie
inside their 99.9 % interval, and the same interval must refuse a value that is 5 % off. Formulas: Erlang (1917),
Pollaczek-Khinchine, and the GI/M/1 queue, as in L. Kleinrock, Queueing Systems I (1975).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from numpy.typing import NDArray

from made import chat, fixed_time, measure, pool, scenario
from request_log import logged_run
from sim.engine import simulate
from sim.engine.build import FIXED_TIME_ACTIVITY, build_world
from sim.models.power import busy_power_w, job_tables
from sim.record.ledger import Ledger, ServiceTotals
from sim.scenario.specs import Distribution, JobStream, JobTrace, PoissonTraffic, Scenario, Service, Slo, TraceTraffic
from sim.strategies import apply_mix
from sim.study.statistics import Estimate, estimate
from twins.queues import kiefer_wolfowitz

Policy = Literal["fifo", "sjf", "easy"]

CONFIDENCE = 0.999
PLANTED = 0.05  # the relative error that every check must see
RATE_PER_S = 100.0  # of all services here; what takes one second of theory takes MEAN_S seconds of a run
CENTRAL = (measure("compute", "router", router="least-loaded"),)


# --- theory, in units of the mean service time -----------------------------------------------------------------------


def erlang_c(servers: int, load: float) -> float:
    """Share of requests that wait in M/M/c under `load` = arrival rate * service time."""
    blocked = 1.0
    for k in range(1, servers + 1):
        blocked = load * blocked / (k + load * blocked)
    return servers * blocked / (servers - load * (1.0 - blocked))


def wait_many(servers: int, used: float) -> float:
    """Mean wait of M/M/c at utilisation `used`."""
    return erlang_c(servers, servers * used) / (servers * (1.0 - used))


def wait_one(used: float, square: float) -> float:
    """Mean wait of M/G/1 (Pollaczek-Khinchine); `square` = E[S^2] / E[S]^2."""
    return 0.5 * used * square / (1.0 - used)


def wait_in_turn(replicas: int, used: float) -> float:
    """Mean wait of E_c/M/1: one of c replicas under the round robin sees every c-th arrival of a Poisson stream.

    sigma = A*(1 - sigma) with A*(s) = (r / (r + s))^c, the transform of c exponential phases of rate r = c * used.
    """
    phase, sigma = replicas * used, used
    for _ in range(2000):
        sigma = (phase / (phase + 1.0 - sigma)) ** replicas
    return sigma / (1.0 - sigma)


# --- runs ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Case:
    """A queue, what theory says of its mean wait (in mean service times), and how much of it is simulated."""

    name: str
    seed: int
    servers: int
    used: float
    wait: float
    law: Distribution | None = None  # None: exponential; its mean is 1
    central: bool = True
    horizon_s: float = 2000.0
    replications: int = 20

    @property
    def mean_s(self) -> float:
        return self.used * self.servers / RATE_PER_S


def law(scale: float, made: Distribution | None) -> Distribution:
    """A distribution of mean `scale`, of the shape given or exponential."""
    if made is None:
        return Distribution(kind="exponential", mean=scale)
    return replace(made, mean=scale, low=scale * made.low, high=scale * made.high)


def queue(case: Case, slower: float = 1.0) -> Scenario:
    """The scenario of a case, its service times stretched by `slower`."""
    traffic = PoissonTraffic(rate_per_s=RATE_PER_S, service_s=law(case.mean_s * slower, case.law))
    desk = replace(fixed_time(RATE_PER_S, case.servers), traffic=traffic)
    return scenario(
        [desk],
        [pool(nodes=math.ceil(case.servers / 8))],
        measures=CENTRAL if case.central else (),
        horizon_s=case.horizon_s,
        warmup_s=0.1 * case.horizon_s,
    )


def replications(made: Scenario, seed: int, number: int) -> list[Ledger]:
    plan = apply_mix(made, made.mixes[-1].name)
    return [simulate(plan, seed, replication) for replication in range(number)]


def desk_of(ledger: Ledger) -> ServiceTotals:
    return ledger.services["desk"]


def mean_of(totals: ServiceTotals) -> float:
    assert totals.e2e_s.mean is not None
    return totals.e2e_s.mean


def waited(ledger: Ledger) -> float:
    """Mean wait [s]: time in the system less the work that a request brought."""
    totals = desk_of(ledger)
    return mean_of(totals) - totals.busy_accelerator_s / totals.outputs_in_window


def interval(values: Sequence[float]) -> Estimate:
    return estimate(values, CONFIDENCE)


def inside(value: float, found: Estimate) -> bool:
    assert found.ci_low is not None
    assert found.ci_high is not None
    return found.ci_low <= value <= found.ci_high


def assert_agrees(values: Sequence[float], expected: float) -> None:
    """Theory lies within the interval, and values 5 % off would not."""
    found = interval(values)
    assert inside(expected, found), (expected, found)
    for off in (1.0 - PLANTED, 1.0 + PLANTED):
        assert not inside(expected, interval([off * value for value in values])), (expected, off, found)


QUICK = [
    Case(name="M/M/1 at .5", seed=101, servers=1, used=0.5, wait=1.0),
    Case(name="M/M/1 at .8", seed=102, servers=1, used=0.8, wait=4.0),
    Case(name="M/M/2 at .75", seed=103, servers=2, used=0.75, wait=1.2857142857),
    Case(name="M/M/8 at .8", seed=104, servers=8, used=0.8, wait=0.2860280784, horizon_s=6000.0),
    Case(name="M/D/1 at .9", seed=106, servers=1, used=0.9, wait=4.5, law=Distribution(kind="constant", mean=1.0)),
    Case(
        name="M/G/1 at .8, lognormal, cv .5", seed=107, servers=1, used=0.8, wait=wait_one(0.8, 1.25),
        law=Distribution(kind="lognormal", mean=1.0, cv=0.5),
    ),
    Case(
        name="M/G/1 at .8, uniform", seed=108, servers=1, used=0.8, wait=wait_one(0.8, 4.0 / 3.0),
        law=Distribution(kind="uniform", mean=1.0, low=0.0, high=2.0),
    ),
    Case(
        name="E_2/M/1 at .8, round robin", seed=109, servers=2, used=0.8, wait=wait_in_turn(2, 0.8), central=False
    ),
    Case(
        name="E_8/M/1 at .8, round robin", seed=110, servers=8, used=0.8, wait=wait_in_turn(8, 0.8), central=False
    ),
]  # fmt: skip
LONG = [
    Case(name="M/M/10 at .8", seed=105, servers=10, used=0.8, wait=0.2045900754, horizon_s=20_000.0),
    Case(
        name="M/M/5 at .9", seed=201, servers=5, used=0.9, wait=1.5249864415, horizon_s=20_000.0, replications=20
    ),
    Case(
        name="M/M/16 at .95", seed=202, servers=16, used=0.95, wait=0.9752405778, horizon_s=40_000.0, replications=30
    ),
    Case(
        name="M/M/100 at .9", seed=203, servers=100, used=0.9, wait=0.0216940481, horizon_s=20_000.0, replications=30
    ),
    Case(
        name="M/G/1 at .8, lognormal, cv 2", seed=204, servers=1, used=0.8, wait=10.0, horizon_s=20_000.0,
        replications=40, law=Distribution(kind="lognormal", mean=1.0, cv=2.0),
    ),
    Case(
        name="E_64/M/1 at .8, round robin", seed=205, servers=64, used=0.8, wait=wait_in_turn(64, 0.8), central=False,
        horizon_s=20_000.0,
    ),
]  # fmt: skip


def named(case: Case) -> str:
    return case.name


@pytest.mark.parametrize(("servers", "used", "expected"), [(2, 0.75, 1.2857142857), (100, 0.9, 0.0216940481)])
def test_formula_of_many_servers_gives_the_published_waits(servers: int, used: float, expected: float) -> None:
    assert wait_many(servers, used) == pytest.approx(expected, rel=1e-8)


def test_formula_of_the_round_robin_has_its_known_ends() -> None:
    assert wait_in_turn(1, 0.8) == pytest.approx(4.0)  # M/M/1
    assert wait_in_turn(100_000, 0.8) == pytest.approx(1.6927308399, rel=1e-4)  # D/M/1


@pytest.mark.parametrize("case", QUICK, ids=named)
def test_mean_wait_is_that_of_theory(case: Case) -> None:
    ledgers = replications(queue(case), case.seed, case.replications)
    assert_agrees([waited(ledger) / case.mean_s for ledger in ledgers], case.wait)


@pytest.mark.slow
@pytest.mark.parametrize("case", LONG, ids=named)
def test_mean_wait_of_long_runs_is_that_of_theory(case: Case) -> None:
    ledgers = replications(queue(case), case.seed, case.replications)
    assert_agrees([waited(ledger) / case.mean_s for ledger in ledgers], case.wait)


@pytest.mark.parametrize("case", QUICK[1:3], ids=named)
def test_a_service_that_is_5_percent_slower_than_theory_thinks_is_refused(case: Case) -> None:
    ledgers = replications(queue(case, 1.0 + PLANTED), case.seed + 1000, case.replications)
    assert not inside(case.wait, interval([waited(ledger) / case.mean_s for ledger in ledgers]))
    assert not inside(case.used, interval([utilisation(ledger) for ledger in ledgers]))


def utilisation(ledger: Ledger) -> float:
    totals = desk_of(ledger)
    return totals.busy_accelerator_s / totals.held_accelerator_s


@pytest.mark.parametrize("case", [QUICK[1], QUICK[3], QUICK[5], QUICK[8]], ids=named)
def test_utilisation_law(case: Case) -> None:
    ledgers = replications(queue(case), case.seed + 2000, 10)
    assert_agrees([utilisation(ledger) for ledger in ledgers], case.used)
    seconds = [ledger.window_s[1] - ledger.window_s[0] for ledger in ledgers]
    assert_agrees([desk_of(ledger).completed / span for ledger, span in zip(ledgers, seconds, strict=True)], RATE_PER_S)


def test_watts_of_work_are_drawn_for_as_long_as_replicas_are_busy() -> None:
    """The waits between requests are shorter than a replica stays at its active floor."""
    made = queue(replace(QUICK[3], horizon_s=600.0))
    accelerator = made.pools[0].node.accelerator
    work_w = job_tables(accelerator, FIXED_TIME_ACTIVITY, FIXED_TIME_ACTIVITY, None, None)[-1, 1]
    floor_w = float(busy_power_w(accelerator, accelerator.clock.max_mhz, 0.0, 0.0))
    totals = desk_of(replications(made, 111, 1)[0])
    waiting_s = totals.held_accelerator_s - totals.busy_accelerator_s
    assert totals.accelerator_j == pytest.approx(work_w * totals.busy_accelerator_s + floor_w * waiting_s, rel=1e-9)


@pytest.mark.parametrize(("quantile", "share"), [("p50", 0.5), ("p90", 0.9), ("p99", 0.99)])
def test_time_in_the_system_of_one_server_is_exponential(quantile: str, share: float) -> None:
    case = replace(QUICK[0], seed=300 + round(100 * share))
    ledgers = replications(queue(case), case.seed, case.replications)
    found = [getattr(desk_of(ledger).e2e_s, quantile) / case.mean_s for ledger in ledgers]
    assert_agrees(found, -math.log(1.0 - share) / (1.0 - case.used))


# --- what arrivals see, what the clock sees --------------------------------------------------------------------------


def test_poisson_arrivals_find_the_server_idle_as_often_as_it_is() -> None:
    case = Case(name="M/D/1", seed=401, servers=1, used=0.6, wait=wait_one(0.6, 1.0))
    made = queue(replace(case, law=Distribution(kind="constant", mean=1.0)))
    at_once = Slo(e2e_p99_s=case.mean_s * (1.0 + 1e-9))  # kept by those alone that did not wait
    made = replace(made, services=(replace(made.services[0], slo=at_once),))
    ledgers = replications(made, case.seed, 20)
    found_idle = [desk_of(ledger).e2e_met / desk_of(ledger).completed for ledger in ledgers]
    assert_agrees(found_idle, 1.0 - case.used)
    differences = [share - (1.0 - utilisation(ledger)) for share, ledger in zip(found_idle, ledgers, strict=True)]
    assert inside(0.0, interval(differences))


def test_meter_sees_as_many_requests_as_arrivals_do() -> None:
    used, mean_s = 0.6, 2.0
    made = scenario([fixed_time(used / mean_s, 1, mean_s)], horizon_s=90_000.0, warmup_s=600.0)
    metered, found = [], []
    for ledger in replications(made, 402, 20):
        after = ledger.meter.start_s >= made.warmup_s
        inside_s = ledger.meter.service_waiting["desk"] + ledger.meter.service_running["desk"]
        metered.append(float(inside_s[after].mean()))
        found.append(mean_of(desk_of(ledger)) / mean_s - 1.0)  # who meets n others stays n + 1 services on average
    assert_agrees(metered, used / (1.0 - used))
    assert_agrees(found, used / (1.0 - used))


# --- Little's law ----------------------------------------------------------------------------------------------------


def written_trace(folder: Path, columns: dict[str, NDArray[np.generic]]) -> Path:
    path = folder / "trace.csv"
    rows = zip(*(column.tolist() for column in columns.values()), strict=True)
    path.write_text("\n".join([",".join(columns), *(",".join(map(repr, row)) for row in rows)]) + "\n", "utf-8")
    return path


def timed(folder: Path) -> Service:
    """Three hundred requests of a fixed time for three replicas."""
    random = np.random.default_rng(7)
    service_s = random.lognormal(0.0, 1.0, 300)
    path = written_trace(folder, {"arrival_s": np.cumsum(random.exponential(0.6, 300)), "service_s": service_s})
    return replace(fixed_time(1.0, 3), traffic=TraceTraffic(path=path))


def chatting(folder: Path) -> Service:
    """Three hundred chats for three replicas of a language model."""
    random = np.random.default_rng(8)
    tokens = {name: random.integers(1, 2000, 300) for name in ("input_tokens", "output_tokens")}
    path = written_trace(folder, {"arrival_s": np.cumsum(random.exponential(0.05, 300)), **tokens})
    return replace(chat(1.0, 3), name="desk", traffic=TraceTraffic(path=path))


@pytest.mark.parametrize("central", [False, True], ids=["round robin", "least loaded"])
@pytest.mark.parametrize("service", [timed, chatting])
def test_littles_law_is_exact_where_a_run_starts_and_ends_empty(
    tmp_path: Path, service: Callable[[Path], Service], central: bool
) -> None:
    made = scenario([service(tmp_path)], measures=CENTRAL if central else (), horizon_s=2000.0)
    plan = apply_mix(made, made.mixes[-1].name)
    _, log = logged_run(plan)
    assert len(log.finish_s) == 300
    instants = np.unique(np.concatenate(([0.0], log.arrival_s, log.finish_s)))
    world = build_world(plan, 1, 0).world
    present_s = 0.0
    for begin, end in pairwise(instants):
        world.advance(0.5 * (begin + end))  # nothing changes between two neighbouring instants
        run = world.services["desk"]
        assert int(run.outstanding.sum()) == run.running + run.waiting
        present_s += (run.running + run.waiting) * (end - begin)
    assert present_s == pytest.approx(math.fsum(log.finish_s - log.arrival_s), rel=1e-9)


# --- jobs ------------------------------------------------------------------------------------------------------------


def written_log(folder: Path, submit_s: NDArray[np.float64], run_s: NDArray[np.float64]) -> Path:
    path = folder / "jobs.swf"
    lines = (
        f"{number} {submit!r} -1 {run!r} 1 -1 -1 1 -1 -1 1 1 1 1 1 1 -1 -1"
        for number, (submit, run) in enumerate(zip(submit_s.tolist(), run_s.tolist(), strict=True), 1)
    )
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def queue_of_jobs(folder: Path, seed: int, servers: int, used: float, jobs: int) -> tuple[float, float]:
    """Mean wait of a run of jobs of one accelerator, simulated and by the recursion, in mean run times."""
    random = np.random.default_rng(seed)
    submit_s, run_s = np.cumsum(random.exponential(1.0 / (servers * used), jobs)), random.exponential(1.0, jobs)
    submit_s, run_s = 0.1 * submit_s, 0.1 * run_s
    stream = JobStream(
        name="jobs", pool="h100", policy="fifo", work=JobTrace(path=written_log(folder, submit_s, run_s))
    )
    made = scenario(jobs=[stream], pools=[pool(node="generic-1", nodes=servers)], horizon_s=float(submit_s[-1]) + 60.0)
    totals = simulate(apply_mix(made, None), 1).jobs["jobs"]
    assert totals.completed == jobs
    assert totals.wait_s.mean is not None
    exact = np.array(kiefer_wolfowitz(submit_s.tolist(), run_s.tolist(), servers)) - submit_s
    return totals.wait_s.mean / 0.1, float(exact.mean()) / 0.1


def test_jobs_of_one_accelerator_wait_as_in_a_queue_of_two_servers(tmp_path: Path) -> None:
    found = [queue_of_jobs(tmp_path, 520 + number, 2, 0.6, 50_000) for number in range(20)]
    for simulated, recursion in found:
        assert simulated == pytest.approx(recursion, rel=1e-12)
    assert_agrees([simulated for simulated, _ in found], wait_many(2, 0.6))


@pytest.mark.parametrize(
    ("policy", "wait_s", "slowdown"), [("fifo", 2323.81, 16.04), ("sjf", 496.43, 1.93), ("easy", 695.00, 5.04)]
)
def test_gangs_of_the_golden_log_wait_as_published(
    shared_data: Path, policy: Policy, wait_s: float, slowdown: float
) -> None:
    work = JobTrace(path=shared_data / "hpc_jobs" / "golden-10k.swf.gz")
    stream = JobStream(name="jobs", pool="h100", policy=policy, work=work)
    made = scenario(jobs=[stream], pools=[pool(nodes=30)], horizon_s=1.8e6)
    totals = simulate(apply_mix(made, None), 1).jobs["jobs"]
    assert totals.completed == 10_000
    assert totals.wait_s.mean == pytest.approx(wait_s, abs=0.005)
    assert totals.slowdown.mean == pytest.approx(slowdown, abs=0.005)
