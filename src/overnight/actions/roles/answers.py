"""What agents in roles answer, read from their last words in whatever markup they stand: marks, and a reviewer's findings.

A reader never takes silence for approval: a review is there only if the answer names findings, or ends with the line that says
there are none. What an agent read and printed before its answer, such as a file with that line, does not count; nor does what
it quotes there: behind the mark of a quotation or a diff, or in a fence with other lines.

Does not cover: a reviewer that is talked into its answer by what it read.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from functools import cache
from itertools import islice

from overnight.actions.findings import Finding
from overnight.words.foreign import printable

MOST = 50  # findings, assumptions, claims
READ = 4 * MOST  # findings of an answer that are looked at
LONGEST = 600  # characters of each
LAST = 4  # filled lines at the end of an answer, in one of which it must say that there is no finding
_READ = 2_000  # characters of a line
_AROUND = r"[\s>*_`#~\"'|•·+\-\d.)(\[\]]{0,24}"
_END = r"[\s*_`#~\"'|.!)\]]{0,12}"
# Without the marks of a quotation or a diff, in which a file may have this line.
_NONE = re.compile(rf"[\s*_`#~\"'|]{{0,8}}(?:NO\s+FINDINGS?|FINDINGS?\s?[:=]\s?[*_`]{{0,4}}\s?(?:none|0)){_END}", re.IGNORECASE)
_FENCE = re.compile(r"`{3,}(?=[^`]*$)|~{3,}")
_FINDING = re.compile(
    rf"{_AROUND}FINDINGS?[*_`]{{0,4}}\s*[:#]?\s*(?:\d+[*_`]{{0,4}}\s*[:.)]\s*)?[*_`]{{0,4}}\s*(.+)", re.IGNORECASE
)
_PLACE = re.compile(
    r"[`*_\"'(\[<]{0,4}(?P<path>[^\s`*\"'()\[\]<>:#]+)[`*_\"')\]>]{0,4}"
    r"(?:\s*(?::|,?\s+lines?\s+|#L)\s*[`*]{0,2}L?(?P<line>\d{1,7})(?:\s*(?:-|:|\u2013)\s*L?\d{1,7})?)?[`*_\"')\]>]{0,4}",
    re.IGNORECASE,
)
_MINOR = "non-blocking|nonblocking|not blocking|minor|nitpick|nit|low|trivial|optional|suggestion|note|info"
_WEIGHT = re.compile(
    rf"[\s*_`\"'(\[:|,;\u2013\u2014-]{{0,8}}(?P<weight>{_MINOR}|blocking|blocker|major|critical|severe|high)\b"
    r"[\s*_`\"')\]:|,;.\u2013\u2014-]{0,8}",
    re.IGNORECASE,
)
_IS_MINOR = re.compile(_MINOR, re.IGNORECASE)
_PLACEHOLDER = re.compile(r"<[^<>]*>|\W*")  # of the form that was asked for, repeated
_WHOLE = frozenset({"-", "*", "general", "whole", "all", "overall", "n/a", "none"})  # in place of a path
_COURTESY = re.compile(
    r"let me know|feel free|happy to help|anything else|hope (?:this|that|it) helps|good luck|would you like|do you want",
    re.IGNORECASE,
)


def marked(text: str, mark: str) -> Sequence[str]:
    """What stands behind a mark, such as `ASSUMPTION:`, on each line that begins with it; each text once."""
    found = re.compile(rf"{_AROUND}{mark}[*_`\"')\]]{{0,4}}\s?[:\uff1a][*_`]{{0,4}}\s*(.+)", re.IGNORECASE)
    texts = (match[1].strip(" *_`") for line in _lines(text) if (match := found.match(line)))
    return list(dict.fromkeys(printable(each, LONGEST) for each in texts if not _PLACEHOLDER.fullmatch(each)))[:MOST]


def asks(text: str) -> str:
    """The question that an answer ends with, one line; empty if it ends with none, or only with a courtesy."""
    last = next(reversed(list(_lines(text))), "").strip(" *_`>\"'")
    return printable(last, LONGEST) if last.endswith("?") and not _COURTESY.search(last) else ""


def read_findings(text: str, paths: Collection[str]) -> Sequence[Finding] | None:
    """A reviewer's findings; empty if it says that there are none, None if it says neither.

    A place that is not among `paths` is of the whole, with the words as they stand: what blocks is never lost.
    """
    lines = list(_lines(text))
    said = (match[1] for line in lines if not _NONE.fullmatch(line) and (match := _FINDING.fullmatch(line)))
    places = Places(paths)
    found = dict.fromkeys(finding for each in islice(said, READ) if (finding := _finding(each, places)))
    if found:
        return sorted(found, key=lambda finding: not finding.blocking)[:MOST]
    return () if any(_NONE.fullmatch(line) for line in _unquoted(lines)[-LAST:]) else None


class Places:
    """The paths that an answer may name."""

    def __init__(self, paths: Collection[str]) -> None:
        self._paths = paths
        self._by_name: dict[str, list[str]] | None = None  # by the last part of a path; made when it is needed
        self.resolve = cache(self._resolve)  # an answer may name one path often

    def _resolve(self, named: str) -> str:
        """The path that a name means: itself, without what a diff or a jail puts before it, or the only one that ends so."""
        named = named.strip("`*_\"'").rstrip(".,;")
        for prefix in ("", "./", "a/", "b/", "/trial/"):
            if named.startswith(prefix) and (short := named.removeprefix(prefix)) in self._paths:
                return short
        if self._by_name is None:
            self._by_name = {}
            for path in self._paths:
                self._by_name.setdefault(path.rpartition("/")[2], []).append(path)
        alike = self._by_name.get(named.rpartition("/")[2], []) if named else []
        ending = [path for path in alike if path.endswith(f"/{named.removeprefix('./')}")]
        return ending[0] if len(ending) == 1 else ""


def _finding(said: str, places: Places) -> Finding | None:
    """One finding; of a weight that it does not say, it blocks. None: it is only the form, repeated."""
    place = _PLACE.match(said)
    named = place["path"] if place else ""
    path = places.resolve(named)
    rest = said[place.end() :] if place and (path or named.lower() in _WHOLE) else said
    weight = _WEIGHT.match(rest) or (None if path else _WEIGHT.search(rest))
    words = rest[weight.end() :] if weight and weight.start() == 0 else rest
    words = words.strip(" *_`|:\t")
    if "<path>" in said or (_PLACEHOLDER.fullmatch(words) and not path):
        return None
    return Finding(
        path=path,
        line=int(place["line"] or 0) if place and path else 0,
        blocking=not (weight and _IS_MINOR.fullmatch(weight["weight"])),
        text=printable(words, LONGEST) or "(it says no more)",
    )


def _unquoted(lines: Sequence[str]) -> Sequence[str]:
    """The lines without fenced blocks in which more stands than that there is no finding: they quote a file or a diff."""
    found, block, end = list[str](), list[str](), ""
    for line in lines:
        if end and line.startswith(end) and not line.strip(end[0]):
            found += block if all(map(_NONE.fullmatch, block)) else ()
            block, end = [], ""
        elif end:
            block.append(line)
        elif fence := _FENCE.match(line):
            end = fence[0]
        else:
            found.append(line)
    return found + (block if all(map(_NONE.fullmatch, block)) else [])


def _lines(text: str) -> Iterator[str]:
    """The lines that are not empty, each cut."""
    return (line.strip()[:_READ] for line in text.splitlines() if line.strip())
