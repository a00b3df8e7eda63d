"""Traffic of a service, and whether it says what the service's model needs to know."""

from __future__ import annotations

from collections.abc import Mapping

from sim.document import Route
from sim.scenario import specs
from sim.scenario.compiling.desk import Desk
from sim.scenario.schema import traffic as schema

MOST_REQUESTS = 2e9  # of one service in one run: ten times the largest run that this program is measured on
ITEMS = ("items",)
NEEDS: Mapping[str, tuple[str, ...]] = {
    "llm": ("input_tokens", "output_tokens"),
    "vision": ITEMS,
    "encoder": ITEMS,
    "recommendation": ITEMS,
    "tabular": ITEMS,
    "diffusion": ITEMS,
    "speech": ("audio_s",),
    "fixed-time": ("service_s",),
}


def traffic_of(
    traffic: schema.Traffic, family: str, horizon_s: float, path: Route, desk: Desk
) -> specs.TraceTraffic | specs.PoissonTraffic:
    """Traffic for a model of a family; notes faults of both."""
    if traffic.trace is not None:
        return _trace(traffic.trace, (*path, "trace"), desk)
    assert traffic.poisson is not None
    _check_lengths(traffic, family, path, desk)
    _check_groups(traffic, family, path, desk)
    rate_per_s = traffic.poisson.rate_per_s
    if rate_per_s * horizon_s > MOST_REQUESTS:
        text = f"{rate_per_s:g} requests/s over {horizon_s:g} s make {rate_per_s * horizon_s:.2g} requests"
        desk.fault((*path, "poisson", "rate_per_s"), f"{text}; at most {MOST_REQUESTS:.0e} are simulated")
    return specs.PoissonTraffic(
        rate_per_s=rate_per_s,
        profile=_profile(traffic.profile),
        input_tokens=_distribution(traffic.input_tokens),
        output_tokens=_distribution(traffic.output_tokens),
        service_s=_distribution(traffic.service_s),
        items=_distribution(traffic.items),
        audio_s=_distribution(traffic.audio_s),
        prefix_groups=traffic.prefix_groups,
    )


def _check_lengths(traffic: schema.Traffic, family: str, path: Route, desk: Desk) -> None:
    needed = NEEDS.get(family, ())
    for name in dict.fromkeys(name for names in NEEDS.values() for name in names):
        given = getattr(traffic, name) is not None
        if name in needed and not given:
            desk.fault(path, f"missing key '{name}': requests to a model of family {family} need it", key=True)
        if given and needed and name not in needed:
            text = f"'{name}' says nothing to a model of family {family}; it needs {' and '.join(needed)}"
            desk.fault((*path, name), text, key=True)


def _check_groups(traffic: schema.Traffic, family: str, path: Route, desk: Desk) -> None:
    if traffic.prefix_groups is not None and family != "llm":
        text = f"'prefix_groups' says nothing to a model of family {family}: it takes no prompts"
        desk.fault((*path, "prefix_groups"), text, key=True)


def _trace(trace: schema.Trace, path: Route, desk: Desk) -> specs.TraceTraffic:
    return specs.TraceTraffic(
        path=desk.file(trace.file, (*path, "file")),
        format=trace.format,
        rate_scale=trace.rate_scale,
        repeat=trace.repeat,
        align=trace.align,
        resample_s=trace.resample.blocks_s,
    )


def _profile(profile: schema.Profile | None) -> specs.Profile:
    if profile is None:
        return specs.Profile()
    return specs.Profile(
        peak_to_mean=profile.daily.peak_to_mean, peak_hour=profile.daily.peak_hour, weekend=profile.weekend
    )


def _distribution(choice: schema.Distribution | None) -> specs.Distribution | None:
    if choice is None:
        return None
    if choice.constant is not None:
        return specs.Distribution(kind="constant", mean=choice.constant)
    if choice.exponential is not None:
        return specs.Distribution(kind="exponential", mean=choice.exponential)
    if choice.lognormal is not None:
        return specs.Distribution(kind="lognormal", mean=choice.lognormal.mean, cv=choice.lognormal.cv)
    assert choice.uniform is not None
    low, high = choice.uniform.low, choice.uniform.high
    return specs.Distribution(kind="uniform", mean=(low + high) / 2.0, low=low, high=high)
