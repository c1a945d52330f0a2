"""Finds the metric that a script prints, by reading the script."""

import re
from collections.abc import Iterator, Mapping

from overnight.program.direction import guess_direction
from overnight.program.fields import METRIC_NAME
from overnight.program.front_matter import Value
from overnight.program.program import Direction
from overnight.program.writer import FrontMatterEntry

PRINTS_IT = "prints it"  # in the reason of a metric that only the text of a script shows

_DECLARED = re.compile(r"METRIC ([^\W\d][\w./@%+-]{0,63})=")
# A name and a colon at the start of a printed text, followed by a value to fill in, or with it as the next argument.
_PRINTED = re.compile(r"""\b(?:print|echo|printf)\b[^"'\n]{0,20}["'][ \t]*([^\W\d][\w./]{0,63}):[ \t]*(?:[{%$]|["'][ \t]*,)""")

# A name, then a value to fill in, followed by a unit: `p95: {p95:.2f} ms`, `total  %.1f s`.
_WITH_UNIT = re.compile(
    r"""\b(?:print|printf)\b[^"'\n]{0,20}["'][ \t]*([^\W\d][\w./]{0,63})([ \t]*[:=][ \t]*|[ \t]+)"""
    r"""(?:\{[^{}\n]{0,200}\}|%[-+ 0-9.]{0,8}[a-z])[ \t]*(ns|us|µs|ms|s|secs?|seconds|[kMG]i?B|bytes)(?![\w/%])"""
)


def printed_metric(script: str) -> str | None:
    """The metric that a script seems to be about: a METRIC line, else a `name: value` line with an obvious direction."""
    return next(_candidates(script), None)


def _candidates(script: str) -> Iterator[str]:
    yield from (hit[1] for hit in _DECLARED.finditer(script))
    printed = [hit[1] for hit in _PRINTED.finditer(script) if guess_direction(hit[1])]
    yield from sorted(printed, key=lambda name: not name.startswith("val_"))  # validation before training


def metrics_with_unit(script: str, place: str) -> Mapping[str, FrontMatterEntry]:
    """For each name that the script prints with a number and a unit, a `metric` key with the pattern that reads it.

    All such units are costs, so less is better. The unit becomes part of the name, which marks a timing as such.
    """
    entries: dict[str, FrontMatterEntry] = {}
    for name, between, unit in _WITH_UNIT.findall(script):
        separator = rf"\s*{between.strip()}\s*" if between.strip() else r"\s+"
        pattern = rf"^\s*{re.escape(name)}{separator}([0-9.]+)\s*{unit}\b"
        full = name if unit in name.split("_") else f"{name}_{unit.replace('µ', 'u')}"
        value: Value = {"name": full, "direction": Direction.MINIMIZE.value, "pattern": pattern}
        entries[name] = FrontMatterEntry(key="metric", value=value, reason=f"{place} {PRINTS_IT}, with {unit} after the number")
    return entries


def metric_entry(name: object, reason: str, direction: Direction | None = None) -> list[FrontMatterEntry]:
    """The `metric` key for a name; empty if it is not a metric name."""
    if not isinstance(name, str) or not METRIC_NAME.fullmatch(name):
        return []
    direction = direction or guess_direction(name)
    value: Value = {"name": name, "direction": direction.value} if direction else {"name": name}
    return [FrontMatterEntry(key="metric", value=value, reason=reason)]
