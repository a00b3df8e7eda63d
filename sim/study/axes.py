"""What a sweep varies: lists, ranges, spans that are sampled, paths that go together; and what all of it comes to.

    4,8,16              a list, commas inside brackets, braces or quotes belong to a value
    0.5:2:0.25          from, to, step; the end belongs to it where a step meets it. Also range(0.5, 2, 0.25)
    linear(1, 9, 5)     five values at equal distances, ends included
    log(0.01, 100, 5)   five values at equal ratios, ends included
    between(0.5, 2)     a span to sample; log-between samples its logarithm, whole its whole numbers

Faults are raised as ValueError, with the text alone: the caller knows where the axis was written.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, InvalidOperation
from typing import Final, Literal, TypeAlias

MOST_VALUES: Final = 10**15  # of one axis; more are a slip of the pen, and nothing counts so far
DIGITS: Final = ".12g"  # of values that are not written but computed
FIGURES: Final = Context(prec=15)  # of values at equal distances: as many as a float holds

Scale: TypeAlias = Literal["between", "log-between", "whole"]
NUMBER: Final = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
RANGE: Final = re.compile(rf"\s*({NUMBER})\s*:\s*({NUMBER})\s*:\s*({NUMBER})\s*")
FORM: Final = re.compile(r"\s*(range|linear|log|between|log-between|whole)\s*\(([^()]*)\)\s*")
ARGUMENTS: Final = {
    "range": "from, to, step",
    "linear": "from, to, how many",
    "log": "from, to, how many",
    "between": "from, to",
    "log-between": "from, to",
    "whole": "from, to",
}


@dataclass(frozen=True, slots=True)
class Listed:
    """Values as they were written."""

    texts: tuple[str, ...]

    @property
    def size(self) -> int:
        """How many values there are."""
        return len(self.texts)

    def text(self, index: int) -> str:
        """One value, as it would be written in the file."""
        return self.texts[index]


@dataclass(frozen=True, slots=True)
class Steps:
    """Values at equal distances, exact in decimal figures."""

    first: Decimal
    step: Decimal
    size: int

    def text(self, index: int) -> str:
        """One value, as it would be written in the file."""
        return format(FIGURES.plus(self.first + index * self.step).normalize(), "f")


@dataclass(frozen=True, slots=True)
class Ratios:
    """Values at equal ratios, the first and the last as given."""

    first: float
    last: float
    size: int

    def text(self, index: int) -> str:
        """One value, as it would be written in the file."""
        share = index / (self.size - 1)
        return format(self.first ** (1.0 - share) * self.last**share, DIGITS)


@dataclass(frozen=True, slots=True)
class Span:
    """What lies between two ends, to be sampled."""

    low: float
    high: float
    scale: Scale

    def at(self, share: float) -> str:
        """The value at a share 0..1 of the way, as it would be written in the file."""
        if self.scale == "whole":
            return str(math.floor(self.low + share * (self.high - self.low + 1.0)))
        if self.scale == "log-between":
            return format(self.low ** (1.0 - share) * self.high**share, DIGITS)
        return format(self.low + share * (self.high - self.low), DIGITS)


Values: TypeAlias = Listed | Steps | Ratios
Axes: TypeAlias = Mapping[str, Values | Span]  # by the path that is varied


@dataclass(frozen=True, slots=True)
class Axis:
    """Paths that go together: their nth values make up the nth step of the axis."""

    paths: tuple[str, ...]
    values: tuple[Values, ...]

    @property
    def size(self) -> int:
        """Steps of the axis."""
        return self.values[0].size

    def step(self, index: int) -> dict[str, str]:
        """The value of each path at one step."""
        return {path: each.text(index) for path, each in zip(self.paths, self.values, strict=True)}


def values_of(text: str) -> Values | Span:
    """The values that a text stands for; ValueError where it looks like a form of its own and is none."""
    if found := RANGE.fullmatch(text):
        return formed("range", found.groups())
    if found := FORM.fullmatch(text):
        return formed(found[1], [part.strip() for part in found[2].split(",")])
    return Listed(tuple(part.strip() for part in _split(text)))


def formed(name: str, arguments: Sequence[str]) -> Values | Span:
    """The values of a form by its name and its numbers."""
    wanted = ARGUMENTS[name]
    try:
        numbers = [Decimal(each) for each in arguments]
    except InvalidOperation:
        numbers = []
    if len(numbers) != wanted.count(",") + 1 or not all(number.is_finite() for number in numbers):
        raise ValueError(f"{name} takes {wanted}; got {', '.join(arguments)}")
    if name == "range":
        return _range(*numbers)
    if name in ("linear", "log"):
        return _spread(name, *numbers)
    low, high = float(numbers[0]), float(numbers[1])
    if low >= high or (name == "log-between" and low <= 0.0):
        raise ValueError(f"{name} goes from a lower to a higher number{', both above 0' * name.startswith('log')}")
    if name == "whole" and not (low.is_integer() and high.is_integer()):
        raise ValueError("whole goes from a whole number to another")
    return Span(low, high, name)  # type: ignore[arg-type]


def crossed(axes: Axes, together: Sequence[Sequence[str]] = ()) -> list[Axis]:
    """The axes in the order of their first paths; those named `together` step as one.

    ValueError where these do not fit each other, or a span is not sampled.
    """
    group: dict[str, Sequence[str]] = {}
    for paths in together:
        for path in paths:
            if path not in axes:
                raise ValueError(f"'{path}' goes together with others, but no values are given for it")
            if path in group:
                raise ValueError(f"'{path}' goes together with others twice")
            group[path] = paths
    groups = dict.fromkeys(tuple(group.get(path, (path,))) for path in axes)
    return [_joined(axes, paths) for paths in groups]


def size_of(axes: Sequence[Axis]) -> int:
    """Number of combinations."""
    return math.prod(axis.size for axis in axes)


def combinations(axes: Sequence[Axis]) -> Iterator[dict[str, str]]:
    """Every combination: path -> value as it would be written in the file; the last axis goes fastest."""
    for indices in itertools.product(*(range(axis.size) for axis in axes)):
        steps = [axis.step(index) for axis, index in zip(axes, indices, strict=True)]
        yield {path: text for step in steps for path, text in step.items()}


def _joined(axes: Axes, paths: tuple[str, ...]) -> Axis:
    values = []
    for path in paths:
        each = axes[path]
        if isinstance(each, Span):
            raise ValueError(f"'{path}' is a span: say how it is sampled, such as sobol:64")
        values.append(each)
    sizes = {path: each.size for path, each in zip(paths, values, strict=True)}
    if len(set(sizes.values())) > 1:
        counted = ", ".join(f"{path} has {size:,}" for path, size in sizes.items())
        raise ValueError(f"paths that go together need equally many values: {counted}")
    return Axis(paths, tuple(values))


def _range(first: Decimal, last: Decimal, step: Decimal) -> Steps:
    if step == 0 or (last - first) * step < 0:
        raise ValueError(f"a range from {first} to {last} in steps of {step} never ends")
    return Steps(first, step, _counted(int((last - first) / step) + 1))


def _spread(name: str, first: Decimal, last: Decimal, many: Decimal) -> Steps | Ratios:
    if many != many.to_integral_value() or many < 2:
        raise ValueError(f"{name} takes a whole number of values, at least 2; got {many}")
    size = _counted(int(many))
    if name == "linear":
        return Steps(first, (last - first) / (size - 1), size)
    if first <= 0 or last <= 0:
        raise ValueError("log goes from one number above 0 to another")
    return Ratios(float(first), float(last), size)


def _counted(size: int) -> int:
    if size > MOST_VALUES:
        raise ValueError(f"{size:,} values on one axis")
    return size


def _split(text: str) -> Iterator[str]:
    depth, quote, start = 0, "", 0
    for position, letter in enumerate(text):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        elif letter in "[{":
            depth += 1
        elif letter in "]}":
            depth -= 1
        elif letter == "," and depth == 0:
            yield text[start:position]
            start = position + 1
    yield text[start:]
