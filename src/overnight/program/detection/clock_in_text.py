"""Pure: whether a loop in C, JavaScript, Go, Rust and their like ends when the clock says so, line by line."""

import re
from collections.abc import Iterator, Sequence
from itertools import accumulate, islice, pairwise

MOST_LINES = 20_000  # of a script
LONGEST = 300  # characters of a line
_ROUNDS = 3  # of names that are computed from names
_READ_ON = 3  # lines behind an `if` in which its `break` stands

_NOW = (
    r"(?:\btime\((?:NULL|0|nullptr|&\w{1,40})?\)|perf_counter(?:_ns)?\(\)|monotonic(?:_ns)?\(\)|process_time\(\)|Date\.now\(\)"
    r"|\bnew Date\b|performance\.now\(\)|hrtime(?:\.bigint)?\(|\bclock\(\)|gettime\w{0,20}\(|nanoTime\(\)|currentTimeMillis\(\)"
    r"|\btime\.(?:Since|Now|Until)\(|\bnow\(\)|\belapsed\b|get_?time\w{0,12}\(|\bGetTickCount\w{0,4}\(|\brdtsc\w{0,2}\(|wtime\()"
)
_LESS = r"(?<![<>=-])[<>](?![<>])"
_COMPARES = re.compile(r"(?<![<-])[<>](?![<>])=?")
_LOOP = re.compile(r"\b(?:while|for)\b")
_IF_WORD = re.compile(r"\bif\b")
_LEAVES = re.compile(r"[\s{]break\b")
_AHEAD, _APART, _MOST = 240, 60, 4  # characters behind a word; between the clock and its comparison; of each that are looked at
_NOW_HERE = re.compile(_NOW)
_FILLED = re.compile(r"\b(?:clock_gettime\([^,\n]{1,60},|gettimeofday\(|timespec_get\()\s*&?(\w{1,60})")
_ASSIGNED = re.compile(r"(?<![\w.>])([A-Za-z_]\w{0,60})\s*(?::=|[-+]?=(?!=))\s*([^;=]{1,200})")
_COUNTED = re.compile(r"(?<![\w.>])([A-Za-z_]\w{0,60})\s*(?:\+\+|--|\+=\s*[0-9])|(?:\+\+|--)([A-Za-z_]\w{0,60})")
_CONSTANT = re.compile(r"\s*(?:[0-9.]+\w?|Infinity|INFINITY|DBL_MAX|f64::MAX|None|null)\s*(?:,.*|\))?\s*")
_WORD = re.compile(r"[A-Za-z_]\w{0,60}")
_CALL = re.compile(r"([A-Za-z_]\w{0,60})(?:<[^<>()]{0,60}>)?\(")
_ARITHMETIC = re.compile(
    r"(?:duration|time|now|clock|elapsed|seconds?|secs?|millis\w*|micros\w*|nanos\w*|count|double|float|long|Number|abs|diff"
    r"|Since|Sub|Now|as_\w+|getTime|bigint|hrtime|valueOf|round|floor|min|max|Duration)\w{0,24}|\w{0,30}(?:time|Time|TIME|now|seconds)"
)
_CONDITION = re.compile(r"\b(?:while|until|for)\b(?P<head>[^\n]{0,200})")
_IF = re.compile(r"\bif\b\s*\(?(?P<head>[^\n]{1,160})")
_COMPARED = re.compile(rf"([\w.>()/* -]{{1,60}}?)\s*{_LESS}=?\s*([\w.>()/* -]{{1,60}})")
_BREAK = re.compile(r"\bbreak\b")
_FLAG = re.compile(r"\bvolatile\s+(?:std::)?(?:sig_atomic_t|int|bool|char|long)\s+(\w{1,60})")
_ALARM = re.compile(r"\b(?:alarm|setitimer|timer_settime)\s*\(")


def text_ends_by_clock(text: str) -> bool:
    """Whether a loop compares a time that has passed with a limit, or runs until an alarm clears what it looks at."""
    lines = [line[:LONGEST] for line in text.splitlines()[:MOST_LINES]]
    if any(_loops(line) or _leaves(line, following) for line, following in pairwise([*lines, ""])):
        return True
    return _by_alarm(lines) or _by_names(lines)


def _loops(line: str) -> bool:
    """Whether a line begins a `while` or `for` that ends when the clock says so."""
    return next(_compared(line, _LOOP), None) is not None


def _leaves(line: str, following: str) -> bool:
    """Whether a line, or the next one, leaves a loop when the clock says so."""
    behind = [rest for rest, by_clock in _compared(line, _IF_WORD) if by_clock]
    left = re.match(r"break\b", following.lstrip(" \t{")) is not None
    return any(left or _LEAVES.search(rest) for rest in behind)


def _compared(line: str, word: re.Pattern[str]) -> Iterator[tuple[str, bool]]:
    """What stands behind each comparison with the clock that follows such a word, and whether the clock stands first."""
    begins = islice(word.finditer(line), _MOST) if "<" in line or ">" in line else ()
    for begin in begins:
        part = line[begin.end() : begin.end() + _AHEAD]
        signs = list(islice(_COMPARES.finditer(part), _MOST))
        for clock in islice(_NOW_HERE.finditer(part), _MOST) if signs else ():
            for sign in signs:
                first, second = sorted((clock, sign), key=re.Match.start)
                between = part[first.end() : second.start()]
                if len(between) <= _APART and ";" not in between:
                    yield part[sign.end() :], first is clock


def _by_alarm(lines: Sequence[str]) -> bool:
    """`volatile int running; alarm(1); do ... while (running);`."""
    flags = {hit[1] for line in lines if (hit := _FLAG.search(line))}
    if not flags or not any(_ALARM.search(line) for line in lines):
        return False
    return any(flags & set(_WORD.findall(_condition(line))) for line in lines)


def _by_names(lines: Sequence[str]) -> bool:
    """By names that hold a time, in the function where they do: one ends with a brace at the start of a line."""
    begin = 0
    for place, line in enumerate([*lines, "}"]):
        if line.startswith("}") and not line.startswith("} while"):
            if _in_function(lines[begin:place]):
                return True
            begin = place
    return False


def _in_function(lines: Sequence[str]) -> bool:
    counted = {hit[1] or hit[2] for line in lines for hit in _COUNTED.finditer(line)}
    timed = _timed(lines) - counted
    if not timed:
        return False
    return any(
        _compares(_condition(line), timed, counted) or _leaves_by(lines, place, timed, counted)
        for place, line in enumerate(lines)
    )


def _timed(lines: Sequence[str]) -> set[str]:
    """Names that hold a time, and nothing else but a constant that they begin with."""
    timed = {hit[1] for line in lines for hit in _FILLED.finditer(line)}
    pairs = [pair for line in lines for pair in _ASSIGNED.findall(line)]
    for _ in range(_ROUNDS):
        timed |= {name for name, value in pairs if _is_time(value, timed)}
    return timed - {name for name, value in pairs if not (_is_time(value, timed) or _CONSTANT.fullmatch(value))}


def _is_time(value: str, timed: set[str]) -> bool:
    reads = _NOW_HERE.search(value) or timed & set(_WORD.findall(value))
    return bool(reads) and all(_ARITHMETIC.fullmatch(call) for call in _CALL.findall(value))


def _condition(line: str) -> str:
    """What the loop of a line goes on by: the middle of three parts, or all up to its closing bracket."""
    hit = _CONDITION.search(line)
    if hit is None:
        return ""
    head = hit["head"]
    if head.count(";") >= 2:  # noqa: PLR2004  # begin; condition; step
        return head.split(";")[1]
    depths = accumulate({"(": 1, ")": -1}.get(char, 0) for char in head)
    closed = next((place for place, depth in enumerate(depths) if depth == 0 and head[place] == ")"), len(head))
    return head[:closed]


def _leaves_by(lines: Sequence[str], place: int, timed: set[str], counted: set[str]) -> bool:
    hit = _IF.search(lines[place])
    if hit is None or not _compares(hit["head"], timed, counted):
        return False
    behind = " ".join([hit["head"], *lines[place + 1 : place + _READ_ON]])
    block = behind.split("}")[0] if "{" in behind.split(";")[0] else behind.split(";")[0]
    return _BREAK.search(block) is not None


def _compares(condition: str, timed: set[str], counted: set[str]) -> bool:
    """Whether a time is compared, and not with a counter."""
    words = (set(_WORD.findall(hit[0])) for hit in _COMPARED.finditer(condition))
    return any(timed & compared and not counted & compared for compared in words)
