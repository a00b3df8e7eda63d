"""The slow, obvious twins of the serving kernels: one SimPy process per replica, one iteration at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

import simpy
from simpy.events import ProcessGenerator

from sim.kernels import serving_layout as at
from sim.kernels.draws import draw_pair


@dataclass(eq=False)
class Request:
    """One request and what became of it."""

    number: int
    arrival_s: float
    prompt: int
    output: int
    group: int = 0
    cached: int = 0  # tokens of the prompt that its replica held when it came
    first_s: float | None = None
    finish_s: float | None = None
    made: int = 0  # tokens so far
    taken: int = 0  # tokens taken in since its last admission
    admitted: int = -1


@dataclass(eq=False)
class Replica:
    """One replica: a queue, a batch, and a process that runs one iteration after another."""

    env: simpy.Environment
    rates: at.Rates
    level: int
    queue: list[Request] = field(default_factory=list)
    batch: list[Request] = field(default_factory=list)
    taken: list[Request] = field(default_factory=list)  # prompts in the iteration under way
    last_routed: int = 0
    joules: float = 0.0
    busy_s: float = 0.0
    iterations: int = 0
    preemptions: int = 0
    prefixes: list[int] = field(default_factory=list)  # groups whose prefix it holds, the oldest first
    prefixes_max: int | None = None  # None: there are no groups, every prompt finds its prefix
    hits: int = 0
    admissions: Iterator[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        self.work = self.env.event()
        self.env.process(self.run())

    @property
    def outstanding(self) -> int:
        return len(self.queue) + len(self.batch) + len(self.taken)

    def holds(self, group: int) -> bool:
        """Whether it holds the prefix of a group, which is its newest from now on."""
        if self.prefixes_max is None:
            return True
        held = group in self.prefixes
        self.prefixes = [*(g for g in self.prefixes if g != group), group]
        self.prefixes = self.prefixes[max(len(self.prefixes) - self.prefixes_max, 0) :]
        return held

    def take(self, request: Request) -> None:
        if self.holds(request.group):
            self.hits += self.prefixes_max is not None
            cached = int(self.rates.prefix_share * request.prompt) // at.BLOCK * at.BLOCK
            request.cached = min(cached, request.prompt - 1)
        self.queue.append(request)
        if not self.work.triggered:
            self.work.succeed()

    def held(self) -> int:
        """KV tokens filled, half-filled blocks by their mean; a prompt under way counts as a whole."""
        return sum(r.prompt + r.made + at.BLOCK_SLACK for r in (*self.batch, *self.taken))

    def fits(self, request: Request) -> bool:
        admitted = (*self.batch, *self.taken)
        if self.rates.kv_policy == at.RESERVE:
            return sum(r.prompt + r.output for r in (*admitted, request)) <= self.rates.kv_capacity
        through = sum(1 for r in self.taken if r.taken == r.prompt + r.made)  # they make their first token meanwhile
        grown = len(self.batch) + len(self.taken) + 1 + through
        return self.held() + request.prompt + request.made + at.BLOCK_SLACK + grown <= self.rates.kv_capacity

    def admit(self) -> list[tuple[Request, int, int]]:
        """Tokens of prompts for the iteration that begins: (request, from, to)."""
        chunks = []
        budget = self.rates.prompt_tokens_max - len(self.batch)
        while budget > 0:
            partial = [r for r in self.taken if r.taken < r.prompt + r.made]
            if not partial:
                full = len(self.batch) + len(self.taken) >= self.rates.batch_max
                if not self.queue or full or not self.fits(self.queue[0]):
                    break
                partial = [self.queue.pop(0)]
                partial[0].taken = partial[0].cached
                partial[0].admitted = next(self.admissions)
                self.taken.append(partial[0])
            request = partial[0]
            begin = request.taken
            request.taken = min(begin + budget, request.prompt + request.made)
            budget -= request.taken - begin
            chunks.append((request, begin, request.taken))
        return chunks

    def preempt(self) -> bool:
        went = False
        while len(self.batch) + len(self.taken) > 1 and self.held() + len(self.batch) > self.rates.kv_capacity:
            went = True
            last = self.taken.pop() if self.taken else max(self.batch, key=lambda r: r.admitted)
            if last in self.batch:
                self.batch.remove(last)
            self.queue.insert(0, last)
            self.preemptions += 1
        return went

    def run(self) -> ProcessGenerator:
        while True:
            if not self.outstanding:
                self.work = self.env.event()
                yield self.work
            # requests that arrive at this very instant are seen by the iteration that begins now
            yield self.env.timeout(0)
            level = self.level
            preempted = self.rates.kv_policy == at.RECOMPUTE and self.preempt()
            held = sum(r.prompt + r.made for r in self.batch)
            row, cost = self.rates.decode[level, len(self.batch)], self.rates.prefill[level]
            chunks = [] if preempted else self.admit()
            seconds = row[at.STEP_S] + row[at.KV_S] * held
            joules = row[at.STEP_J] + row[at.KV_J] * held
            for request, begin, end in chunks:
                tokens, squares, through = end - begin, end**2 - begin**2, end == request.prompt + request.made
                seconds += cost[at.TOKEN_S] * tokens + cost[at.TOKEN2_S] * squares + cost[at.REQUEST_S] * through
                joules += cost[at.TOKEN_J] * tokens + cost[at.TOKEN2_J] * squares + cost[at.REQUEST_J] * through
            yield self.env.timeout(seconds)
            self.iterations += 1
            self.busy_s += seconds
            self.joules += joules
            through_now = [r for r in self.taken if r.taken == r.prompt + r.made]
            self.taken = [r for r in self.taken if r not in through_now]
            self.batch.extend(through_now)
            for request in list(self.batch):
                request.made += 1
                if request.first_s is None:
                    request.first_s = self.env.now
                if request.made == request.output:
                    request.finish_s = self.env.now
                    self.batch.remove(request)


def chosen(
    fleet: Sequence[Replica], dispatch: at.Dispatch, request: Request, turn: int, homes: dict[int, Replica]
) -> Replica:
    """The replica that takes a request; `homes` are the replicas that groups were given to last, where that counts."""

    def least_loaded(candidates: Sequence[Replica]) -> Replica:
        return min(candidates, key=lambda r: (r.outstanding, r.last_routed, fleet.index(r)))

    if dispatch.router == at.ROUND_ROBIN:
        return fleet[turn % len(fleet)]
    if dispatch.router == at.LEAST_LOADED:
        return least_loaded(fleet)
    if dispatch.router == at.CONSOLIDATE:
        roomy = [r for r in fleet if r.outstanding < dispatch.room]
        return max(roomy, key=lambda r: (r.outstanding, -fleet.index(r))) if roomy else least_loaded(fleet)
    if dispatch.router == at.PREFIX_AFFINITY:
        home = homes.get(request.group)
        if home is None or home.outstanding >= dispatch.room:
            homes[request.group] = least_loaded(fleet)
        return homes[request.group]
    first, second = draw_pair(dispatch.key, request.number)
    one = fleet[int(first * len(fleet))]
    others = [r for r in fleet if r is not one] or [one]
    other = others[int(second * len(others))]
    return other if other.outstanding < one.outstanding else one


def serve(
    requests: Sequence[Request],
    rates: at.Rates,
    replicas: int,
    dispatch: at.Dispatch,
    decision_s: float = 0.0,
    prefixes_max: int | None = None,
) -> list[Replica]:
    """Serves all requests to their end; writes into them and returns the replicas."""
    env = simpy.Environment()
    fleet = [Replica(env, rates, len(rates.prefill) - 1, prefixes_max=prefixes_max) for _ in range(replicas)]
    homes: dict[int, Replica] = {}

    def arrive() -> ProcessGenerator:
        routed = 0
        for turn, request in enumerate(requests):
            yield env.timeout(request.arrival_s + decision_s - env.now)
            slack = at.BLOCK_SLACK if rates.kv_policy == at.RECOMPUTE else 0
            if request.prompt + request.output + slack > rates.kv_capacity:
                continue
            replica = chosen(fleet, dispatch, request, turn, homes)
            if len(replica.queue) >= dispatch.queue_max:
                continue
            routed += 1
            replica.last_routed = routed
            replica.take(request)

    env.process(arrive())
    env.run()
    return fleet
