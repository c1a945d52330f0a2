"""The one sentence in which an agent explains its edit, found in all that it printed, in whatever markup it stands.

A line with the mark counts wherever it stands: bold, in backticks, as a bullet, a quote or a heading, in any case; what the
agent says after it, often a friendly sentence, does not. A mark with nothing behind it is that of the next line.
"""

import re
from collections.abc import Iterator, Sequence

from overnight.words.foreign import printable

MARK = "HYPOTHESIS:"
LONGEST = 300  # characters
_READ = 4 * LONGEST  # of a line, so that no pattern goes over more
_AROUND = r"[\s>*_`#~\"'|•·+\-\d.)(\[\]]{0,24}"
_COLON = r"\s?[:\uff1a]|\s[-\u2013\u2014]\s"
_MARKED = re.compile(rf"{_AROUND}(?:(?:my|the|final) )?hypothesis[*_`\"')\]]{{0,4}}(?:{_COLON})(.*)", re.IGNORECASE)
_HEADING = re.compile(r"(?:#{1,6}\s*|[*_]{2,3})hypothesis[*_#:\s]*", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"<[^<>]*>|\W*")  # of the form that was asked for, repeated by its reader
_CLOSING = re.compile(
    r"let me know|feel free|happy to help|anything else|hope (?:this|that|it) helps|good luck|thank you|thanks\b"
    r"|(?:would you like|do you want|shall i|should i)\b.*\?",
    re.IGNORECASE,
)
_FENCE = re.compile(r"(?:`{3,}|~{3,})\s*\w*")
_WRAPPERS = ("**", "__", "*", "_", "`", '"')


def find_hypothesis(said: str) -> str:
    """The last marked line that says something, else the last line that does; empty if nothing was said."""
    lines = [line.strip()[:_READ] for line in said.splitlines() if line.strip()]
    marked = next(filter(None, reversed(list(_marked(lines)))), "")
    return printable(marked or _last(lines), LONGEST)


def has_hypothesis(said: str) -> bool:
    """Whether a line has the mark in capitals, as it was asked for, and says something; other words may be a plan."""
    lines = (line.strip()[:_READ] for line in said.splitlines() if MARK.rstrip(":") in line)
    return any(_marked(list(lines)))


def last_line(said: str) -> str:
    """The last line that is not blank, for a message; empty if there is none."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return printable(lines[-1], LONGEST) if lines else ""


def _marked(lines: Sequence[str]) -> Iterator[str]:
    """What stands behind each mark; empty for one that says nothing."""
    for line, after in zip(lines, [*lines[1:], ""], strict=False):
        if _HEADING.fullmatch(line):
            yield "" if _MARKED.match(after) or _HEADING.match(after) else _text(after)
        elif found := _MARKED.match(line):
            yield _text(found[1])


def _text(said: str) -> str:
    """A sentence without the markup around it; empty if it is none."""
    said = said.strip()
    for mark in _WRAPPERS:
        open_, closed = said.startswith(mark), said.endswith(mark) and len(said) > len(mark)
        if (odd := said.count(mark) % 2) and closed:
            said = said.removesuffix(mark).rstrip()
        elif odd and open_:
            said = said.removeprefix(mark).lstrip()
        elif open_ and closed and said.count(mark) == len("()"):
            said = said.removeprefix(mark).removesuffix(mark).strip()
    return "" if _PLACEHOLDER.fullmatch(said) else said


def _last(lines: Sequence[str]) -> str:
    """The last line that is neither a fence nor a farewell, if there is one."""
    saying = (line for line in reversed(lines) if not _FENCE.fullmatch(line) and not _CLOSING.search(line))
    return next(saying, lines[-1] if lines else "")
