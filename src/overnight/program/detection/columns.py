"""Pure: lines with several numbers that have names and units, one line for each case: `lex: 1.2us, parse: 3us, name: x`."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import compress

from overnight.program.detection.owners import Names
from overnight.program.detection.plain_rows import A_RATE, GROWING, label_regex
from overnight.program.detection.printed_metric import LONGEST_PATTERN, PrintedMetric, metric_name
from overnight.program.detection.rows import NUMBER, READ_NUMBER, READ_TIME, TIME, unit_of
from overnight.program.metric import MetricReading, read_metrics
from overnight.program.program import Direction, Take

_CELL = re.compile(
    rf"(?<![\w.])(?P<name>[A-Za-z][\w.-]{{0,40}}(?: [A-Za-z][\w.-]{{0,20}}){{0,2}})\s{{0,8}}[:=]\s{{0,16}}"
    rf"(?P<number>{NUMBER})[ \t]?"
    rf"(?:(?P<rate>{A_RATE})|(?P<time>{TIME}))(?![\w/%])"
)
_WHOLE = re.compile(r"(?:^|[\W_])(?:combined|total|overall|sum|all)(?:$|[\W_])", re.IGNORECASE)
_MEAN = re.compile(
    r"\b(?:avg|average|mean|median)\b|(?<![a-z])per(?![a-z])", re.IGNORECASE
)  # beside it, a total grows with the calls
_LETTER = re.compile(r"[^\W\d_]")
_MOST_LINES = 100  # of which one is the mean
_MOST_SECTIONS = 4  # that have a line of the same label; what is printed more often is progress
_MOST_COLUMNS = 8
_NOT_ZERO = "(?=[0-9.,]*[1-9])"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One case."""

    label: str  # what the line says besides its columns, or else the line above
    cells: Sequence[re.Match[str]]

    @property
    def columns(self) -> Sequence[tuple[str, str]]:
        """The name of each, and of what rate it is."""
        return [(cell["name"], cell["rate"] or "") for cell in self.cells]


def columns_of(lines: Sequence[Line], output: bytes, names: Names) -> Sequence[PrintedMetric]:
    """Each column as one number, the likeliest first: what says that it is the whole, then a rate, then the first.

    A time of zero is one that was not taken, and has no part in a geometric mean.

    Args:
        lines: those of one form.
        output: all that the command printed.
        names: by which the project's lines are told from those of others.
    """
    labels = [line.label for line in lines]
    if not lines or len(lines) > _MOST_LINES or max(Counter(labels).values()) > _MOST_SECTIONS:
        return []
    found = _columns(list(compress(lines, names.picked(labels))), lines, output)
    no_rival = all(Names(own=(), foreign=names.foreign).picked(labels))
    return found or (_columns(lines, lines, output) if no_rival else [])  # cases cannot be told by a line above theirs


def _columns(picked: Sequence[Line], lines: Sequence[Line], output: bytes) -> Sequence[PrintedMetric]:
    if not picked:
        return []
    places = sorted(range(len(lines[0].cells)), key=lambda place: _rank(picked, place))
    if len(picked) == 1 and not _WHOLE.search(lines[0].cells[places[0]]["name"]):
        return []
    found = (_metric(place, picked, lines, output) for place in places)
    return [metric for metric in found if metric is not None]


def lines_of_columns(lines: Sequence[str]) -> Sequence[Line]:
    """Lines of the form that most have, unless they report the progress of one run."""
    forms: dict[tuple[tuple[str, str], ...], list[Line]] = {}
    for line in _lines(lines):
        forms.setdefault(tuple(line.columns), []).append(line)
    return max(forms.values(), key=len, default=[])


def _lines(lines: Sequence[str]) -> Iterator[Line]:
    above = ""
    for text in lines:
        cells = list(_CELL.finditer(text))
        if not cells:
            above = text.strip() if _LETTER.search(text) else above
        elif 2 <= len(cells) <= _MOST_COLUMNS and len({cell["name"] for cell in cells}) == len(cells):  # noqa: PLR2004
            besides = " ".join(re.split(r"[\s,;|]+", _CELL.sub(" ", text).strip(" \t,;|.")))
            label = besides if _LETTER.search(besides) else above
            if not GROWING.search(label):
                yield Line(label=label, cells=cells)


def _rank(lines: Sequence[Line], place: int) -> tuple[bool, bool, bool, bool, int]:
    cell = lines[0].cells[place]
    mean = _MEAN.search(cell["name"].replace("_", " ")) is not None
    whole = _WHOLE.search(cell["name"]) is not None
    zeros = sum(_is_zero(line.cells[place]) for line in lines)
    return zeros > 0 and not (whole and len(lines) - zeros > 1), not mean, not whole, not cell["rate"], place


def _is_zero(cell: re.Match[str]) -> bool:
    return not re.search("[1-9]", cell["number"].partition("e")[0])


def _metric(place: int, picked: Sequence[Line], lines: Sequence[Line], output: bytes) -> PrintedMetric | None:
    """One number over a column of these lines; None if no pattern reads them and nothing else."""
    taken = [line for line in picked if not _is_zero(line.cells[place])]
    if not taken:
        return None
    cell = taken[0].cells[place]
    unit = None if cell["rate"] else unit_of(cell["time"])
    metric = PrintedMetric(
        name=metric_name(cell["name"], _slug(cell["rate"]) if unit is None else unit.value, more=unit is None),
        words=f"{cell['name']} of {len(taken)} lines" if len(taken) > 1 else cell["name"],
        pattern=_pattern(cell, [] if len(picked) == len(lines) else taken, zeros=len(taken) < len(picked)),
        direction=Direction.MAXIMIZE if unit is None else Direction.MINIMIZE,
        take=Take.GEOMEAN if len(taken) > 1 else None,
        values=len(taken) if len(taken) > 1 else None,
        unit=unit,
    )
    reads = len(metric.pattern) <= LONGEST_PATTERN and isinstance(read_metrics(output, metric.metric), MetricReading)
    return metric if reads else None


def _pattern(cell: re.Match[str], only: Sequence[Line], *, zeros: bool) -> str:
    number = f"{READ_NUMBER}\\s*{label_regex(cell['rate'])}" if cell["rate"] else READ_TIME
    if zeros:
        number = number.replace("(", f"({_NOT_ZERO}", 1)
    here = f"(?<![\\w.]){label_regex(cell['name'])}\\s*[:=]\\s*{number}"
    labels = "|".join(label_regex(line.label) for line in only)
    return f"^(?=.*(?:{labels})).*?{here}" if only else here


def _slug(rate: str) -> str:
    return re.sub(r"\W+", "_", re.sub(r"\s?/\s?", " per ", rate)).strip("_").lower()
