"""The parts of a change that are taken out one at a time, to see whether a test notices. Pure.

A hunk is put back to what it was. A function that is new stays, and returns at once: without it nothing would load, which
proves little; a function with other parameters gets its old body under them, too. Hunks inside one function that
cannot be put back one by one are put back together. Comments, blank lines, words and settings need no proof.
"""

import ast
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import islice

from overnight.actions.evidence.changed import ChangedFile, FileKind
from overnight.actions.evidence.hollow import NewFunction, first_line, functions_of, new_functions
from overnight.actions.evidence.python_tests import body_form, parsed
from overnight.actions.findings import Hunk
from overnight.git.port import FileChange
from overnight.research.changes.canonical import canonical
from overnight.research.changes.code_size import code_lines
from overnight.research.changes.edit import LARGEST
from overnight.research.changes.parts import MOST_LINES
from overnight.words.differing import differing
from overnight.words.foreign import printable

MOST = 200  # parts of a change: each holds a whole file
SHOWN = 24  # lines of a hunk
LINE = 160
PATH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeOut:
    """A part of a change, and what the change is without it."""

    hunk: Hunk
    change: FileChange  # on top of the whole change
    lines: int  # of code
    hollow: bool  # a new function that returns at once; else something is put back
    name: str  # for people


@dataclass(frozen=True, slots=True, kw_only=True)
class _Range:
    """Lines of the old version, and what they became; from 0."""

    old: tuple[int, int]
    new: tuple[int, int]


def takeouts(files: Sequence[ChangedFile]) -> Sequence[TakeOut]:
    """What can be taken out of a change, the largest first."""
    parts = (part for file in files if file.kind is FileKind.CODE for part in _of_file(file))
    return sorted(islice(parts, MOST), key=lambda part: -part.lines)


def _of_file(file: ChangedFile) -> Iterator[TakeOut]:
    added = new_functions(file.path, file.old, file.new)
    for function in added:
        if function.hollow is not None:
            yield _hollowed(file, function, function.hollow())
    if file.old is None or file.new is None:
        if all(function.hollow is None for function in added):
            yield _put_back(file, file.old, (0, len((file.new or b"").splitlines())), "")
        return
    ranges = _ranges(file.old, file.new)
    if not ranges:
        yield _put_back(file, file.old, (0, 0), "")
        return
    yield from _hunks(file, file.old, ranges, added)


def _hunks(file: ChangedFile, old: bytes, ranges: Sequence[_Range], added: Sequence[NewFunction]) -> Iterator[TakeOut]:
    before, after = old.splitlines(keepends=True), (file.new or b"").splitlines(keepends=True)
    whole = canonical(file.path, file.new or b"")
    unreadable: list[_Range] = []
    headers: list[tuple[int, int]] = []
    for name, content, place in _old_bodies(file, before, after):
        headers.append(place)
        text = "\n".join(line for each in ranges if _meets(each, place) for line in _shown_range(each, before, after))
        yield _put_back(file, content, place, text, name)
    for each in ranges:
        if any(each.new[0] <= first < each.new[1] for first, _ in headers):  # tests that name a parameter only need it there
            continue
        if _is_inside(each, added, after):
            continue
        content = _with(before, after, [each])
        if canonical(file.path, content) == whole:
            continue
        if file.path.endswith(".py") and parsed(file.path, content) is None and parsed(file.path, file.new) is not None:
            unreadable.append(each)
        else:
            yield _put_back(file, content, each.new, "\n".join(_shown_range(each, before, after)))
    for name, first, end in _functions_around(file, unreadable):
        inside = [each for each in ranges if _meets(each, (first, end))]
        content = _with(before, after, inside)
        if parsed(file.path, content) is not None:
            text = "\n".join(line for each in inside for line in _shown_range(each, before, after))
            yield _put_back(file, content, (first, end), text, name)


def _old_bodies(
    file: ChangedFile, before: Sequence[bytes], after: Sequence[bytes]
) -> Iterator[tuple[str, bytes, tuple[int, int]]]:
    """Functions whose parameters and body differ: the file with the old body under the new parameters, and their lines."""
    known = dict(functions_of(parsed(file.path, file.old)))
    for name, node in functions_of(parsed(file.path, file.new)):
        old = known.get(name)
        if old is None or ast.dump(old.args) == ast.dump(node.args) or body_form(old) == body_form(node):
            continue
        start, end = node.body[0].lineno - 1, node.end_lineno or node.lineno
        old_start, old_end = old.body[0].lineno - 1, old.end_lineno or old.lineno
        if start < node.lineno or old_start < old.lineno:  # on the line of `def`
            continue
        content = b"".join([*after[:start], *before[old_start:old_end], *after[end:]])
        if parsed(file.path, content) is not None:
            yield name, content, (first_line(node), end)


def _meets(each: _Range, place: tuple[int, int]) -> bool:
    return each.new[0] < place[1] and each.new[1] >= place[0]


def _shown_range(each: _Range, before: Sequence[bytes], after: Sequence[bytes]) -> list[str]:
    return _diff(before[slice(*each.old)], after[slice(*each.new)])


def _functions_around(file: ChangedFile, ranges: Sequence[_Range]) -> Iterator[tuple[str, int, int]]:
    for name, node in functions_of(parsed(file.path, file.new)):
        first, end = first_line(node), node.end_lineno or node.lineno
        if any(first <= each.new[0] < end for each in ranges):
            yield name, first, end


def _ranges(old: bytes, new: bytes) -> Sequence[_Range]:
    """Where two texts differ; none if they are not texts, or too long to compare."""
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    if b"\0" in old or b"\0" in new or max(len(old), len(new)) > LARGEST or max(len(before), len(after)) > MOST_LINES:
        return ()
    part = differing(before, after)
    if part.repeats_itself:
        return ()
    at = part.before
    return [
        _Range(old=(at + start, at + end), new=(at + first, at + last))
        for what, start, end, first, last in SequenceMatcher(None, part.old, part.new, autojunk=False).get_opcodes()
        if what != "equal"
    ]


def _is_inside(each: _Range, added: Sequence[NewFunction], after: Sequence[bytes]) -> bool:
    """Whether all that a hunk adds is in new functions, besides blank lines."""
    if each.old[0] != each.old[1]:
        return False
    written = [at for at in range(*each.new) if after[at].strip()]
    return all(any(function.first <= at < function.end for function in added) for at in written)


def _with(before: Sequence[bytes], after: Sequence[bytes], ranges: Sequence[_Range]) -> bytes:
    """The new text with some of its hunks put back."""
    lines = list(after)
    for each in sorted(ranges, key=lambda each: -each.new[0]):
        lines[slice(*each.new)] = before[slice(*each.old)]
    return b"".join(lines)


def _hollowed(file: ChangedFile, function: NewFunction, content: bytes) -> TakeOut:
    lines = (file.new or b"").splitlines(keepends=True)[function.first : function.end]
    why = f"nothing notices it if `{printable(function.name, PATH)}` returns at once"
    return TakeOut(
        hunk=_hunk(file, function.first + 1, "\n".join(_diff((), lines)), why),
        change=file.having(content),
        lines=len(code_lines(file.path, _dedented(lines))),
        hollow=True,
        name=f"`{printable(function.name, PATH)}` returns at once",
    )


def _put_back(file: ChangedFile, content: bytes | None, place: tuple[int, int], text: str, name: str = "") -> TakeOut:
    lines = (file.new or b"").splitlines(keepends=True)[slice(*place)]
    shown = f"`{printable(name, PATH)}`" if name else f"{printable(file.path, PATH)}:{place[0] + 1}"
    return TakeOut(
        hunk=_hunk(file, place[0] + 1, text or "\n".join(_diff((), lines)), f"nothing notices it if {shown} is as before"),
        change=file.having(content),
        lines=len(code_lines(file.path, _dedented(lines))),  # none if it only takes away, which no test can ask for
        hollow=False,
        name=f"{shown} is as before",
    )


def _hunk(file: ChangedFile, line: int, text: str, why: str) -> Hunk:
    return Hunk(path=printable(file.path, PATH), line=line, text=text, why=why)


def _dedented(lines: Sequence[bytes]) -> bytes:
    return textwrap.dedent(b"".join(lines).decode(errors="replace")).encode()


def _diff(old: Sequence[bytes], new: Sequence[bytes]) -> list[str]:
    lines = [*(b"-" + line for line in old), *(b"+" + line for line in new)]
    shown = [printable(line[: 4 * LINE].decode(errors="replace").expandtabs(4).rstrip(), LINE) for line in lines[:SHOWN]]
    return [*shown, f"[{len(lines) - SHOWN} more lines]"] if len(lines) > SHOWN else shown
