"""What a mix must keep to be chosen: promises to users, accuracy floors, and limits on watts, carbon and money.

Each is kept only where every replication keeps it: one that is broken once is broken for certain.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sim.scenario import specs
from sim.scenario.specs import Scenario
from sim.units import W_PER_KW

ROUNDING = 1e-12  # of a limit: what is missed by less is kept (assumed)
OF_CHOICE = (
    ("peak_kw", "peak_kw", "peak", "kW"),
    ("carbon_kg", "carbon_kg", "carbon", "kg"),
    ("energy_kwh", "energy_kwh.facility", "energy", "kWh"),
    ("budget_usd", "cost_usd.total", "cost", "USD"),
    ("budget_usd_per_month", "usd_per_month", "cost per month", "USD"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A bound on one figure of a run: at least where `floor`, at most otherwise. `key` is where a scenario says it.

    `judged` ones a run judges by itself, and its verdict counts: it knows of requests that never ended.
    """

    key: str
    metric: str
    bound: float
    title: str
    unit: str = ""
    floor: bool = False
    judged: bool = False

    def excess(self, value: float) -> float:
        """By how much a value is on the wrong side; not above 0 where it is on the right one."""
        return self.bound - value if self.floor else value - self.bound

    def breaks(self, value: float) -> bool:
        """Whether a value is on the wrong side by more than rounding."""
        return self.excess(value) > ROUNDING * abs(self.bound)

    def shown(self, value: float) -> str:
        """A value with the unit."""
        return f"{value:,.4g} {self.unit}".rstrip()


@dataclass(frozen=True, slots=True)
class Break:
    """A limit that some replications of a mix broke, and the worst value; both None where only the run tells of it."""

    limit: Limit | None
    worst: float | None
    broken: int
    runs: int
    told: str = ""  # by the run

    @property
    def relative(self) -> float:
        """Excess as a share of the bound; infinite where it is not known."""
        if self.limit is None or self.worst is None:
            return float("inf")
        return self.limit.excess(self.worst) / (abs(self.limit.bound) or 1.0)

    @property
    def text(self) -> str:
        """What is broken, and by which value."""
        often = f" in {self.broken} of {self.runs} runs" if self.runs > 1 else ""
        if self.limit is None or self.worst is None:
            return self.told + often
        side = "below" if self.limit.floor else "above"
        return f"{self.limit.title} {self.limit.shown(self.worst)}, {side} {self.limit.shown(self.limit.bound)}{often}"


def limits_of(scenario: Scenario, chosen: specs.Limits) -> tuple[Limit, ...]:
    """All limits of a scenario and of the choice, those of services first."""
    return (*_of_services(scenario, chosen), *_of_site(scenario), *_of_choice(chosen))


def breaks_of(
    limits: Sequence[Limit], figures: Mapping[int, Mapping[str, float]], told: Mapping[int, Sequence[str]]
) -> list[Break]:
    """The limits that some replication broke. `told` is what each run itself found broken, by replication."""
    found = [each for limit in limits if (each := _break(limit, figures, told)) is not None]
    texts = [text for each in told.values() for text in each]
    if texts and not any(each.limit is not None and each.limit.judged for each in found):
        found.append(Break(None, None, sum(bool(each) for each in told.values()), len(figures), texts[0]))
    return found


def _break(limit: Limit, figures: Mapping[int, Mapping[str, float]], told: Mapping[int, Sequence[str]]) -> Break | None:
    wrong = [
        each[limit.metric]
        for number, each in figures.items()
        if limit.metric in each and limit.breaks(each[limit.metric]) and (told.get(number) or not limit.judged)
    ]
    worst = (min if limit.floor else max)(wrong, default=None)
    return None if worst is None else Break(limit, worst, len(wrong), len(figures))


def _of_services(scenario: Scenario, chosen: specs.Limits) -> Iterator[Limit]:
    for service in scenario.services:
        of_service = f"services.{service.name}"
        for figure, title, bound in (
            ("ttft", "TTFT p99", service.slo.ttft_p99_s),
            ("tpot", "TPOT p99", service.slo.tpot_p99_s),
            ("e2e", "end to end p99", service.slo.e2e_p99_s),
        ):
            if bound is not None:
                key, metric = f"{of_service}.slo.{figure}_p99_s", f"{of_service}.{figure}_s.p99"
                yield Limit(key=key, metric=metric, bound=bound, title=f"{service.name} {title}", unit="s", judged=True)
        floors = ((f"{of_service}.field", service.field.floor), ("choose.limits.accuracy_floor", chosen.accuracy_floor))
        for key, floor in floors:
            if floor:
                yield Limit(
                    key=key,
                    metric=f"{of_service}.accuracy",
                    bound=floor,
                    title=f"{service.name} accuracy",
                    floor=True,
                    judged=key.startswith(of_service),
                )


def _of_site(scenario: Scenario) -> Iterator[Limit]:
    if scenario.site.power_limit_w is not None:
        bound = scenario.site.power_limit_w / W_PER_KW
        yield Limit(key="site.power_limit_kw", metric="peak_kw", bound=bound, title="site peak", unit="kW", judged=True)


def _of_choice(chosen: specs.Limits) -> Iterator[Limit]:
    for name, metric, title, unit in OF_CHOICE:
        bound = getattr(chosen, name)
        if bound is not None:
            yield Limit(key=f"choose.limits.{name}", metric=metric, bound=bound, title=title, unit=unit)
