"""Where the old lines of a hunk stand in a file: exactly once, or nowhere.

Small slips of models are forgiven if the place is still the only one: spaces at the ends of lines, blank lines around
the hunk, an indentation that is off by the same amount everywhere, a part of one line.
"""

import difflib
import re
from collections.abc import Callable, Sequence
from textwrap import dedent

from overnight.agents.editor.edit import DoesNotApply, Hunk
from overnight.agents.editor.elision import require_complete

NEAREST_AMONG = 20_000  # lines that are compared; a larger file gets no hint
LINE = 300  # characters of a line that are compared or shown
SHOWN = 6  # lines of a hunk, or around the nearest place, in a message
PLACES = 5  # line numbers in a message
_SIMILAR = 0.6

Lines = Sequence[str]


def place(hunk: Hunk, lines: Lines) -> Lines:
    """The lines with the hunk applied.

    Raises:
        DoesNotApply: its old lines are not there, or more than once; or it stands for more than it shows.
    """
    require_complete(hunk, lines)
    for tried in (hunk, _without_blank_ends(hunk)):
        if not tried.old:
            continue
        for same in (_exactly, _but_for_ends, _but_for_indentation):
            found = _places(tried.old, lines, same)
            if len(found) > 1:
                raise DoesNotApply(_several(tried, found))
            if found:
                at, end = found[0], found[0] + len(tried.old)
                return [*lines[:at], *_indented(tried, lines[at:end]), *lines[end:]]
    if (replaced := _inside_a_line(hunk, lines)) is not None:
        return replaced
    raise DoesNotApply(_nowhere(hunk, lines))


def _places(old: Lines, lines: Lines, same: Callable[[Lines, Lines], bool]) -> list[int]:
    first = next((at for at, line in enumerate(old) if line.strip()), 0)
    wanted = old[first].strip()
    starts = range(len(lines) - len(old) + 1)
    return [at for at in starts if lines[at + first].strip() == wanted and same(old, lines[at : at + len(old)])]


def _exactly(old: Lines, there: Lines) -> bool:
    return list(old) == list(there)


def _but_for_ends(old: Lines, there: Lines) -> bool:
    return _ends_cut(old) == _ends_cut(there)


def _but_for_indentation(old: Lines, there: Lines) -> bool:
    return dedent("\n".join(_ends_cut(old))) == dedent("\n".join(_ends_cut(there)))


def _ends_cut(lines: Lines) -> list[str]:
    return [line.rstrip() for line in lines]


def _without_blank_ends(hunk: Hunk) -> Hunk:
    return Hunk(old=_trimmed(hunk.old), new=_trimmed(hunk.new))


def _trimmed(lines: Lines) -> Lines:
    filled = [at for at, line in enumerate(lines) if line.strip()]
    return lines[filled[0] : filled[-1] + 1] if filled else ()


def _indented(hunk: Hunk, there: Lines) -> Lines:
    """The new lines, indented as the old ones are in the file."""
    meant, found = _indentation(hunk.old), _indentation(there)
    if meant == found:
        return hunk.new
    return [_moved(line, meant, found) if line.strip() else line for line in hunk.new]


def _moved(line: str, meant: str, found: str) -> str:
    if line.startswith(meant):
        return found + line[len(meant) :]
    more = len(found) - len(meant)
    if more > 0:  # a line that is further out than all old ones
        return found[:more] + line
    raise DoesNotApply("the new lines are indented less than the old ones, which have another indentation than in the file")


def _indentation(lines: Lines) -> str:
    """What all lines that are not blank begin with."""
    filled = [line for line in lines if line.strip()]
    shortest = min((line[: len(line) - len(line.lstrip())] for line in filled), key=len, default="")
    return shortest if all(line.startswith(shortest) for line in filled) else ""


def _inside_a_line(hunk: Hunk, lines: Lines) -> Lines | None:
    """The lines with a part of one replaced, if the part stands there once and as whole words."""
    if len(hunk.old) != 1 or len(hunk.new) != 1 or not (old := hunk.old[0].strip()):
        return None
    pattern = re.compile(rf"(?<!\w){re.escape(old)}(?!\w)")
    found = [at for at, line in enumerate(lines) for _ in pattern.finditer(line)]
    if len(found) > 1:
        raise DoesNotApply(_several(hunk, found))
    if not found:
        return None
    new = hunk.new[0].strip()
    return [*lines[: found[0]], pattern.sub(lambda _: new, lines[found[0]]), *lines[found[0] + 1 :]]


def _several(hunk: Hunk, found: Sequence[int]) -> str:
    numbers = ", ".join(str(at + 1) for at in found[:PLACES]) + (", ..." if len(found) > PLACES else "")
    return f"these lines stand in the file {len(found)} times (lines {numbers}), so add lines around them:\n{_shown(hunk.old)}"


def _nowhere(hunk: Hunk, lines: Lines) -> str:
    near = _nearest(hunk, lines)
    hint = f"\nThe most similar lines of the file are:\n{_shown(near)}" if near else ""
    return f"these lines are not in the file:\n{_shown(hunk.old)}{hint}"


def _nearest(hunk: Hunk, lines: Lines) -> Lines:
    wanted = max((line.strip()[:LINE] for line in hunk.old), key=len, default="")
    if not wanted or len(lines) > NEAREST_AMONG:
        return ()
    stripped = [line.strip()[:LINE] for line in lines]
    close = difflib.get_close_matches(wanted, set(stripped), n=1, cutoff=_SIMILAR)
    if not close:
        return ()
    at = stripped.index(close[0])
    start = max(0, at - SHOWN // 2)
    return lines[start : start + SHOWN]


def _shown(lines: Lines) -> str:
    shown = [f"    {line[:LINE]}" for line in lines[:SHOWN]]
    return "\n".join([*shown, *([f"    (and {len(lines) - SHOWN} more lines)"] if len(lines) > SHOWN else [])])
