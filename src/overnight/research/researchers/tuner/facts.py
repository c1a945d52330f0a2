"""Which values are facts instead of matters of taste: the days of a week, the size of a kibibyte, a port, a mask, pi.

Told by name, value and use as far as these show it. Does not cover: a fact with an innocent name and value, such as a number
of a protocol called `LIMIT_B`; the checks of a program must catch a change to that.
"""

import math
import re

from overnight.research.researchers.tuner.findings import Tier, Value
from overnight.research.researchers.tuner.names import words

_PRECISION = 1e-3  # relative: 3.1416 is pi
_FEWEST_DIGITS = 3  # of a number that is a rounded constant of nature: 3.1 is no pi
_CONSTANTS = (
    *(math.pi, 2 * math.pi, math.pi / 180, math.e, math.sqrt(2), math.sqrt(0.5), math.log(2), math.sqrt(2 * math.pi)),
    *(0.5772156649, 1.6180339887),  # Euler-Mascheroni, golden ratio
    *(9.81, 9.80665, 299792458, 6.02214076e23, 1.380649e-23, 6.62607015e-34, 1.602176634e-19, 8.314462618, 273.15, 101325),
)
# fmt: off
_ALWAYS = frozenset((
    365, 366, 365.25, 1440, 3600, 86400, 604800, 3.6e6, 8.64e7,  # of calendars and clocks
    2**31 - 1, 2**32 - 1, 2**31, 2**32, 10**9 + 7, 998244353,  # masks and moduli
    8000, 11025, 16000, 22050, 44100, 48000,  # sampling rates of sound
))
_INSIDE = frozenset((  # without a name of its own, a number like this is a part of a formula
    -2, -1, 0, 1, 2, 10, 12, 24, 60, 90, 180, 255, 256, 360, 1024, 65535, 2**20, 2**30, *(10**power for power in range(2, 13)),
))
# fmt: on
_CODE = re.compile(r"(?:exit|error|return|status)_?codes?$", re.IGNORECASE)
_BASED = re.compile(r"0[xXbBoO]|0\d")  # hexadecimal, binary or octal: bits, not an amount


def _named(names: str, *values: float) -> tuple[frozenset[str], frozenset[float]]:
    return frozenset(names.split()), frozenset(values)


_BY_NAME = (  # words of a name, and which values of it are facts; no values: all are
    _named("kb mb gb tb kib mib gib tib kilobyte megabyte gigabyte per year years month months"),
    _named("day days week weeks weekday weekdays", 5, 7, 14, 24, 28, 30, 31, 52, 53),
    _named("hour hours minute minutes min mins second seconds sec secs", 12, 24, 60),
    _named("bit bits byte bytes word", 4, 8, 16, 32, 64, 128, 255, 256, 512, 65535),
    _named("page sector block header cacheline", 512, 4096),
    _named("status http magic mask opcode errno protocol signature crc polynomial uid gid pid"),
    _named("copyright revision release schema codepoint ascii utf iso rfc ieee"),
)


def is_fact(name: str, value: Value, text: str, tier: Tier) -> bool:
    """Whether a value is no matter of taste, whatever the metric says."""
    if isinstance(value, str | bool):
        return False
    said = words(name)
    if _BASED.match(text.lstrip("+-")) or _CODE.search(name) or value in _ALWAYS or _is_constant(value, text):
        return True
    if any(said & names and (not values or value in values) for names, values in _BY_NAME):
        return True
    return tier is Tier.INSIDE and (value in _INSIDE or (isinstance(value, int) and 1900 <= value <= 2100))  # noqa: PLR2004


def _is_constant(value: float, text: str) -> bool:
    digits = len(re.sub(r"\D", "", re.split("[eE]", text)[0]).strip("0"))
    return digits >= _FEWEST_DIGITS and any(math.isclose(value, known, rel_tol=_PRECISION) for known in _CONSTANTS)
