"""The race: all candidates start, and those leave that are shown not to be the best, or broke a limit.

In looks at 1, 3, 6, 12, .. replications a candidate leaves

- where any of its replications broke a limit (certain: a limit is kept only where every replication keeps it),
- where it is shown to serve less than the baseline (`sim.study.standing`),
- where a one-sided paired t test against the best of those left shows it worse, at level
  (1 - confidence) / (candidates - 1) / looks.

The last is Bonferroni's correction over the comparisons of the best candidate with all others, at all looks: with
`confidence` the best is not among those that leave (Nelson, Swann, Goldsman, Song 2001, "Simple procedures for
selecting the best simulated system when the number of alternatives is large", Operations Research 49:950, with
Bonferroni's t for dependent systems). Who left because of a candidate that leaves later comes back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from sim.study.choosing.limits import Break, Limit, breaks_of
from sim.study.choosing.trials import THROUGHPUT, Trials
from sim.study.standing import less_work
from sim.study.statistics import paired_differences, shown_above_zero

Objective = Literal["cost", "energy", "carbon", "throughput"]
COST: Final = "cost_usd.total"
METRICS: Final[Mapping[Objective, str]] = {
    "cost": COST,
    "energy": "energy_kwh.facility",
    "carbon": "carbon_kg",
    "throughput": THROUGHPUT,
}
FIRST_TEST: Final = 3  # replications at the first test (assumed): two give a t interval of no use
DIGITS: Final[Mapping[Objective, int]] = {  # of a mean: what differs later is rounding, or for want of demand
    "cost": 12,
    "energy": 12,
    "carbon": 12,
    "throughput": 4,
}


@dataclass(frozen=True, kw_only=True)
class Race:
    """Who runs for what: the names that are simulated, the baseline among them, and what they must keep."""

    trials: Trials
    names: Sequence[str]
    baseline: str
    objective: Objective
    limits: Sequence[Limit]
    replications: int
    confidence: float
    out: dict[str, str] = field(default_factory=dict)  # left for another reason, which is told

    @property
    def sign(self) -> float:
        """1 where less of the objective is better, -1 where more is."""
        return -1.0 if self.objective == "throughput" else 1.0

    @property
    def looks(self) -> list[int]:
        """Replications that each remaining candidate has at each look; the last one's is all."""
        found = [1]
        while found[-1] < self.replications:
            found.append(min(self.replications, max(FIRST_TEST, 2 * found[-1])))
        return found

    def run(self) -> list[str]:
        """Simulates as long as it takes; gives those that may be the best, the best mean first; none: no one keeps all.

        Where nothing is random one replication settles it.
        """
        for upto in self.looks:
            while missing := self._missing(upto):
                self.trials.run(missing, range(upto))
            if not self.trials.random:
                break
        return self.ranked(self.contenders())

    def contenders(self) -> list[str]:
        """Those that may still be the best."""
        able = self.able()
        if not able:
            return []
        incumbent = self._incumbent(able)
        return [name for name in able if name == incumbent or not self._shown_worse(name, incumbent)]

    def able(self) -> list[str]:
        """Those that ran, broke no limit and serve no less than the baseline."""
        return [name for name in self.running() if not self.breaks(name) and not self.less_work(name)]

    def running(self) -> list[str]:
        """Those whose runs all came to an end, and that did not leave for another reason."""
        gone = {*self.out, *self.trials.refused, *self.trials.failed}
        return [name for name in self.names if name not in gone and self.trials.figures(name)]

    def breaks(self, name: str) -> list[Break]:
        """The limits that a candidate broke in some replication of the race."""
        return breaks_of(self.limits, *self.trials.outcome(name, range(self.replications)))

    def less_work(self, name: str) -> list[str]:
        """What a candidate is shown to do less of than the baseline, in words."""
        one, base = (self.trials.sample(each, range(self.replications)) for each in (name, self.baseline))
        too_few = self.trials.random and len(one.shared(base)) < min(2, self.replications)
        if name == self.baseline or too_few:
            return []
        return less_work(one, base, self.confidence, not self.trials.random)

    def ranked(self, names: Sequence[str]) -> list[str]:
        """Names by their mean, the best first; equals by cost, then as they came: simpler mixes stand first."""
        return sorted(names, key=lambda name: (self._rounded(name), self.mean(name, COST)))

    def mean(self, name: str, metric: str | None = None) -> float:
        """Mean of a figure (the objective) over the finished replications of the race."""
        values = self.trials.sample(name, range(self.replications)).values(metric or METRICS[self.objective])
        return sum(values) / len(values)

    def differences(self, name: str, other: str, metric: str | None = None) -> list[float]:
        """A figure (the objective) of a candidate less another's, in the replications that both have."""
        wanted = metric or METRICS[self.objective]
        one, two = (self.trials.sample(each, range(self.replications)) for each in (name, other))
        pairs = one.shared(two)
        return paired_differences(one.values(wanted, pairs), two.values(wanted, pairs))

    def _missing(self, upto: int) -> list[str]:
        """Candidates in the running that lack a replication; at the first look all that can be tried."""
        gone = {*self.out, *self.trials.refused, *self.trials.failed}
        untried = [name for name in self.names if name not in gone and not self.trials.figures(name)]
        return [
            name
            for name in dict.fromkeys((*untried, *self.contenders()))
            if any(number not in self.trials.figures(name) for number in range(upto))
        ]

    def _incumbent(self, able: Sequence[str]) -> str:
        """The best mean among those with most replications."""
        most = max(len(self.trials.figures(name)) for name in able)
        return self.ranked([name for name in able if len(self.trials.figures(name)) == most])[0]

    def _rounded(self, name: str) -> float:
        """The objective, less is better, to the digits that count."""
        return float(f"{self.sign * self.mean(name):.{DIGITS[self.objective]}g}")

    def _shown_worse(self, name: str, incumbent: str) -> bool:
        if self._rounded(name) == self._rounded(incumbent):
            return False
        level = (1.0 - self.confidence) / max(1, len(self.names) - 1) / max(1, len(self.looks) - 1)
        worse = [self.sign * each for each in self.differences(name, incumbent)]
        return shown_above_zero(worse, level, not self.trials.random)
