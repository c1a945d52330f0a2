"""Pure: rows of a benchmark in tables with borders, as of console.table, tinybench, cronometro, nanobench or Markdown."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from overnight.program.detection.rows import LABEL, NUMBER, READ_NUMBER, READ_TIME, TIME, Form, Row, unit_of
from overnight.program.program import Direction, TimeUnit

_BORDERS = "│║┃|"
_MOST_CELLS = 16
_LABELLED = re.compile(
    r"(?:task ?|test ?|bench(?:mark)? ?|case ?|function ?|library ?|method ?)?name"
    r"|task|benchmark|test|case|library|parser|method",
    re.I,
)
_RATE = re.compile(
    r"(?:^|[^a-z])(ops|op|iter|req|calls|runs|requests|iterations|\w?b)\s?(?:/|per)\s?s(?:ec(?:ond)?)?\b|^hz$", re.I
)
_EACH = re.compile(r"\b(ns|us|µs|ms|s|cycles|allocs|bytes|b)\s?/\s?(op|iter|call|byte|elem|row|b)\b", re.I)
_TIMED = re.compile(
    rf"(?:time|latency|mean|avg|average|median|duration|elapsed)\b.*[(\[]({TIME})[)\]]|^(ns|µs|us|ms|s|seconds)$", re.I
)
_IN_CELL = re.compile(
    rf"\s*['\"`]?(?P<number>{NUMBER})\s?(?:(?P<rate>[A-Za-z]{{1,16}}\s?/\s?s(?:ec(?:ond)?)?)|(?P<time>{TIME}))(?![\w/])"
)
_PLAIN = re.compile(rf"\s*['\"`]?({NUMBER})(?![\w.])")
_TICKED = re.compile(r"[^`]{0,80}`([^`]{1,200})`")  # nanobench puts a mark before the name of one that is not steady
_RULE = re.compile(r"[\s│║┃|:+─━═┼╪┬┴├┤╟╢╠╣╔╗╚╝╤╧╥╨╫╬┌┐└┘-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    place: int
    unit: str  # empty: a time, whose unit stands in each cell
    more: bool
    time_unit: TimeUnit | None = None


def table_rows(lines: Sequence[str]) -> Iterator[Row]:
    """The rows of tables whose header, or whose cells, say what is counted."""
    header: Sequence[str] = ()
    for line in lines:
        border = "".join(char for char in _BORDERS if char in line) if line.lstrip()[:1] in {*_BORDERS} else ""
        cells = [cell.strip() for cell in re.split(f"[{border}]", line.strip().strip(border))] if border else []
        if not cells:
            header = header if _RULE.fullmatch(line) and line.strip() else ()
        elif not _RULE.fullmatch(line) and len(cells) <= _MOST_CELLS:
            if not any(_PLAIN.match(cell) or _IN_CELL.match(cell) for cell in cells):
                header = cells
            elif row := _row(header, cells, border):
                yield row


def _row(header: Sequence[str], cells: Sequence[str], border: str) -> Row | None:
    column = _column(header, cells)
    label = _label(header, cells, column.place) if column else None
    if column is None or label is None:
        return None
    hit = _PLAIN.match(cells[column.place]) if column.unit else _IN_CELL.match(cells[column.place])
    hit = hit or _IN_CELL.match(cells[column.place])
    if hit is None:
        return None
    ticked = _TICKED.match(cells[label])
    form = Form(
        named=_pattern(border, label, column, ticked=ticked is not None),
        every="",
        unit=column.unit,
        direction=Direction.MAXIMIZE if column.more else Direction.MINIMIZE,
    )
    return Row(label=ticked[1] if ticked else cells[label].strip("'\"`"), number=hit[1], form=form, time_unit=column.time_unit)


def _column(header: Sequence[str], cells: Sequence[str]) -> _Column | None:
    """A rate before a cost of each, and that before a time; the first of its kind."""
    named = _named(header) if len(header) == len(cells) else None
    return named or next(filter(None, (_told(place, cell) for place, cell in enumerate(cells))), None)


def _named(header: Sequence[str]) -> _Column | None:
    """The column whose name says what it counts."""
    for place, name in enumerate(header):
        if hit := _RATE.search(name):
            return _Column(place=place, unit=f"{(hit[1] or 'ops').lower()}_per_s", more=True)
    for place, name in enumerate(header):
        if hit := _EACH.search(name):
            return _Column(place=place, unit=f"{hit[1].lower()}_per_{hit[2].lower()}".replace("µ", "u"), more=False)
    for place, name in enumerate(header):
        if hit := _TIMED.search(name):
            return _Column(place=place, unit=unit_of((hit[1] or hit[2]).lower()).value, more=False)
    return None


def _told(place: int, cell: str) -> _Column | None:
    """The column of a cell that has a unit."""
    hit = _IN_CELL.match(cell)
    if hit is None:
        return None
    if hit["rate"]:
        return _Column(place=place, unit=re.sub(r"\s?/\s?", "_per_", hit["rate"].lower()), more=True)
    return _Column(place=place, unit="", more=False, time_unit=unit_of(hit["time"]))


def _label(header: Sequence[str], cells: Sequence[str], value: int) -> int | None:
    """The column of the labels: the one whose header says so, else the first whose cell is no number."""
    named = [place for place, name in enumerate(header) if _LABELLED.fullmatch(name)] if len(header) == len(cells) else []
    texts = [place for place, cell in enumerate(cells) if cell and place != value and not _PLAIN.match(cell)]
    return next((place for place in (*named, *texts) if place != value), None)


def _pattern(border: str, label: int, column: _Column, *, ticked: bool) -> str:
    b = re.escape(border) if len(border) == 1 else f"[{border}]"
    skip = f"[^{border}]*{b}"
    number = READ_NUMBER if column.unit else READ_TIME
    quoted = "['\"`]?"
    if label < column.place:
        between = _times(skip, column.place - label - 1)
        return rf"^\s*{b}{_times(skip, label)}\s*{quoted}{LABEL}{quoted}\s*{b}{between}\s*{quoted}{number}"
    between = _times(skip, label - column.place - 1)
    around = f"[^{border}]*`{LABEL}`" if ticked else rf"\s*{quoted}{LABEL}{quoted}\s*(?:{b}|$)"
    return rf"^\s*{b}{_times(skip, column.place)}\s*{quoted}{number}{skip}{between}{around}"


def _times(skip: str, count: int) -> str:
    return {0: "", 1: skip}.get(count, f"(?:{skip}){{{count}}}")
