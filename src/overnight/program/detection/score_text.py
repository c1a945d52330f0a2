"""Pure: whether a program prints a score or a time by its text, or by a module of the repository that it imports."""

import re
from collections.abc import Iterator
from itertools import islice

from overnight.program.detection.command import Files
from overnight.program.judge.tree import folder_of, joined

MOST_LINES = 5_000  # of a file that are looked at
LONGEST = 500  # characters of a line
MOST_IMPORTED = 40  # modules of a script that are looked for
MOST_MODULES = 10  # of them that are looked into
LARGEST_MODULE = 20_000  # characters; the rest is not looked into

# Nothing else is called so: such a word counts in an imported module, too.
_SCORE = (
    r"scores?|best|costs?|distances?|fitness|accuracy|loss|rewards?|wins?|win\w*rate|energy|profit|makespan|rmse|mse|mae|f1|auc"
    r"|perplexity|objective"
)
_QUALITY = rf"{_SCORE}|results?|lengths?|errors?|acc|losses|returns?|value|moves|steps"
_TIME = r"took|elapsed|time|times|seconds|secs|ms|throughput|speed|per second|ops"
_SHOWS = re.compile(r"\b(?:print(?:f|ln!?)?|echo|console\.log|puts|cout|fprintf|logging\.info|logger\.info|write)\b")
_FAILURE = re.compile(
    r"""["'`]\s{0,9}\[?(?:fatal|internal|usage|warning|errors?(?!\s*[:=]?\s*(?:%[\d.]*l?[fge]|\{|["'],)))\b""", re.IGNORECASE
)
_NUMBER = re.compile(r"[%{,+$<]")
_SCORES = re.compile(rf"(?<![a-z])(?:{_SCORE})(?![a-z])", re.IGNORECASE)
_QUALITIES = re.compile(rf"(?<![a-z])(?:{_QUALITY})(?![a-z])", re.IGNORECASE)
_TIMES = re.compile(rf"(?<![a-z])(?:{_TIME})(?![a-z])", re.IGNORECASE)
_CLOCK = re.compile(r"perf_counter|time\(|timeit|clock|hrtime|\bnow\(|gettimeofday|Instant")
_IMPORTS = re.compile(
    r"^[ \t]*(?:from[ \t]+\.{0,2}([\w.]{1,100})[ \t]+import\b|import[ \t]+([\w.]{1,100}))"
    r"""|\b(?:require\(|from|import)[ \t]*["'](\.{1,2}/[\w./-]{1,100})["']""",
    re.MULTILINE,
)
_CALLED_TEST = re.compile(r"tests?\.(?:py|js)")
_JUDGES = re.compile(
    r"\b(?:unittest|pytest|nose|doctest|assert\w*|describe|passed|failed|fail|PASS(?:ED)?|FAIL(?:ED)?|exit)\b"
    r"|^[ \t]*(?:async[ \t]+)?def[ \t]+test|^class[ \t]+Test|\b(?:load_state_dict|torch\.load|load_model|restore)\b",
    re.MULTILINE,
)


def prints_score(text: str) -> bool:
    """Whether a line of a text prints a number with a word for a result."""
    return any(_QUALITIES.search(line) or _TIMES.search(line) for line in _lines(text) if _NUMBER.search(line))


def has_score(path: str, files: Files) -> bool:
    """Whether a program prints such a number by its own text, or a score by that of a module beside it that it imports."""
    text = files.get(path) or ""
    if prints_score(text):
        return True
    modules = islice(_imported(path, text, files), MOST_MODULES)
    lines = (line for module in modules for line in _lines((files.get(module) or "")[:LARGEST_MODULE]))
    return any(_SCORES.search(line) for line in lines if _NUMBER.search(line))


def tells_time(text: str) -> bool:
    """Whether a text prints how long something took, and no other result."""
    lines = list(_lines(text))
    clock = _CLOCK.search(text) is not None
    return clock and any(map(_TIMES.search, lines)) and not any(map(_QUALITIES.search, lines))


def is_program_called_test(path: str, files: Files) -> bool:
    """Whether a file at the top is called test and is the program to run: it judges nothing, and prints a score."""
    text = files.get(path) or ""
    return _CALLED_TEST.fullmatch(path) is not None and not _JUDGES.search(text) and has_score(path, files)


def _lines(text: str) -> Iterator[str]:
    """Those that print, without messages of a failure."""
    lines = (line for line in text.splitlines()[:MOST_LINES] if len(line) <= LONGEST and _SHOWS.search(line))
    return (line for line in lines if not _FAILURE.search(line))


def _imported(path: str, text: str, files: Files) -> Iterator[str]:
    """The files of the modules that a script imports from beside it or from the top."""
    folders = dict.fromkeys((folder_of(path), "", "src"))
    for hit in islice(_IMPORTS.finditer(text), MOST_IMPORTED):
        module = (hit[1] or hit[2] or "").replace(".", "/")
        names = [f"{module}.py"] if module else [f"{hit[3]}{ending}" for ending in ("", ".js", ".mjs", ".cjs", "/index.js")]
        places = (joined(folder, name) for folder in folders for name in names)
        yield from islice((place for place in places if place in files and place != path), 1)
