"""Pure: which rows of a benchmark are the project's own, and one number over them."""

import math
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import compress, islice, pairwise, takewhile

from overnight.program.detection.columns import columns_of, lines_of_columns
from overnight.program.detection.owners import Names
from overnight.program.detection.plain_rows import label_regex, plain_rows
from overnight.program.detection.printed_metric import LONGEST_PATTERN, PrintedMetric, metric_name
from overnight.program.detection.rows import CONSOLE_TIME, LABEL, Form, Row, lines_of, tool_rows
from overnight.program.detection.table_rows import table_rows
from overnight.program.metric import MetricReading, read_metrics
from overnight.program.output import plain
from overnight.program.program import Direction, Take, TimeUnit

MOST_SECTIONS = 4
MOST_FORMS, MOST_OFFERED = 6, 12  # each is looked for in the whole output
MOST_ROWS = 100  # of which one is the mean
_ESTIMATES = b"est run time"  # Catch2: in a row with its label stands how long the run will take, not what it measures
_LEAST_SAME = 4  # letters that labels begin with

_ASIDE = re.compile(
    r"(?:set ?-?up|warm|init|startup|load(?:ing)?\b|generat|prepar|creat(?:e|ing) data|import|compil|build time)", re.I
)
_TOTAL = re.compile(r"\b(?:total|overall|elapsed|geo(?:metric)?[ -]?mean)\b", re.I)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """What a benchmark printed."""

    chosen: PrintedMetric | None  # None: nothing says which number it is about
    others: Sequence[PrintedMetric]  # a person may take
    by_tool: bool = False  # a tool for benchmarks printed the chosen one


def suite(output: bytes, *, own: Collection[str], foreign: Collection[str], words: Collection[str] = ()) -> Suite:
    """The number that a benchmark is about, if that is clear.

    Rows of tools come before home-made ones, a rate before a time, and the project's own rows before those of others that
    it is compared with. Several own rows make one geometric mean.

    Args:
        output: all that the command printed.
        own: names of the project.
        foreign: names of packages that it uses, such as those that it is compared with.
        words: of those names and of its files, by which some rows may be told from others.
    """
    names = Names(own=own, foreign=foreign, words=words)
    text = plain(output)
    lines = lines_of(text.decode(errors="replace"))
    rows = _rows(lines) if _ESTIMATES not in output else []
    one_total = sum(_TOTAL.search(row.label) is not None for row in rows) == 1
    home_made = all(_is_home_made(row.form) for row in rows)
    columns = columns_of(lines_of_columns(lines), output, names) if home_made and not one_total else []
    if columns:
        return Suite(chosen=columns[0], others=columns[1:])
    groups = sorted(_alike(rows), key=_rank)[:MOST_FORMS]
    found = ((_of_group(group, names, output), group) for group in groups)
    chosen, group = next(((metric, group) for metric, group in found if metric), (None, ()))
    singles = (_metric([row], rows, output) for row in islice(_once(rows), MOST_OFFERED))
    others = [metric for metric in singles if metric is not None and (chosen is None or metric.pattern != chosen.pattern)]
    return Suite(chosen=chosen, others=others, by_tool=bool(group) and not _is_home_made(group[0].form))


def _rows(lines: Sequence[str]) -> Sequence[Row]:
    """Those of a tool, or else of tables and `console.time`, or else home-made ones."""
    by_tool = list(tool_rows(lines))
    sure = [row for row in by_tool if row.form != CONSOLE_TIME]
    return sure or [*table_rows(lines), *by_tool] or list(plain_rows(lines))


def _alike(rows: Sequence[Row]) -> Sequence[Sequence[Row]]:
    forms: dict[Form, list[Row]] = {}
    for row in rows:
        forms.setdefault(row.form, []).append(row)
    return list(forms.values())


def _rank(group: Sequence[Row]) -> tuple[bool, bool, int]:
    form = group[0].form
    is_time = not form.unit or form.unit in set(TimeUnit)
    return not form.by_tool, is_time, -len(group)


def _of_group(rows: Sequence[Row], names: Names, output: bytes) -> PrintedMetric | None:
    """One number over the rows that are the project's; home-made ones without what is no case of its own."""
    if _is_home_made(rows[0].form):
        rows = rows if rows[0].form == CONSOLE_TIME else _of_sections(rows)
        rows = [row for row in rows if not _ASIDE.match(row.label)]
        if totals := [row for row in rows if _TOTAL.search(row.label)]:
            rows = totals[-1:]
    picked = list(compress(rows, names.picked([row.label for row in rows])))
    if not picked or len(picked) > MOST_ROWS:
        return None
    return _metric(picked, rows, output) or _metric(picked[:1], rows, output)


def _is_home_made(form: Form) -> bool:
    """Whether a script may print such rows by itself, of whatever it does."""
    return not form.by_tool or form == CONSOLE_TIME


def _of_sections(rows: Sequence[Row]) -> Sequence[Row]:
    """Rows without those that are printed again and again, as progress is; a suite may print one in each of a few sections."""
    labels = Counter(row.label for row in rows)
    again = {one.label for one, next_one in pairwise(rows) if one.label == next_one.label}
    return [row for row in rows if row.label not in again and labels[row.label] <= MOST_SECTIONS]


def _once(rows: Sequence[Row]) -> Iterator[Row]:
    labels = Counter(row.label for row in rows)
    yield from (row for row in rows if labels[row.label] == 1)


def _metric(picked: Sequence[Row], rows: Sequence[Row], output: bytes) -> PrintedMetric | None:
    """One number over the picked rows; None if no pattern reads them and nothing else."""
    form = picked[0].form
    whole = len(picked) == sum(row.form == form for row in rows)
    labels = list(dict.fromkeys(row.label for row in picked))
    regex = _literal if form.by_tool else label_regex
    one, *more = map(regex, labels)
    named = form.named.replace(LABEL, f"(?:{'|'.join((one, *more))})" if more else one)
    begun = form.named.replace(LABEL, rf"{regex(_beginning(labels))}.*?") if more and _beginning(labels) else ""
    every = form.every if whole else ""
    for pattern in filter(None, (every if more else "", named, begun, every)):
        found = _read_by(pattern, picked, labels, form)
        reading = read_metrics(output, found.metric) if len(pattern) <= LONGEST_PATTERN else None
        if isinstance(reading, MetricReading) and math.isfinite(reading.value):
            return found
    return None


def _literal(label: str) -> str:
    return r"\s+".join(map(re.escape, label.split()))


def _beginning(labels: Sequence[str]) -> str:
    """What all labels begin with, if that is more than chance."""
    same = takewhile(lambda letters: len(set(letters)) == 1, zip(*labels, strict=False))
    words = "".join(letters[0] for letters in same).rstrip()
    return words if len(words) >= _LEAST_SAME else ""


def _read_by(pattern: str, picked: Sequence[Row], labels: Sequence[str], form: Form) -> PrintedMetric:
    unit = picked[0].time_unit
    words = form.unit or (unit.value if unit else "")
    return PrintedMetric(
        name=metric_name(labels[0] if len(labels) == 1 else "", words, more=form.direction is Direction.MAXIMIZE),
        words=labels[0] if len(labels) == 1 else f"{labels[0]} and {len(picked) - 1} more",
        pattern=pattern,
        direction=form.direction,
        take=Take.GEOMEAN if len(picked) > 1 else None,
        values=len(picked) if len(picked) > 1 else None,
        unit=unit,
    )
