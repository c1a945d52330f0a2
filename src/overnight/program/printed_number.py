"""Pure: a number as a command prints it, plain or as a time with its unit; anything else is none."""

import re

from overnight.program.program import TimeUnit

LONGEST = 120  # characters

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", re.ASCII)
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?", re.ASCII)  # 12,345,678
_NOT_FINITE = re.compile(r"[+-]?(?:nan|inf|infinity)", re.IGNORECASE | re.ASCII)
_TIME = re.compile(r"([+-]?[0-9.,]{1,64}(?:[eE][+-]?[0-9]{1,3})?)\s{0,8}([^\W\d_]{1,12})")
_NANOSECONDS = {
    **dict.fromkeys(("ns", "nsec", "nanoseconds"), 1),
    **dict.fromkeys(("us", "\xb5s", "\u03bcs", "usec", "microseconds"), 1_000),
    **dict.fromkeys(("ms", "msec", "millis", "milliseconds"), 1_000_000),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1_000_000_000),
}


def number_in(word: str) -> float | None:
    """The number that a word says, NaN and infinity included; None if it says none."""
    if len(word) > LONGEST:
        return None
    if _GROUPED.fullmatch(word):
        word = word.replace(",", "")
    return float(word) if _NUMBER.fullmatch(word) or _NOT_FINITE.fullmatch(word) else None


def time_in(word: str, unit: TimeUnit) -> float | None:
    """The time that a number and its unit say, in the wanted unit; None if they say none."""
    hit = _TIME.fullmatch(word)
    scale, number = (_NANOSECONDS.get(hit[2]), number_in(hit[1])) if hit else (None, None)
    return None if scale is None or number is None else number * scale / _NANOSECONDS[unit]
