"""Plain scalars of YAML 1.2 (core schema), narrowed to numbers that mean one thing.

`1e3` is a number, `NO` and `12:30` are text; `017`, `.nan`, `.inf`, and numbers beyond 64 bits or double precision
are refused, because readers disagree about them or because no key of this program can hold them.
"""

from __future__ import annotations

import math
import re
from typing import Final

Scalar = str | int | float | bool | None
Value = Scalar | list["Value"] | dict[str, "Value"]

_WORDS: Final[dict[str, bool | None]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_WHOLE: Final = re.compile(r"[-+]?[0-9]+")
_BASED: Final = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_REAL: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE: Final = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_LEADING_ZERO: Final = re.compile(r"[-+]?0[0-9]+")
_LARGEST: Final = 2**64 - 1


def resolve(text: str) -> Scalar:
    """Value of a plain scalar; raises ValueError with a text for the user where the number is refused."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789":
        return text
    if _NOT_FINITE.fullmatch(text):
        raise ValueError(f"{text} is not a number that can be used; leave the key out, or write a finite number")
    if _LEADING_ZERO.fullmatch(text):
        bare = text.lstrip("+-0") or "0"
        raise ValueError(f"{text[:20]} has a leading zero: write {bare[:20]} for the number, or quote it for text")
    if _WHOLE.fullmatch(text):
        return _whole(text, 10)
    if _BASED.fullmatch(text):
        return _whole(text, 0)
    return _real(text) if _REAL.fullmatch(text) else text


def _whole(text: str, base: int) -> int:
    # the length is looked at first: converting thousands of digits is slow, and Python itself refuses beyond 4,300
    number = int(text, base) if len(text) <= 70 else _LARGEST + 1
    if abs(number) > _LARGEST:
        raise ValueError(f"a whole number of {len(text)} digits is beyond 64 bits")
    return number


def _real(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:20]} is too large for a number")
    return number


def joined_surrogates(text: str) -> str:
    r"""Text with pairs of JSON escapes (\ud83d\ude00) made one character; raises ValueError for half a pair."""
    if not any("\ud800" <= character <= "\udfff" for character in text):
        return text
    try:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    except UnicodeDecodeError:
        raise ValueError("text holds half of a surrogate pair, which is no character") from None
