"""Pure: metrics with a unit, read from what a command printed, each with the pattern that finds it again."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from overnight.program.direction import guess_direction
from overnight.program.front_matter import Value
from overnight.program.program import Direction

MOST_BYTES = 256_000  # at the end of an output
MOST_LINES = 2_000
LONGEST = 400  # characters of a line
LONGEST_NAME = 48

_NUMBER = r"[0-9][0-9,]*(?:\.[0-9]+)?(?:e[-+]?[0-9]{1,3})?"
_RATE = r"[A-Za-z]{1,12}\s?/\s?s(?:ec(?:ond)?)?|[a-z]{1,12} per sec(?:ond)?|fps|nps|qps|rps|tps"
_EACH = r"(?:ns|us|µs|ms|s|B|bytes|cycles|allocs)/(?:op|iter|byte|call|element|row|token|step|it|B)"
_TIME = r"ns|us|µs|ms|s|secs?|seconds|msec|usec"
# What a model is judged by. Errors of a comparison and counts of faults are not among them: a benchmark prints those too.
_QUALITY = r"loss|acc|accuracy|perplexity|ppl|bpb|nll|rmse|auc|f1|bleu|reward"
_JUDGED = re.compile(
    rf"[ \t]*(?P<name>(?:[^\W\d_][\w-]{{0,23}}[ \t]{{1,4}}){{0,3}}(?:\w{{1,24}}[_-])?(?:{_QUALITY}))"
    rf"(?:[ \t]{{0,8}}[:=][ \t]{{0,8}}|[ \t]{{1,8}})"
    rf"(?P<number>-?{_NUMBER})(?![\w.])",
    re.IGNORECASE,
)
_ON_OTHER_DATA = re.compile(r"(?:^|_)(?:val|valid|validation|test|dev|eval|holdout)(?:_|$)")
_LINE = re.compile(
    rf"[ \t]*(?P<name>[^\W\d_](?:[^\n\t0-9]|(?<=[\w\-./])[0-9]){{0,{LONGEST_NAME - 1}}}?)"
    rf"(?P<between>[ \t]*[:=|x\xd7]?[ \t]*|[ \t]{{2,}}[0-9]{{1,12}}[ \t]{{1,32}})(?P<number>{_NUMBER})[ \t]{{0,4}}"
    rf"(?:(?P<rate>{_RATE})|(?P<each>{_EACH})|(?P<time>{_TIME}))(?![\w/%])",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedMetric:
    """A number with a unit that a command printed."""

    name: str  # as a metric is called
    words: str  # as it was printed
    pattern: str  # a regex with one group
    direction: Direction
    is_rate: bool  # so much a second, or for each: what a benchmark prints that runs for a fixed time

    @property
    def value(self) -> Value:
        """The `metric` key."""
        return {"name": self.name, "direction": self.direction.value, "pattern": self.pattern}


def printed_with_unit(output: bytes) -> Sequence[PrintedMetric]:
    """Each number with a unit that is printed once, in the order of the lines."""
    return _printed_once(output, _in_line)


def choose(found: Sequence[PrintedMetric], known: Sequence[str]) -> PrintedMetric | None:
    """The one that a benchmark is about, if that is clear: a rate, of a known name if there are several; or the only time.

    Args:
        found: what was printed.
        known: names of the project, which its own line of a comparison has.
    """
    rates = [metric for metric in found if metric.is_rate]
    if own := [metric for metric in rates if any(name and name.lower() in metric.words.lower() for name in known)]:
        return own[0]
    if rates:
        return rates[0]
    return found[0] if len(found) == 1 else None


def printed_quality(output: bytes) -> PrintedMetric | None:
    """What a training script says of its model in the end: a loss or an accuracy that is printed once, on other data first."""
    once = _printed_once(output, _of_quality)
    return next((metric for metric in once if _ON_OTHER_DATA.search(metric.name)), once[0] if len(once) == 1 else None)


def _printed_once(output: bytes, read: Callable[[str], Iterator[PrintedMetric]]) -> Sequence[PrintedMetric]:
    """What `read` finds in the last lines, without what is found again and again: one pattern would find all of it."""
    lines = output[-MOST_BYTES:].decode(errors="replace").splitlines()[-MOST_LINES:]
    found = [metric for line in lines for metric in read(line[:LONGEST])]
    times = Counter(metric.name for metric in found)
    return [metric for metric in found if times[metric.name] == 1]


def _of_quality(line: str) -> Iterator[PrintedMetric]:
    hit = _JUDGED.match(line)
    if hit is None:
        return
    words, name = hit["name"].strip(), _slug(hit["name"].replace("-", "_"))
    direction = Direction.MAXIMIZE if name.endswith("reward") else guess_direction(name)
    if direction is None:
        return
    pattern = rf"^\s*{_spaced(words)}[\s:=]*(-?[0-9][0-9,.e+-]*)"
    yield PrintedMetric(name=name, words=words, pattern=pattern, direction=direction, is_rate=False)


def _in_line(line: str) -> Iterator[PrintedMetric]:
    hit = _LINE.match(line)
    if hit is None:
        return
    words, unit = hit["name"].strip(" :=|"), hit["rate"] or hit["each"] or hit["time"]
    name = f"{_slug(words)}_{_slug(unit.replace('/', ' per ').replace('µ', 'u'))}".strip("_")
    if not words or not name[0].isalpha():
        return
    count = r"\s+[0-9]+" if re.search(r"[0-9]", hit["between"]) else ""
    separator = r"[\s:=|x\xd7]*" if not count else r"\s+"
    pattern = rf"^\s*{_spaced(words)}{count}{separator}([0-9][0-9,.e+-]*)\s*{_spaced(unit)}"
    direction = Direction.MAXIMIZE if hit["rate"] else Direction.MINIMIZE
    yield PrintedMetric(name=name, words=words, pattern=pattern, direction=direction, is_rate=not hit["time"])


def _spaced(words: str) -> str:
    """The words as a regex, with any space between them."""
    return r"\s+".join(re.escape(word) for word in words.split())


def _slug(words: str) -> str:
    return re.sub(r"\W+", "_", words).strip("_").lower()
