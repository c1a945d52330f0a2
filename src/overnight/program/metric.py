"""Reads metrics from what a job printed or wrote.

Every byte of it is foreign: the time is linear in its length, nothing is evaluated, and anything but one plain finite number
is a reason instead of a value. Whether the number is honest cannot be seen here.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice

from overnight.program.program import Metric
from overnight.words.foreign import printable

MAX_LINE = 4096  # bytes that a user's regex is tried on; a longer line is not a metric line
MAX_NAMES = 1000  # metrics besides the campaign's own; further ones are ignored, and a bound on one of them fails
MAX_LEVELS = 4  # of nested objects in a result file
LARGEST = 1e60  # of a metric: fourth powers of it, and sums of those, stay finite
QUOTED = 120  # characters of foreign text in a reason
COMPARED = 64  # other metrics that a missing one's name is compared with
NAMED = 2  # of them in a reason
LONGEST_NAMED = 40  # characters of a name there
ALIKE = 0.5  # ratio of difflib: `val_bpb` for `val_loss`

_ESCAPE = re.compile(rb"\x1b(?:\[[0-?]*+[ -/]*+[@-~]|\][^\x00-\x1f]*+(?:\x07|\x1b\\)|[@-Z\\^_])")
_LINE = re.compile(rb"[^\n]++")
_ANY = re.compile(
    rb"^[ \t]*+(?:METRIC[ \t]++([^\s=]{1,128}+)[ \t]*+=|([^\s:=]{1,128}+)[ \t]*+:)[ \t]*+([^\s]{1,128}+)[ \t]*+$", re.MULTILINE
)
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", re.ASCII)
_NOT_FINITE = re.compile(r"[+-]?(?:nan|inf|infinity)", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricReading:
    """The value of the campaign's metric, and every other metric that was found with one finite value."""

    value: float
    metrics: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoReading:
    """Why there is no value: one line, fit to show."""

    reason: str


class _Unreadable(Exception):  # noqa: N818  # becomes a NoReading
    """The metric has no value; the message says why."""


def read_metrics(output: bytes, metric: Metric, result_json: bytes | None = None) -> MetricReading | NoReading:
    """The metrics in captured `output`, and in the `result` file if the metric names one.

    A metric that is missing, NaN, infinite, not a number, or present with two different values has no reading; the same value
    twice is fine.
    """
    text = _plain(output)
    try:
        others = _other_metrics(text)
        if metric.result is not None:
            written = _result_metrics(result_json, metric.result)
            others |= {name: number for name, number in written.items() if math.isfinite(number)}
            value = _from_result(written, metric)
        elif metric.pattern is not None:
            value = _agreed(metric.name, _pattern_hits(text, metric.pattern), f"nothing matches `{metric.pattern}`", text)
        else:
            value = _from_lines(text, metric.name, others)
    except _Unreadable as unreadable:
        return NoReading(reason=str(unreadable))
    if abs(value) > LARGEST:
        return NoReading(reason=f"metric {metric.name} is {value:.3g}, farther from 0 than {LARGEST:g}")
    return MetricReading(value=value, metrics={**others, metric.name: value})


def printed_metrics(output: bytes) -> Mapping[str, float]:
    """All metrics in the lines of captured `output`, for a campaign whose own metric is measured without output."""
    return _other_metrics(_plain(output))


def _plain(output: bytes) -> bytes:
    """The output without terminal escapes; what a carriage return would overwrite becomes a line of its own."""
    if b"\x1b" in output:
        output = _ESCAPE.sub(b"", output)
    return output.replace(b"\r", b"\n")


def _from_lines(text: bytes, name: str, others: Mapping[str, float]) -> float:
    raw = re.escape(name.encode())
    line = re.compile(rb"^[ \t]*+(METRIC[ \t]++%b[ \t]*+=|%b[ \t]*+:)[ \t]*+([^\n]*+)$" % (raw, raw), re.MULTILINE)
    missing = f"no line `METRIC {name}=` or `{name}:`"
    hits = ((hit[2][: MAX_LINE + 1], hit[1].startswith(b"METRIC")) for hit in line.finditer(text))
    return _agreed(name, hits, missing, text, others)


def _agreed(
    name: str, hits: Iterator[tuple[bytes, bool]], missing: str, text: bytes, others: Mapping[str, float] | None = None
) -> float:
    """The one number in `hits`, each a text and whether it must be a number; the user may have meant one of `others`."""
    value, first, other = None, "", ""
    for raw, strict in hits:
        word = raw.decode(errors="replace").strip(" \t")
        number = _number(word)
        if number is None:
            if strict:
                raise _Unreadable(f"metric {name} is `{printable(word, QUOTED)}`, not a number")
            other = other or word
        elif not math.isfinite(number):
            raise _Unreadable(f"metric {name} is {'NaN' if math.isnan(number) else 'infinite'}")
        elif value is None:
            value, first = number, word
        elif number != value:
            shown = f"{printable(first, QUOTED)} and {printable(word, QUOTED)}"
            raise _Unreadable(f"metric {name} appears twice with different values: {shown}")
    if value is None and other:
        raise _Unreadable(f"metric {name} is `{printable(other, QUOTED)}`, not a number")
    if value is None:
        raise _Unreadable(f"{missing} in the output{_instead(name, others or {})}; {_last_line(text)}")
    return value


def _instead(name: str, others: Mapping[str, float]) -> str:
    """What there is instead of a missing metric: similar names, else the first ones."""
    few = [other for other in islice(others, COMPARED) if len(other) <= LONGEST_NAMED]
    if like := get_close_matches(name, few, n=NAMED, cutoff=ALIKE):
        return f" (did you mean {_quoted(like, 'or')}?)"
    return f", which has {_quoted(few[:NAMED], 'and')}" if few else ""


def _quoted(names: Sequence[str], between: str) -> str:
    return f" {between} ".join(f"`{printable(name, LONGEST_NAMED)}`" for name in names)


def _number(word: str) -> float | None:
    """The number that a word says, NaN and infinity included; None if it says none."""
    if len(word) > QUOTED:
        return None
    return float(word) if _NUMBER.fullmatch(word) or _NOT_FINITE.fullmatch(word) else None


def _pattern_hits(text: bytes, pattern: str) -> Iterator[tuple[bytes, bool]]:
    regex = re.compile(pattern)
    for line in _LINE.finditer(text):
        hit = regex.search(line[0].decode(errors="replace")) if line.end() - line.start() <= MAX_LINE else None
        if hit is not None and hit[1] is not None:
            yield hit[1].encode(errors="replace"), True


def _other_metrics(text: bytes) -> dict[str, float]:
    """All metrics in the output's lines, except those with several values or no finite one."""
    found: dict[bytes, float | None] = {}
    for hit in _ANY.finditer(text):
        name, number = hit[1] or hit[2], _number(hit[3].decode(errors="replace"))
        if number is None or not (name in found or len(found) < MAX_NAMES):
            continue
        agrees = math.isfinite(number) and found.get(name, number) == number
        found[name] = number if agrees else None
    return {name.decode(errors="replace"): number for name, number in found.items() if number is not None}


def _last_line(text: bytes) -> str:
    tail = text[-MAX_LINE:].strip().decode(errors="replace")
    return f"the last line was `{printable(tail.split(chr(10))[-1], QUOTED)}`" if tail else "it is empty"


def _result_metrics(raw: bytes | None, path: str) -> dict[str, float]:
    """The numbers of a JSON object; those of objects in it are named `outer.inner`."""
    if raw is None:
        raise _Unreadable(f"the result file {path} was not written")
    try:
        whole = json.loads(raw, parse_int=float, object_pairs_hook=_object)
    except (ValueError, RecursionError):
        raise _Unreadable(f"the result file {path} is not JSON") from None
    if not isinstance(whole, dict):
        raise _Unreadable(f"the result file {path} is not a JSON object")
    found: dict[str, float] = {}
    for name, number in _flat(whole, "", MAX_LEVELS):
        if found.setdefault(name, number) != number and not math.isnan(number):
            raise _Unreadable(f"the result file {path} has `{printable(name, QUOTED)}` twice with different values")
    return found


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _Unreadable("the result file has a key twice in one object")
    return found


def _flat(values: Mapping[str, object], prefix: str, levels: int) -> Iterator[tuple[str, float]]:
    for name, value in values.items():
        if isinstance(value, float):
            yield prefix + name, value
        elif isinstance(value, dict) and levels > 1:
            yield from _flat(value, f"{prefix}{name}.", levels - 1)


def _from_result(written: Mapping[str, float], metric: Metric) -> float:
    if metric.name not in written:
        there = _instead(metric.name, written)
        raise _Unreadable(f"no number `{metric.name}` in the result file {metric.result}{there}")
    value = written[metric.name]
    if not math.isfinite(value):
        raise _Unreadable(f"metric {metric.name} is {'NaN' if math.isnan(value) else 'infinite'}")
    return value
