"""Pure: rows of home-made benchmarks: some words, a number, and a unit behind it or a rate in the words before it."""

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from overnight.program.detection.rows import LABEL, NUMBER, READ_NUMBER, TIME, Form, Row, unit_of
from overnight.program.program import Direction

_A_SECOND = r"s(?:ec(?:onds?)?)?"
A_RATE = rf"[A-Za-z]{{1,16}}\s?/\s?{_A_SECOND}|[A-Za-z]{{1,16}} (?:per|a) sec(?:ond)?"
A_RATE += r"|fps|nps|qps|rps|tps|[GMKk]?B/s|[GMkK]?(?:FLOPS|flops|flop/s)"
_EACH = r"(?:ns|us|µs|μs|ms|s|nsec|usec|msec|sec|B|bytes|cycles|allocs)(?:\s?/\s?| per )(?!s(?:ec(?:ond)?)?\b)[A-Za-z]{1,16}"
# Not the last digits of `1 234 567`, which no metric can be read from.
_MEASURED = re.compile(
    rf"(?<![\w.,:+-])(?<![0-9][ \xa0\u202f])(?P<number>{NUMBER})[ \t]{{0,4}}\)?[ \t]?"
    rf"(?:(?P<rate>{A_RATE})|(?P<each>{_EACH})|(?P<time>{TIME}))(?![\w/%])"
)
_NAMED = re.compile(
    rf"(?P<label>[^:=\n]{{0,60}}?\b(?:per sec(?:ond)?|/\s?s(?:ec(?:ond)?)?|qps|fps|nps|rps|tps|throughput|iops|[mg]?flops)\b"
    r"[^:=\n]{0,20}?)"
    rf"(?P<between>\s*[:=]\s*|\s{{2,}}|\t)(?P<number>{NUMBER})(?![\w.]|\s*/)",
    re.IGNORECASE,
)
# `info nodes 1234 nps 12345`: the number of a rate behind its word, and not the one before.
_BEHIND_WORD = re.compile(
    rf"(?<![\w/])(?P<unit>(?i:nps|fps|qps|rps|tps))\b\s{{0,4}}[:=]?\s{{0,4}}(?P<number>{NUMBER})(?![\w.]|\s*/)"
)
_TIME_IN_WORDS = re.compile(
    r"(?P<label>[^:=\n]{0,60}?\b(?:time|elapsed|duration|runtime)\b[^:=\n]{0,20}?)\s*[:=]\s*(?P<number>[0-9]{1,12}\.[0-9]{1,20})"
    r"(?:e[-+]?[0-9]{1,3})?(?![\w.%]|\s*[^\W\d])",
    re.IGNORECASE,
)
_TAIL = re.compile(
    r"(?P<label>.*?[^\s:])??(?P<tail>(?!::)(?:\s{2,}|\s*[:=|,(]\s*|\s+(?=(?:min|mean|avg|average|median|best|took|in|x|\xd7)\b))"
    r"(?:[A-Za-z][A-Za-z ]{0,16}[:=]?)?\s*)"
)
_VARIES = re.compile(r"(?<==)[0-9][0-9.,]*")
GROWING = re.compile(
    r"\b(?:epochs?|steps?|iter(?:ation)?s?|batch(?:es)?|episodes?|gen(?:eration)?s?|rounds?|frames?|trials?|runs?)\b\W{0,3}[0-9]|^\W{0,2}[0-9]+\s?/\s?[0-9]+",
    re.I,
)
# What compilers, package managers and test runners say of themselves.
_OF_TOOLS = re.compile(
    r"\s*(?:Finished\b.*\btarget|Compiling\b|Downloading\b|Downloaded\b|-- |ok\s+\S+\s+[0-9.]+s|(?:FAIL|PASS|ok)\b"
    r"|(?:added|removed|changed|audited|up to date|Resolved|Installed|Prepared|Built|Uninstalled)\b.*\bin\b|.*\bbuilt in\b"
    r"|Done in\b|Ran [0-9]+ tests?\b|=*.*\b(?i:passed|failed|passing|failing|skipped)\b"
    r"|.*[0-9]/[0-9]+ \[[0-9:]+<)"
)
_BAD = re.compile(r"(?:err|fail|miss|drop|fault|conflict|alloc|retr|timeout|lost)", re.IGNORECASE)
_LONGEST_LABEL = 100
_READ_ALONE = r"([0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?(?:e[-+]?[0-9]+)?)"
_SPACE = r"\s*"
_START = r"(?:^|\s)"
_MOST_IN_LINE = 8
_READ_TIME = r"([0-9][0-9.,e+-]*\s?[^\W\d]+)"


def plain_rows(lines: Sequence[str]) -> Iterator[Row]:
    """The rows, without lines that report the progress of one long run."""
    for line in lines:
        if _OF_TOOLS.match(line):
            continue
        if said := _BEHIND_WORD.search(line):
            yield _behind_word(said)
        elif row := _row(line):
            yield row
        elif named := _NAMED.match(line.strip()):
            yield _in_words(named, "rate", Direction.MAXIMIZE)
        elif (named := _TIME_IN_WORDS.match(line.strip())) and not GROWING.search(named["label"]):
            yield _in_words(named, "", Direction.MINIMIZE)


def _row(line: str) -> Row | None:
    """The first rate of a line, or else its first time."""
    hits = list(islice(_MEASURED.finditer(line), _MOST_IN_LINE))
    if not hits or len(line[: hits[0].start()]) > _LONGEST_LABEL or GROWING.search(line[: hits[0].start()]):
        return None
    hit = next((hit for hit in hits if not hit["time"]), hits[0])
    if hit["rate"] and _BAD.match(hit["rate"]):  # more of it is worse
        return None
    before = line[: hits[0].start()].lstrip()
    split = _TAIL.fullmatch(before)
    label, between = (split["label"] or "", _regex(split["tail"])) if split else (before.strip(), _SPACE)
    if hit is not hits[0]:  # behind other numbers, which a run may change
        label, between = re.split(r"[0-9]", before)[0].rstrip(" \t:=,(-"), ".*?[^0-9.,]"
    form = (
        _form(hit, between) if re.search(r"[^\W\d_]", label) else _form(hit, "" if hit is hits[0] else between, labelled=False)
    )
    unit = unit_of(hit["time"]) if hit["time"] else None
    return Row(label=label.strip() if LABEL in form.named else "", number=hit["number"], form=form, time_unit=unit)


def _form(hit: re.Match[str], between: str, *, labelled: bool = True) -> Form:
    of_what = (hit["rate"] or hit["each"] or "").replace("µ", "u").replace("μ", "u")
    unit = re.sub(r"\W+", "_", re.sub(r"\s?/\s?", " per ", of_what)).strip("_").lower()
    close = r"\)?" if ")" in hit[0] or between.startswith(".") else ""
    behind = _READ_TIME if hit["time"] else rf"{READ_NUMBER}{close}\s*{label_regex(hit['rate'] or hit['each'])}"
    tied = between.removeprefix(_SPACE).removeprefix(".*?")
    return Form(
        named=rf"^\s*{LABEL}{between}{behind}" if labelled else "",
        every=f"{tied or _START}{behind}",
        unit=unit,
        direction=Direction.MAXIMIZE if hit["rate"] else Direction.MINIMIZE,
        by_tool=False,
    )


def _behind_word(hit: re.Match[str]) -> Row:
    pattern = rf"\b{hit['unit']}\b[\s:=]*{_READ_ALONE}"
    form = Form(named="", every=pattern, unit=hit["unit"].lower(), direction=Direction.MAXIMIZE, by_tool=False)
    return Row(label=hit["unit"], number=hit["number"], form=form)


def _in_words(hit: re.Match[str], unit: str, direction: Direction) -> Row:
    form = Form(named=rf"^\s*{LABEL}[\s:=]+{_READ_ALONE}", every="", unit=unit, direction=direction, by_tool=False)
    return Row(label=hit["label"].strip(), number=hit["number"], form=form)


def _regex(text: str) -> str:
    """A piece of a line as a regex: any space for a space."""
    marks = r"\s*".join(re.escape(word) for word in text.split())
    return f"{_SPACE}{marks}{_SPACE}" if marks else _SPACE


def label_regex(label: str) -> str:
    """A label as a regex; numbers in it that a run may change are any."""
    return r"\s+".join(_with_any_number(word) for word in label.split())


def _with_any_number(word: str) -> str:
    pieces = _VARIES.split(word)
    return r"[0-9.,e+-]+".join(map(re.escape, pieces))
