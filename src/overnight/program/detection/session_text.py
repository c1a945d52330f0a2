"""What people write for other loop tools: the primary metric, and the files that may change and those that may not."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from overnight.program.fields import METRIC_NAME
from overnight.program.program import Direction

MAX_LINES = 5000  # of a text that are read
MAX_LINE = 2000  # characters of one

_HEADING = re.compile(r"(#{1,6})[ \t]+(.*)")
# `**Scope**`, `Files in scope:`, `- **Off limits:** a.py`: a label, and what stands behind it in the line.
_LABEL = re.compile(
    r"(?:[-*+][ \t]+)?(?:\*\*|__)?([^`*_:|]{2,60}?)(?:(?:\*\*|__)[ \t]*:|:[ \t]*(?:\*\*|__)|:|(?:\*\*|__))(?=\s|$)(.*)"
)
_MAY = re.compile(
    r"\bin[ -]scope\b|^(?:the )?scope\b|\beditable\b|\bmodifiable\b|\bmutable\b|\ballowed\b"
    r"|\b(?:may|can|should|free to)\b.{0,30}\b(?:edit|change|modify|touch)"
    r"|\b(?:files|code|what) to (?:edit|change|modify|optimi[sz]e|improve|work on)\b"
    r"|^(?:edit|change|modify)\b.{0,20}$|\btargets?(?: files?)?$",
    re.IGNORECASE,
)
_MAY_NOT = re.compile(
    r"\boff[- ]?limits?\b|\b(?:out of|not in) scope\b|\b(?:do|does|must|may|can|should|are|is|will)(?: ?not|n['\u2019]t)\b"
    r"|\bcannot\b|\bnever\b|\bread[- ]?only\b|\bfrozen\b|\bfixed files\b|\bforbidden\b|\boutside\b|\bexcept\b|\bexclud"
    r"|\bwithout\b|\bbut not\b|\bhands off\b|\bprotected\b|\bimmutable\b|\buneditable\b|\bno changes\b"
    r"|\bnot (?:editable|allowed|to be|touch)|\bleave\b.{0,20}\balone\b",
    re.IGNORECASE,
)
_TICKED = re.compile(r"`([^`]{1,300})`")
_BARE = re.compile(r"(?<![\w./*{}\[\]-])(?:\.?[\w*{][\w.*{},@+-]*/)*[\w.*{},@+-]+/?(?![\w/])")
_IN = re.compile(r"\b(?:in|under|below|inside|within|from)\s+(?:the\s+)?[*_]*$", re.IGNORECASE)
_PRIMARY = re.compile(r"\bprimary\b", re.IGNORECASE)
_SECONDARY = re.compile(r"\bsecondary\b", re.IGNORECASE)
_NAMED_SO = re.compile(
    r"^[^\w`|]*(?:the )?(?:target )?(?:metric|objective|optimi[sz]e)\b[^\w`]{0,6}[:=\u2014\u2013-]", re.IGNORECASE
)
_BRACKETED = re.compile(r"\([^()]*\)")
_BETWEEN_WORDS = re.compile(r"[\s|]+|:(?=\s|\*|$)")
_WAY = re.compile(r"\b(lower|smaller|less|fewer|higher|larger|more|greater)\b[^.;,\n]{0,12}\bbetter\b", re.IGNORECASE)
_VERB = re.compile(
    r"\b(?:(lower|minimi[sz]\w*|reduc\w+|decreas\w+|smaller|down)|(higher|maximi[sz]\w*|increas\w+|larger|rais\w+|up))\b"
    r"|(\u2193)|(\u2191)",
    re.IGNORECASE,
)
_LESS = frozenset({"lower", "smaller", "less", "fewer"})
_NOT_A_NAME = frozenset(("primary", "secondary", "metric", "metrics", "name", "unit", "units", "direction", "value", "target"))
_NOT_A_NAME |= frozenset(("the", "is", "a", "an", "and", "or", "of", "by", "to", "none", "time", "goal", "objective"))
_NOT_A_NAME |= frozenset(("optimize", "optimise", "minimize", "minimise", "maximize", "maximise", "reduce", "increase"))
_NOT_A_NAME |= frozenset(("lower", "higher", "better"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A path, or what may be one, in a text about files."""

    text: str
    ticked: bool  # in backticks
    may_change: bool
    folders: tuple[str, ...]  # that it is relative to, the nearest first; as written
    beside: tuple[str, ...]  # other folders of its line
    opens: bool = False  # other names may be relative to it


def primary_metric(text: str) -> tuple[str, Direction | None] | None:
    """The name of the primary metric and its direction, if the text says them."""
    lines = [line[:MAX_LINE] for line in text.splitlines()[:MAX_LINES]]
    for pattern in (_PRIMARY, _NAMED_SO):
        for index, line in enumerate(lines):
            hit = pattern.search(line)
            if hit is None:
                continue
            near = [line, *_next(lines, index)]
            places = [*(_cells(line, hit.start()) if "|" in line else ()), line[hit.end() :], *near[1:]]
            if name := next(filter(None, map(_metric_name, places)), ""):
                return name, next(filter(None, map(_direction, near)), None)
    return None


def _cells(line: str, at: int) -> Iterator[str]:
    """The row of a table as places of a name: what is in backticks, the cell at a position, all cells."""
    yield " ".join(hit[0] for hit in _TICKED.finditer(line))
    yield line[line.rfind("|", 0, at) + 1 : line.find("|", at)]
    yield line


def _next(lines: list[str], index: int) -> list[str]:
    """The lines that follow, up to the next heading or the next metric; blank ones are left out."""
    found: list[str] = []
    for line in filter(str.strip, lines[index + 1 : index + 6]):
        if _HEADING.match(line) or _SECONDARY.search(line) or (found and "|" in line):
            break
        found.append(line)
    return found[:3]


def _metric_name(text: str) -> str:
    for hit in _TICKED.finditer(text):
        if METRIC_NAME.fullmatch(hit[1]):
            return hit[1]
    words = [word.strip("*_,;.()[]:\"'") for word in _BETWEEN_WORDS.split(_BRACKETED.sub(" ", text))]
    real = (word for word in words if METRIC_NAME.fullmatch(word) and word.lower() not in _NOT_A_NAME)
    return next(real, "")


def _direction(text: str) -> Direction | None:
    if hit := _WAY.search(text):
        return Direction.MINIMIZE if hit[1].lower() in _LESS else Direction.MAXIMIZE
    if hit := _VERB.search(text):
        return Direction.MINIMIZE if hit[1] or hit[3] else Direction.MAXIMIZE
    return None


def mentions(text: str) -> Iterator[Mention]:
    """All that may be a path in the sections about what may change and what may not, in order."""
    state = _Reading()
    for line in text.splitlines()[:MAX_LINES]:
        yield from state.read(line[:MAX_LINE])


class _Reading:
    """Where in a text we are: in a section, below a label, in a list below a folder."""

    def __init__(self) -> None:
        self._section: bool | None = None  # whether its files may change; None: it is about something else
        self._level = 0
        self._label: bool | None = None
        self._above: list[tuple[int, str]] = []  # folders with the indentation of their lines

    def read(self, line: str) -> Iterator[Mention]:
        if heading := _HEADING.match(line.strip()):
            self._enter(len(heading[1]), heading[2])
            if self._section is not None:
                self._above = [(-1, word) for word in _TICKED.findall(heading[2])][:1] or self._heading_folder(heading[2])
            return
        if not line.strip():
            return
        indent, listed = len(line) - len(line.lstrip()), line.lstrip()[:1] in "-*+|├└│0123456789"
        rest, allowed = self._labelled(line.strip(), listed=listed)
        if allowed is None:
            return
        self._above = [(at, word) for at, word in self._above if at < indent or (at == indent and listed and at == -1)]
        yield from self._paths(rest, allowed=allowed, indent=indent if listed else -1)

    def _enter(self, level: int, title: str) -> None:
        may = _meaning(title)
        if may is not None:
            self._section, self._level = may, level
        elif level <= self._level or self._section is None:
            self._section, self._level = None, 0
        self._label, self._above = None, []

    @staticmethod
    def _heading_folder(title: str) -> list[tuple[int, str]]:
        return [(-1, word) for word in title.split() if word.endswith("/")][:1]

    def _labelled(self, line: str, *, listed: bool) -> tuple[str, bool | None]:
        """A line without a label such as `Off limits:`, and whether its files may change.

        A label that stands alone holds up to the end of the list below it.
        """
        label = _LABEL.match(line)
        may = _meaning(label[1]) if label else None
        if may is not None and label is not None:
            if not label[2].strip(" *_"):
                self._label, self._above = may, []
            return label[2], may
        if not listed:
            self._label = None
        return line, self._section if self._label is None else self._label

    def _paths(self, line: str, *, allowed: bool, indent: int) -> Iterator[Mention]:
        found = [(hit.start(), hit.end(), hit[1], True) for hit in _TICKED.finditer(line)]
        blank = _TICKED.sub(lambda hit: " " * len(hit[0]), line)
        found += [(hit.start(), hit.end(), hit[0], False) for hit in _BARE.finditer(blank) if "." in hit[0] or "/" in hit[0]]
        named = sorted(found)
        openers = [text for start, end, text, ticked in named if ticked and _opens(line[:start], line[end:])]
        beside = tuple(text for _, _, text, ticked in named if ticked and text not in openers)
        opened: list[str] = []
        for start, _, text, ticked in named:
            may = allowed and not _MAY_NOT.search(line[:start])
            later = [folder for folder in openers if folder not in opened]
            folders = (*reversed(opened), *(folder for _, folder in reversed(self._above)), *later)
            yield Mention(text=text, ticked=ticked, may_change=may, folders=folders, beside=beside, opens=text in openers)
            if text in openers:
                opened.append(text)
        if opened and line.rstrip(" *_").endswith(":"):
            self._above.append((indent, opened[-1]))


def _opens(before: str, after: str) -> bool:
    """Whether names that follow a folder are relative to it: `in pkg/: a.py`."""
    return after.lstrip("*_ ")[:1] == ":" or _IN.search(before) is not None


def _meaning(title: str) -> bool | None:
    """Whether what a title stands above may change; None if it is about something else."""
    if _MAY_NOT.search(title):
        return False
    return True if _MAY.search(title) else None
