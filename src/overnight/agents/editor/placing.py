"""Where the old lines of a hunk stand in a file: exactly once, or nowhere.

Small slips of models are forgiven if the place is still the only one: spaces at the ends of lines, blank lines around
the hunk, an indentation that is off by the same amount everywhere, a part of one line.
"""

import difflib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from textwrap import dedent

from overnight.agents.editor.edit import DoesNotApply, Hunk
from overnight.agents.editor.effort import Effort
from overnight.agents.editor.elision import require_complete

LINE = 300  # characters of a line that are shown
COMPARED = 100  # characters of a line that are compared for a hint
SHOWN = 6  # lines of a hunk, or around the nearest place, in a message
PLACES = 5  # line numbers in a message
PASS = 4  # of the effort for a line that is only looked at: what a comparison with spaces cut off takes
_SIMILAR = 0.6

Lines = Sequence[str]


def place(hunk: Hunk, lines: Lines, effort: Effort, *, hint: bool = True) -> Lines:
    """The lines with the hunk applied; `hint`: whether a failure names the most similar lines.

    Raises:
        DoesNotApply: its old lines are not there, or more than once; or it stands for more than it shows.
    """
    effort.look(lines, hunk.old, hunk.new)
    stripped = [line.strip() for line in lines]
    often = Counter(stripped)
    require_complete(hunk, often)
    for tried in (hunk, _without_blank_ends(hunk)):
        if not tried.old:
            continue
        starts = _starts(tried.old, stripped, often, effort)
        for same in (_exactly, _but_for_ends, _but_for_indentation):
            effort.spend(PASS * len(starts) * len(tried.old))
            found = [at for at in starts if same(tried.old, lines[at : at + len(tried.old)])]
            if len(found) > 1:
                raise DoesNotApply(_several(tried, found))
            if found:
                at, end = found[0], found[0] + len(tried.old)
                return [*lines[:at], *_indented(tried, lines[at:end]), *lines[end:]]
    if (replaced := _inside_a_line(hunk, lines, effort)) is not None:
        return replaced
    raise DoesNotApply(_nowhere(hunk, stripped, lines, effort if hint else None))


def _starts(old: Lines, stripped: Lines, often: Mapping[str, int], effort: Effort) -> Sequence[int]:
    """Where the old lines may begin: their rarest one is there."""
    filled = [at for at, line in enumerate(old) if line.strip()] or [0]
    rarest = min(filled, key=lambda at: often.get(old[at].strip(), 0))
    wanted = old[rarest].strip()
    if wanted not in often:
        return ()
    effort.spend(len(stripped))
    last = len(stripped) - len(old)
    return [at - rarest for at, line in enumerate(stripped) if line == wanted and 0 <= at - rarest <= last]


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


def _inside_a_line(hunk: Hunk, lines: Lines, effort: Effort) -> Lines | None:
    """The lines with a part of one replaced, if the part stands there once and as whole words."""
    if len(hunk.old) != 1 or len(hunk.new) != 1 or not (old := hunk.old[0].strip()):
        return None
    found = [(number, at) for number, line in enumerate(lines) for at in _words_at(old, line, effort)]
    if len(found) > 1:
        raise DoesNotApply(_several(hunk, [number for number, _ in found]))
    if not found:
        return None
    number, at = found[0]
    line = lines[number]
    return [*lines[:number], line[:at] + hunk.new[0].strip() + line[at + len(old) :], *lines[number + 1 :]]


def _words_at(words: str, line: str, effort: Effort) -> Iterator[int]:
    """Where words stand in a line, with no part of another word before or behind them."""
    at = line.find(words)
    while at >= 0:
        effort.spend(1 + len(words) // COMPARED)
        end = at + len(words)
        whole = not (_in_word(line[at - 1 : at]) or _in_word(line[end : end + 1]))
        if whole:
            yield at
        at = line.find(words, end if whole else at + 1)


def _in_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _several(hunk: Hunk, found: Sequence[int]) -> str:
    numbers = ", ".join(str(at + 1) for at in found[:PLACES]) + (", ..." if len(found) > PLACES else "")
    return f"these lines stand in the file {len(found)} times (lines {numbers}), so add lines around them:\n{_shown(hunk.old)}"


def _nowhere(hunk: Hunk, stripped: Lines, lines: Lines, effort: Effort | None) -> str:
    near = _nearest(hunk, stripped, lines, effort) if effort else ()
    hint = f"\nThe most similar lines of the file are:\n{_shown(near)}" if near else ""
    return f"these lines are not in the file:\n{_shown(hunk.old)}{hint}"


def _nearest(hunk: Hunk, stripped: Lines, lines: Lines, effort: Effort) -> Lines:
    wanted = max((line.strip()[:COMPARED] for line in hunk.old), key=len, default="")
    beginnings = [line[:COMPARED] for line in stripped]
    different = set(beginnings)
    if not wanted or not effort.compares(len(different)):
        return ()
    close = difflib.get_close_matches(wanted, different, n=1, cutoff=_SIMILAR)
    if not close:
        return ()
    start = max(0, beginnings.index(close[0]) - SHOWN // 2)
    return [line.strip()[:LINE] for line in lines[start : start + SHOWN]]


def _shown(lines: Lines) -> str:
    shown = [f"    {line[:LINE]}" for line in lines[:SHOWN]]
    return "\n".join([*shown, *([f"    (and {len(lines) - SHOWN} more lines)"] if len(lines) > SHOWN else [])])
