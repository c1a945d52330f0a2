"""Why a command failed, by what it printed: the one line that says most, and the few lines around it.

Source: the forms that compilers, test runners, interpreters and shells print (`error_lines.py`). Does not cover: an error that
is followed by more than `WINDOW` bytes of other output.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from overnight.words.error_lines import Kind, is_around, kinds_of
from overnight.words.foreign import printable

WINDOW = 256 * 1024  # bytes at the end of an output that are read
MOST_LINES = 4000  # of them, the last ones that are not blank
LONGEST = 500  # characters of a line that are looked at
HEADLINE = 200  # characters
LINE = 160  # characters of one of the lines around it
LINES, CHARACTERS = 8, 800  # of all lines together
LAST, LAST_LINE = 4, 120  # lines at the end of an output that are shown, and characters of each
NEAR_END = 40  # lines among which one counts that only mentions an error

_SAYS_NOTHING = re.compile(r"\W*$|\s+at .*\(?node:internal/")  # rules, carets, frames of Node itself
_COLOUR = re.compile(r"\x1b\[[0-9;]*[mK]")
# Where to look around the headline, by what it is, the most telling first.
_AROUND_RAISED = (-1, -2, 1, -3)
_AROUND_FIRST = (1, 2, 3, -1)


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureText:
    """What an output says of a failure, printable."""

    headline: str  # empty: nothing was printed
    lines: tuple[str, ...]  # with it, in their order; empty if the headline is all
    known: bool  # whether the headline looks like an error; else it is only the last line


def read_failure(output: bytes | str) -> FailureText:
    """The telling lines of a failed command's output, however long or hostile it is."""
    lines = list(_lines(output))
    if not lines:
        return FailureText(headline="", lines=(), known=False)
    kinds = list(kinds_of(lines))
    at = _telling(lines, kinds)
    chosen = _chosen(lines, kinds, at)
    headline = printable(_joined(lines, at), HEADLINE)
    return FailureText(headline=headline, lines=tuple(chosen) if len(chosen) > 1 else (), known=kinds[at] > Kind.PLAIN)


def headline(output: bytes | str) -> str:
    """The line that says most; empty if nothing was printed."""
    return read_failure(output).headline


def last_lines(output: bytes | str) -> tuple[str, ...]:
    """The last few lines of an output that say anything, printable, however long or hostile it is."""
    return tuple(printable(line.replace("\t", "    "), LAST_LINE) for line in list(_lines(output))[-LAST:])


def _lines(output: bytes | str) -> Iterator[str]:
    """The last lines, without blank ones, colours and what a progress bar has overwritten."""
    end = output[-WINDOW:]
    text = end.decode(errors="replace") if isinstance(end, bytes) else end
    shown = (line.rstrip().rpartition("\r")[2][:LONGEST] for line in text.split("\n"))
    said = [line.rstrip() for line in (_COLOUR.sub("", line) for line in shown) if not _SAYS_NOTHING.match(line)]
    return iter(said[-MOST_LINES:])


def _telling(lines: Sequence[str], kinds: Sequence[Kind]) -> int:
    """The last line that a program's own error printed, else the first of a tool, else one that mentions an error."""
    everything = range(len(lines))
    raised = [at for at in everything if kinds[at] is Kind.RAISED]
    if raised:
        return raised[-1]
    diagnostics = [at for at in everything if kinds[at] is Kind.DIAGNOSTIC]
    if diagnostics:
        return diagnostics[0]
    hints = [at for at in everything[-NEAR_END:] if kinds[at] is Kind.HINT]
    if hints:
        return hints[0]
    return next((at for at in reversed(everything) if not is_around(lines[at])), len(lines) - 1)


def _joined(lines: Sequence[str], at: int) -> str:
    """A line without its indent, and with the one that it announces: `panicked at main.rs:3:5: out of range`."""
    whole = f"{lines[at]} {lines[at + 1]}" if lines[at].endswith(":") and at + 1 < len(lines) else lines[at]
    return " ".join(whole.split())


def _chosen(lines: Sequence[str], kinds: Sequence[Kind], at: int) -> list[str]:
    """The lines to show, as many of the most telling ones as there is room for, in the order of the output."""
    shown: dict[int, str] = {}
    room = CHARACTERS
    for place in _by_weight(kinds, at):
        line = printable(lines[place].replace("\t", "    "), LINE)
        if place not in shown and len(shown) < LINES and len(line) <= room:
            shown[place] = line
            room -= len(line)
    return [shown[place] for place in sorted(shown)]


def _by_weight(kinds: Sequence[Kind], at: int) -> Iterable[int]:
    """Places of lines, the most telling first: the headline, what is around it, other errors, the end."""
    yield at
    last = len(kinds) - 1
    around = _AROUND_RAISED if kinds[at] is Kind.RAISED else _AROUND_FIRST
    yield from (at + step for step in around if 0 <= at + step <= last)
    others = [place for place, kind in enumerate(kinds) if kind >= Kind.DIAGNOSTIC and place != at]
    yield from others[:2]
    yield from (place for place in (last, last - 1) if place >= 0)
