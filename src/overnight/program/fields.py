"""The kinds of values in the front matter: checked texts, paths, numbers with units, bounds."""

import re
import warnings
from contextlib import suppress
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from overnight.program.program import Guard
from overnight.words.fields import MAX_ITEMS, Mistake, Short, Text, matching
from overnight.words.foreign import printable
from overnight.words.units import parse_count, parse_duration, parse_number, parse_size

SECONDS_PER_HOUR = 3600
_FEW = Field(max_length=MAX_ITEMS)

METRIC_NAME = re.compile(r"[^\W\d][\w./@%+-]{0,63}")
_GUARD = re.compile(r"\s*(\S+?)\s*(<=|>=|<|>)\s*(\S+)\s*")


def _inside(path: str) -> str:
    """A relative path or glob that stays inside the repository."""
    if path.startswith("/"):
        raise Mistake("must be relative to the repository", fix="delete the leading `/`")
    if not {".", ".."}.isdisjoint(path.split("/")):
        raise Mistake("must not contain `.` or `..` as a folder", fix="write the plain path")
    if "//" in path or "\n" in path:
        raise Mistake("is not a path", fix="write folder/name")
    return path


def _anywhere(path: str) -> str:
    """An absolute path, or one that stays inside the repository."""
    if path.startswith("~"):
        raise Mistake("must be an absolute path, or relative to the repository", fix="write your home folder's name for `~`")
    if not path.startswith("/"):
        return _inside(path).rstrip("/")
    if ".." in path.split("/"):
        raise Mistake("must be a path without `..`")
    return path


def _named(raw: object) -> object:
    """A mapping of names to numbers as pairs, in its order."""
    if not isinstance(raw, dict) or not raw:
        raise Mistake("must be a mapping of metrics to their spreads", fix="write `{small: 0.02, large: 0.1}`")
    for name, spread in raw.items():
        with suppress(ValueError):
            if parse_number(spread) > 0.0:
                continue
        fix = "write the standard deviation of the difference of two equal trees in a pair"
        raise Mistake(f"the spread of `{printable(str(name), 40)}` is not a number above 0", fix=fix)
    return list(raw.items())


def _listed(raw: object) -> object:
    return [raw] if isinstance(raw, str | int) else raw


def _host(text: str) -> str:
    """An entry of a list of hosts."""
    from overnight.egress.hosts import BadHost, read_rule

    try:
        rule = read_rule(text)
    except BadHost as bad:
        fix = "write a name such as `pypi.org`, `*.example.com` for all names below it, or `example.com:8443`"
        raise Mistake(f"lists no host: {bad}", fix="write `network: host`" if text == "*" else fix) from None
    return str(rule)


def _guard(raw: object) -> Guard:
    parts = _GUARD.fullmatch(raw) if isinstance(raw, str) else None
    if parts is None or not METRIC_NAME.fullmatch(parts[1]):
        raise Mistake("must be a bound on a metric", fix="write it as `peak_memory_mb <= 4000`")
    return Guard(metric=parts[1], op=parts[2], bound=parse_number(parts[3]))


def _one_group(pattern: str) -> str:
    """A regex with exactly one group."""
    if (groups := _groups(pattern)) != 1:
        fix = "put parentheses around the number, and (?:...) around any other group"
        raise Mistake(f"has {groups} groups instead of one", fix=fix)
    return pattern


def _curve_groups(pattern: str) -> str:
    """A regex with two groups or three."""
    if (groups := _groups(pattern)) not in {2, 3}:
        fix = "put parentheses around the steps done, the total steps and the value; or around the percent done and the value"
        raise Mistake(f"has {groups} groups instead of two or three", fix=fix)
    return pattern


def _groups(pattern: str) -> int:
    """How many groups a regex has; it must compile without a warning."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return re.compile(pattern).groups
    except (re.error, OverflowError, RecursionError, Warning) as error:
        raise Mistake(f"not a regular expression: {printable(str(error), 120)}") from None


def _hours(raw: object) -> float:
    """Hours; a bare number means hours, not seconds as in any other duration."""
    with suppress(ValueError):
        return parse_number(raw)
    try:
        return parse_duration(raw) / SECONDS_PER_HOUR
    except ValueError:
        raise ValueError("must be hours such as 8 or 0.5, or a duration such as 90m") from None


# Lengths stand next to the type, so that their messages name characters and items.
MetricName = Annotated[Short, AfterValidator(matching(METRIC_NAME, "one word, such as val_bpb"))]
Pattern = Annotated[Short, AfterValidator(_one_group)]
CurvePattern = Annotated[Short, AfterValidator(_curve_groups)]
RelativePath = Annotated[Short, AfterValidator(_inside)]
Reason = Annotated[Short, Field(max_length=200)]  # repeated in every report
Number = Annotated[float, BeforeValidator(parse_number)]
Count = Annotated[int, BeforeValidator(parse_count)]
Parts = Annotated[
    tuple[tuple[MetricName, Number], ...],
    Field(min_length=1, max_length=MAX_ITEMS),
    BeforeValidator(_named),
]
Size = Annotated[int, BeforeValidator(parse_size), Field(gt=0)]
Duration = Annotated[float, BeforeValidator(parse_duration), Field(gt=0)]
Hours = Annotated[float, BeforeValidator(_hours), Field(gt=0)]
Texts = Annotated[tuple[Text, ...], _FEW, BeforeValidator(_listed)]
Paths = Annotated[tuple[RelativePath, ...], _FEW, BeforeValidator(_listed)]
Globs = Annotated[tuple[RelativePath, ...], Field(min_length=1, max_length=MAX_ITEMS), BeforeValidator(_listed)]
ReadablePaths = Annotated[tuple[Annotated[Text, AfterValidator(_anywhere)], ...], _FEW, BeforeValidator(_listed)]
Guards = Annotated[tuple[Annotated[Guard, BeforeValidator(_guard)], ...], _FEW, BeforeValidator(_listed)]
Hosts = Annotated[tuple[Annotated[Short, AfterValidator(_host)], ...], Field(min_length=1, max_length=MAX_ITEMS)]
Exits = Annotated[
    tuple[Annotated[Count, Field(ge=0, le=255)], ...], Field(min_length=1, max_length=256), BeforeValidator(_listed)
]
