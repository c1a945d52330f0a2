"""Numbers with units as people write them: durations, sizes and counts."""

import math
import re
from collections.abc import Mapping

SECONDS: Mapping[str, float] = {"ms": 0.001, "s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}
BYTES: Mapping[str, float] = {
    "b": 1,
    **{f"{prefix}b": 1000.0**power for power, prefix in enumerate("kmgt", start=1)},
    **{f"{prefix}ib": 1024.0**power for power, prefix in enumerate("kmgt", start=1)},
}
COUNTS: Mapping[str, float] = {"k": 1e3, "m": 1e6, "b": 1e9}

_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,4})?", re.ASCII)
_PART = re.compile(r"([0-9]{1,20}(?:\.[0-9]{1,20})?) ?([a-zA-Z]{1,3}) ?", re.ASCII)


def parse_number(raw: object) -> float:
    """A finite number, even if YAML read it as text (`1e-3`).

    Raises:
        ValueError: it is not one.
    """
    if isinstance(raw, str) and _NUMBER.fullmatch(raw.strip()):
        raw = float(raw)
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        raise ValueError("must be a number")
    try:
        value = float(raw)
    except OverflowError:
        value = math.inf
    if not math.isfinite(value):
        raise ValueError("must be a finite number")
    return value


def parse_duration(raw: object) -> float:
    """Seconds of `90s`, `5m`, `1h30m` or a plain number of seconds.

    Raises:
        ValueError: it is none of these.
    """
    return _with_units(raw, SECONDS, "a duration such as 90s, 5m or 1h30m")


def parse_size(raw: object) -> int:
    """Bytes of `512MB`, `4GB`, `1GiB` or a plain number of bytes.

    Raises:
        ValueError: it is none of these.
    """
    return _whole(_with_units(raw, BYTES, "a size such as 512MB, 4GB or 1GiB"))


def parse_count(raw: object) -> int:
    """A whole number: `100`, `500k`, `2M`.

    Raises:
        ValueError: it is not one.
    """
    return _whole(_with_units(raw, COUNTS, "a whole number such as 100, 500k or 2M"))


def _with_units(raw: object, units: Mapping[str, float], expected: str) -> float:
    try:
        return parse_number(raw)
    except ValueError:
        if not isinstance(raw, str):
            raise ValueError(f"must be {expected}") from None
    total, end = 0.0, 0
    while part := _PART.match(raw, end):
        total += float(part[1]) * units.get(part[2].lower(), math.nan)
        end = part.end()
    if end == 0 or end != len(raw) or math.isnan(total):
        raise ValueError(f"must be {expected}")
    return total


def _whole(value: float) -> int:
    if value != int(value):
        raise ValueError("must be a whole number")
    return int(value)
