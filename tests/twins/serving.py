"""The slow, obvious twins of the serving kernels: one SimPy process per replica, one iteration at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import simpy
from simpy.events import ProcessGenerator

from sim.kernels import serving_layout as at


@dataclass
class Request:
    """One request and what became of it."""

    number: int
    arrival_s: float
    prompt: int
    output: int
    first_s: float | None = None
    finish_s: float | None = None
    made: int = 0  # tokens so far


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

    def __post_init__(self) -> None:
        self.work = self.env.event()
        self.env.process(self.run())

    @property
    def outstanding(self) -> int:
        return len(self.queue) + len(self.batch) + len(self.taken)

    def take(self, request: Request) -> None:
        self.queue.append(request)
        if not self.work.triggered:
            self.work.succeed()

    def admit(self) -> list[Request]:
        taken: list[Request] = []
        while self.queue and len(self.batch) + len(taken) < self.rates.batch_max:
            request = self.queue[0]
            reserved = sum(r.prompt + r.output for r in (*self.batch, *taken, request))
            if reserved > self.rates.kv_capacity:
                break
            if taken and sum(r.prompt for r in (*taken, request)) > self.rates.prompt_tokens_max:
                break
            taken.append(self.queue.pop(0))
        return taken

    def run(self) -> ProcessGenerator:
        while True:
            if not self.outstanding:
                self.work = self.env.event()
                yield self.work
            # requests that arrive at this very instant are seen by the iteration that begins now
            yield self.env.timeout(0)
            level, taken = self.level, self.admit()
            self.taken = taken
            held = sum(r.prompt + r.made for r in self.batch)
            row, cost = self.rates.decode[level, len(self.batch)], self.rates.prefill[level]
            seconds = row[at.STEP_S] + row[at.KV_S] * held
            joules = row[at.STEP_J] + row[at.KV_J] * held
            for request in taken:
                seconds += (
                    cost[at.TOKEN_S] * request.prompt + cost[at.TOKEN2_S] * request.prompt**2 + cost[at.REQUEST_S]
                )
                joules += cost[at.TOKEN_J] * request.prompt + cost[at.TOKEN2_J] * request.prompt**2 + cost[at.REQUEST_J]
            yield self.env.timeout(seconds)
            self.iterations += 1
            self.busy_s += seconds
            self.joules += joules
            self.batch.extend(taken)
            self.taken = []
            for request in list(self.batch):
                request.made += 1
                if request.made == 1:
                    request.first_s = self.env.now
                if request.made == request.output:
                    request.finish_s = self.env.now
                    self.batch.remove(request)


def serve(requests: Sequence[Request], rates: at.Rates, replicas: int, router: int) -> list[Replica]:
    """Serves all requests to their end; writes into them and returns the replicas."""
    env = simpy.Environment()
    fleet = [Replica(env, rates, len(rates.prefill) - 1) for _ in range(replicas)]

    def arrive() -> ProcessGenerator:
        turn = routed = 0
        for request in requests:
            yield env.timeout(request.arrival_s - env.now)
            if request.prompt + request.output > rates.kv_capacity:
                turn += 1
                continue
            if router == at.LEAST_LOADED:
                chosen = min(fleet, key=lambda r: (r.outstanding, r.last_routed, fleet.index(r)))
            else:
                chosen = fleet[turn % replicas]
            turn += 1
            routed += 1
            chosen.last_routed = routed
            chosen.take(request)

    env.process(arrive())
    env.run()
    return fleet
