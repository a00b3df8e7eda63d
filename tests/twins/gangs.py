"""Slow, obvious twin of gang scheduling under every policy: plain lists, every pass looks at everything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

INFINITE = float("inf")


@dataclass(slots=True)
class Gang:
    """One job as the twin sees it."""

    number: int
    submit_s: float
    run_s: float
    estimate_s: float
    accelerators: int
    user: int = 0
    priority: float = 0.0
    start_s: float | None = None  # the first one
    resumed_s: float = 0.0  # makes progress from here on
    left_s: float = 0.0  # at resumed_s
    end_s: float | None = None
    stops: int = 0
    promised_s: float = INFINITE  # earliest start that a reservation has named

    @property
    def due_s(self) -> float:
        return self.resumed_s + self.left_s

    @property
    def expected_s(self) -> float:
        """End by the estimate."""
        return self.resumed_s + self.estimate_s - (self.run_s - self.left_s)

    def remaining_s(self, now: float) -> float:
        """What the estimate says is left; of a running job, at `now`."""
        return self.estimate_s - (self.run_s - self.left_s) - max(now - self.resumed_s, 0.0)


class Cluster:
    """Accelerators that are all alike, one queue, one policy."""

    def __init__(self, jobs: Sequence[Gang], policy: str, accelerators: int, restart_s: float = 0.0) -> None:
        self.policy, self.total, self.restart_s = policy, accelerators, restart_s
        self.coming = sorted(jobs, key=lambda job: (job.submit_s, job.number))
        self.waiting: list[Gang] = []
        self.running: list[Gang] = []
        self.now = 0.0

    @property
    def free(self) -> int:
        return self.total - sum(job.accelerators for job in self.running)

    def run(self) -> None:
        """Until nothing is left."""
        while self.coming or self.running:
            self.now = min([job.submit_s for job in self.coming] + [job.due_s for job in self.running])
            for job in [job for job in self.running if job.due_s <= self.now]:
                job.end_s = self.now
                self.running.remove(job)
            while self.coming and self.coming[0].submit_s <= self.now:
                job = self.coming.pop(0)
                if job.accelerators <= self.total:
                    job.left_s = job.run_s
                    self.waiting.append(job)
            self.schedule()

    def schedule(self) -> None:
        """One pass."""
        while self.waiting:
            head = min(self.waiting, key=self.turn)
            if self.policy == "srpt":
                self.make_room(head)
            if head.accelerators > self.free:
                break
            self.start(head)
        if self.waiting and self.policy == "easy":
            self.pass_by(min(self.waiting, key=self.turn))

    def turn(self, job: Gang) -> tuple[float, float]:
        """The smallest comes first."""
        held = sum(other.accelerators for other in self.running if other.user == job.user)
        keys = {
            "fifo": 0.0,
            "easy": 0.0,
            "sjf": job.estimate_s,
            "ljf": -job.estimate_s,
            "priority": -job.priority,
            "fair-share": held,
            "srpt": job.estimate_s - (job.run_s - job.left_s),
        }
        return keys[self.policy], job.number

    def start(self, job: Gang) -> None:
        self.waiting.remove(job)
        self.running.append(job)
        job.resumed_s = self.now if job.start_s is None else self.now + self.restart_s
        job.start_s = self.now if job.start_s is None else job.start_s

    def make_room(self, head: Gang) -> None:
        """Stops the jobs with most left, where all with more left than the head are enough to let it in."""
        mine_s = head.estimate_s - (head.run_s - head.left_s)
        longer = [job for job in self.running if job.remaining_s(self.now) > mine_s]
        if head.accelerators > self.free + sum(job.accelerators for job in longer):
            return
        longer.sort(key=lambda job: (job.remaining_s(self.now), job.number))
        while head.accelerators > self.free:
            job = longer.pop()
            job.left_s -= max(self.now - job.resumed_s, 0.0)
            job.stops += 1
            self.running.remove(job)
            self.waiting.append(job)

    def pass_by(self, head: Gang) -> None:
        """Starts whoever lets the head start at the instant that the estimates promise it."""
        instants = sorted(max(job.expected_s, self.now) for job in self.running)
        reserved_s = min((at for at in instants if self.free_at(at) >= head.accelerators), default=INFINITE)
        head.promised_s = min(head.promised_s, reserved_s)
        spare = self.free_at(reserved_s) - head.accelerators
        for job in sorted(self.waiting, key=self.turn)[1:]:
            if job.accelerators > self.free:
                continue
            if job.estimate_s <= reserved_s - self.now:
                self.start(job)
            elif job.accelerators <= spare:
                spare -= job.accelerators
                self.start(job)

    def free_at(self, instant: float) -> int:
        """Accelerators that are free by then, as the estimates have it."""
        ended = [job for job in self.running if max(job.expected_s, self.now) <= instant]
        return self.free + sum(job.accelerators for job in ended)
