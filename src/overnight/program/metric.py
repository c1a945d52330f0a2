"""Reads metrics from what a job printed or wrote.

Every byte of it is foreign: the time is linear in its length, nothing is evaluated, and anything but one plain finite number
is a reason instead of a value. Whether the number is honest cannot be seen here.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeAlias

from overnight.program.output import plain
from overnight.program.printed_number import number_in, time_in
from overnight.program.program import Metric, Take, TimeUnit
from overnight.words.foreign import printable

MAX_LINE = 4096  # bytes that a user's regex is tried on; a longer line is not a metric line
MAX_NAMES = 1000  # metrics besides the campaign's own; further ones are ignored, and a bound on one of them fails
MAX_LEVELS = 4  # of nested objects in a result file
LARGEST = 1e60  # of a metric: fourth powers of it, and sums of those, stay finite
QUOTED = 120  # characters of foreign text in a reason

_LINE = re.compile(rb"[^\n]++")
_ANY = re.compile(
    rb"^[ \t]*+(?:METRIC[ \t]++([^\s=]{1,128}+)[ \t]*+=|([^\s:=]{1,128}+)[ \t]*+:)[ \t]*+([^\s]{1,128}+)[ \t]*+$", re.MULTILINE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricReading:
    """The value of the campaign's metric, and every other metric that was found with one finite value."""

    value: float
    metrics: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoReading:
    """Why there is no value: one line, fit to show."""

    reason: str


_Seen: TypeAlias = Mapping[str, float | None]  # None: several values, or no finite one


class _Hit(NamedTuple):  # millions of them in one output
    """What stands in the place of the metric's value."""

    word: str
    number: float | None
    strict: bool  # it must be a number; words after `name:` need not


class _Unreadable(Exception):  # noqa: N818  # becomes a NoReading
    """The metric has no value; the message says why."""


def read_metrics(
    output: bytes, metric: Metric, result_json: bytes | None = None, *, sealed: bool = False
) -> MetricReading | NoReading:
    """The metrics in captured `output`, and in the `result` file if the metric names one; `sealed`: of the holdout's command.

    A metric that is missing, NaN, infinite or not a number has no reading, nor has one with two different values unless its
    `take` says which of them counts.
    """
    text = plain(output)
    seen = _seen_in(text)
    others = _with_one_value(seen)
    try:
        if metric.result is not None:
            written = _result_metrics(result_json, metric.result)
            others |= {name: number for name, number in written.items() if math.isfinite(number)}
            value = _from_result(written, metric)
        elif metric.parts:
            value = _from_parts(text, metric, seen, metric.spreads(sealed=sealed))
        elif metric.pattern is not None:
            value = _from_pattern(text, metric, metric.pattern, seen)
        else:
            value = _from_lines(text, metric, seen)
    except _Unreadable as unreadable:
        return NoReading(reason=str(unreadable))
    if abs(value) > LARGEST:
        return NoReading(reason=f"metric {metric.name} is {value:.3g}, farther from 0 than {LARGEST:g}")
    return MetricReading(value=value, metrics={**others, metric.name: value})


def printed_metrics(output: bytes) -> Mapping[str, float]:
    """All metrics in the lines of captured `output`, for a campaign whose own metric is measured without output."""
    return _with_one_value(_seen_in(plain(output)))


def _from_lines(text: bytes, metric: Metric, seen: _Seen) -> float:
    name, raw = metric.name, re.escape(metric.name.encode())
    line = re.compile(rb"^[ \t]*+(METRIC[ \t]++%b[ \t]*+=|%b[ \t]*+:)[ \t]*+([^\n]*+)$" % (raw, raw), re.MULTILINE)
    hits = _taken(
        (_hit(hit[2][: MAX_LINE + 1], strict=hit[1].startswith(b"METRIC")) for hit in line.finditer(text)), metric.take
    )
    return _value(metric, hits, f"no line `METRIC {name}=` or `{name}:`", text, seen)


def _from_parts(text: bytes, metric: Metric, seen: _Seen, spreads: Mapping[str, float]) -> float:
    """The mean of the parts, each in spreads; one that is missing leaves the metric without a value."""
    values = [_from_lines(text, replace(metric, name=name), seen) / spread for name, spread in spreads.items()]
    return math.fsum(values) / len(values)


def _from_pattern(text: bytes, metric: Metric, pattern: str, seen: _Seen) -> float:
    hits = _taken(_pattern_hits(text, pattern, metric.unit), metric.take)
    return _value(metric, hits, f"nothing matches `{pattern}`", text, seen)


def _hit(raw: bytes, *, strict: bool) -> _Hit:
    word = raw.decode(errors="replace").strip(" \t")
    return _Hit(word, number_in(word), strict)


def _taken(hits: Iterator[_Hit], take: Take | None) -> Iterator[_Hit]:
    """The hits that count; words after `name:` do not, as long as there is anything else."""
    if take not in {Take.FIRST, Take.LAST}:
        return hits
    one, words = None, None
    for hit in hits:
        if hit.number is None and not hit.strict:
            words = words or hit
        else:
            one = hit
            if take is Take.FIRST:
                break
    return filter(None, [one or words])


def _value(metric: Metric, hits: Iterator[_Hit], missing: str, text: bytes, seen: _Seen) -> float:
    """The one number in the hits, the least or greatest of them, or their mean."""
    numbers = _numbers(metric, hits)
    value = _geometric_mean(metric, numbers) if metric.take is Take.GEOMEAN else _one(metric, numbers)
    if value is None:
        from overnight.program.missing import instead, where

        raise _Unreadable(f"{missing} in the output{instead(metric.name, seen)}; {where(metric.name, text)}")
    return value


def _numbers(metric: Metric, hits: Iterator[_Hit]) -> Iterator[tuple[str, float]]:
    """Each word that is a number; anything else is refused, but words after `name:` only if there is no number at all."""
    other, found = "", False
    for word, number, strict in hits:
        if number is None and strict:
            raise _not_a_number(metric, word)
        if number is None:
            other = other or word
        elif not math.isfinite(number):
            raise _Unreadable(f"metric {metric.name} is {'NaN' if math.isnan(number) else 'infinite'}")
        else:
            found = True
            yield word, number
    if other and not found:
        raise _not_a_number(metric, other)


def _not_a_number(metric: Metric, word: str) -> _Unreadable:
    what = "a number" if metric.unit is None else "a time with its unit"
    return _Unreadable(f"metric {metric.name} is `{printable(word, QUOTED)}`, not {what}")


def _one(metric: Metric, numbers: Iterator[tuple[str, float]]) -> float | None:
    value, first = None, ""
    for word, number in numbers:
        if value is None:
            value, first = number, word
        elif metric.take is not None:
            value = min(value, number) if metric.take is Take.MIN else max(value, number)
        elif number != value:
            shown = f"{printable(first, QUOTED)} and {printable(word, QUOTED)}"
            raise _Unreadable(f"metric {metric.name} appears twice with different values: {shown}")
    return value


def _geometric_mean(metric: Metric, numbers: Iterator[tuple[str, float]]) -> float | None:
    """None if there is no number; their count must be the one that the program says, so that no candidate drops a bad one."""
    logarithms, count = 0.0, 0
    for word, number in numbers:
        if number <= 0:
            raise _Unreadable(f"metric {metric.name} has {printable(word, QUOTED)}, and a geometric mean is of positive values")
        logarithms, count = logarithms + math.log(number), count + 1
    if count and metric.values is not None and count != metric.values:
        raise _Unreadable(f"metric {metric.name} has {count:,} values in the output instead of {metric.values:,} (`values`)")
    return math.exp(logarithms / count) if count else None


def _pattern_hits(text: bytes, pattern: str, unit: TimeUnit | None) -> Iterator[_Hit]:
    regex = re.compile(pattern)
    for line in _LINE.finditer(text):
        hit = regex.search(line[0].decode(errors="replace")) if line.end() - line.start() <= MAX_LINE else None
        if hit is not None and hit[1] is not None:
            found = _hit(hit[1].encode(errors="replace"), strict=True)
            yield found if unit is None else found._replace(number=time_in(found.word, unit))


def _seen_in(text: bytes) -> dict[str, float | None]:
    """All metrics in the output's lines; None for one with several values or no finite one."""
    found: dict[bytes, float | None] = {}
    for hit in _ANY.finditer(text):
        name, number = hit[1] or hit[2], number_in(hit[3].decode(errors="replace"))
        if number is None or not (name in found or len(found) < MAX_NAMES):
            continue
        agrees = math.isfinite(number) and found.get(name, number) == number
        found[name] = number if agrees else None
    return {name.decode(errors="replace"): number for name, number in found.items()}


def _with_one_value(seen: _Seen) -> dict[str, float]:
    return {name: number for name, number in seen.items() if number is not None}


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
        from overnight.program.missing import instead

        there = instead(metric.name, written)
        raise _Unreadable(f"no number `{metric.name}` in the result file {metric.result}{there}")
    value = written[metric.name]
    if not math.isfinite(value):
        raise _Unreadable(f"metric {metric.name} is {'NaN' if math.isnan(value) else 'infinite'}")
    return value
