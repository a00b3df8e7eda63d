"""What a comparison comes to, in sentences: the cheapest mix that keeps every promise, and how sure that is."""

from __future__ import annotations

from sim.report.wording import duration, level, number, percent
from sim.study.comparison import Comparison
from sim.study.conclusion import COST


def finding(comparison: Comparison) -> str:
    """The conclusion in one short line, as a chart's title states it."""
    best = comparison.conclusion.cheapest
    if best is None:
        return "No mix keeps every promise and limit"
    if len(comparison.mixes) == 1:
        return f"{best}: {number(comparison.mixes[best][COST].mean)} USD for {duration(comparison.window_s)}"
    if comparison.conclusion.as_cheap:
        return f"{_listed((best, *comparison.conclusion.as_cheap))} are the cheapest: no difference between them shown"
    if best == comparison.baseline:
        return f"{best} is the cheapest mix that keeps every promise"
    return f"{best} is the cheapest mix that keeps every promise: {_against_baseline(comparison, best)}"


def headline(comparison: Comparison) -> list[str]:
    """The conclusion, how sure it is, and why other mixes are left out; one sentence each."""
    return [_verdict(comparison), *_doubts(comparison), *_left_out(comparison), _certainty(comparison)]


def _verdict(comparison: Comparison) -> str:
    best = comparison.conclusion.cheapest
    if best is None:
        return "No mix keeps every promise and limit, so none is called the cheapest."
    cost = number(comparison.mixes[best][COST].mean)
    if len(comparison.mixes) == 1:
        return f"{best} costs {cost} USD for {duration(comparison.window_s)} and keeps every promise."
    price = f"{cost} USD for {duration(comparison.window_s)}"
    lead = f"{best} is the cheapest mix that does all the work and keeps every promise: {price}"
    if best == comparison.baseline or COST not in comparison.versus_baseline.get(best, {}):
        return f"{lead}{_lead_over_others(comparison)}."
    return f"{lead}, {_against_baseline(comparison, best)}{_interval(comparison, best)}."


def _lead_over_others(comparison: Comparison) -> str:
    """That each other mix in the running is shown to cost more, where it is."""
    out = {comparison.conclusion.cheapest, *comparison.conclusion.left_out}
    others = [mix for mix in comparison.mixes if mix not in out]
    if not others or comparison.conclusion.as_cheap:
        return ""
    return f"; {_listed(tuple(others))} {'is' if len(others) == 1 else 'are'} shown to cost more"


def _against_baseline(comparison: Comparison, mix: str) -> str:
    found = comparison.versus_baseline.get(mix, {}).get(COST)
    if found is None:
        return "not paired with the baseline"
    share = found.difference / comparison.mixes[comparison.baseline][COST].mean
    return f"{percent(share)} {'below' if share <= 0 else 'above'} {comparison.baseline}"


def _interval(comparison: Comparison, mix: str) -> str:
    """The interval of the difference as shares of the baseline's cost; nothing where it has no width."""
    found, base = comparison.versus_baseline[mix][COST], comparison.mixes[comparison.baseline][COST].mean
    if found.ci_low is None or found.ci_high is None or found.ci_low == found.ci_high:
        return ""
    word = "less" if found.difference <= 0 else "more"
    low, high = sorted(100.0 * limit / base * (-1 if word == "less" else 1) for limit in (found.ci_low, found.ci_high))
    return f" ({level(comparison.confidence)} interval {low:.1f} to {high:.1f} % {word})"


def _doubts(comparison: Comparison) -> list[str]:
    rivals, best = comparison.conclusion.as_cheap, comparison.conclusion.cheapest
    if not rivals:
        return []
    verb = "is" if len(rivals) == 1 else "are"
    return [f"{_listed(rivals)} {verb} not shown to cost more than {best}: treat them as equal in cost."]


def _left_out(comparison: Comparison) -> list[str]:
    sentences = []
    for mix, reason in comparison.conclusion.left_out.items():
        cost = comparison.mixes.get(mix, {}).get(COST)
        price = f" at {number(cost.mean)} USD" if cost else ""
        sentences.append(f"{mix}{price} is not in the running: {reason}.")
    return sentences


def _certainty(comparison: Comparison) -> str:
    if comparison.deterministic:
        return "Nothing in these runs is random: one run of each mix, differences are exact."
    if comparison.replications < 2:
        return "One replication: how sure these figures are cannot be said."
    return (
        f"{comparison.replications} replications under common random numbers; "
        f"± is the {level(comparison.confidence)} interval, verdicts hold together (Holm)."
    )


def _listed(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
