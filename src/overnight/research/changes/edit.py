"""What a proposal changes, in a bounded form that the record keeps: its size, and its lines if they are few.

Every file of a proposal is foreign: time is linear in its length, and what is kept is printable and bounded. Lines are compared
from the top; where they differ, the nearest place from which they agree again ends the difference. So a small diff is found as
any tool finds it, and a large one is only counted: by the lines that one side has more often than the other.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from overnight.git.port import FileChange
from overnight.research.experiment import Edit
from overnight.words.foreign import printable

MOST_LINES = 12  # with `-` or `+`, of a small diff
LINE = 160  # characters
PATH = 100
MOST_FILES = 100  # that are read; a proposal with more is rejected
LARGEST = 1_000_000  # bytes of a file that are read
MOST_BYTES = 4_000_000  # of all files; a proposal with more is rejected
DIGEST = 16  # hex digits
_AGREE = 2  # lines that end a difference


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where two versions of a file differ."""

    line: int  # of the old version, from 1
    old: Sequence[bytes]
    new: Sequence[bytes]


def edit_of(changes: Sequence[FileChange], before: Mapping[str, bytes]) -> Edit:
    """The edit that changes make; `before` has the contents of the changed files that exist in the base."""
    ordered = sorted(changes, key=lambda change: change.path)[:MOST_FILES]
    differing = [change for change in ordered if change.content != before.get(change.path)]
    lines: list[str] | None = []  # None: the diff is not small
    added = removed = 0
    digest = hashlib.sha256()
    room = MOST_BYTES
    for change in differing:
        room -= len(change.content or b"")
        if room < 0:
            lines = None  # nor are the rest counted
            break
        old, new = _lines(before.get(change.path)), _lines(change.content)
        places = _places(old, new) if lines is not None else None
        gone, come = _counted(old, new, places)
        removed, added = removed + len(gone), added + len(come)
        _feed(digest.update, change, gone, come)
        if lines is None or places is None or removed + added > MOST_LINES:
            lines = None
        else:
            lines += _shown(change, places)
    few = tuple(lines) if lines is not None else ()
    return Edit(
        files=len(differing),
        added=added,
        removed=removed,
        lines=few,
        digest=digest.hexdigest()[:DIGEST] if differing else "",
    )


def _lines(content: bytes | None) -> list[bytes]:
    return content[:LARGEST].removesuffix(b"\n").split(b"\n") if content else []


def _places(old: Sequence[bytes], new: Sequence[bytes]) -> list[_Place] | None:
    """Where two versions differ, in order; None if the difference is not small."""
    places: list[_Place] = []
    i = j = changed = 0
    while i < len(old) or j < len(new):
        if i < len(old) and j < len(new) and old[i] == new[j]:
            i, j = i + 1, j + 1
            continue
        found = _until_they_agree(old[i : i + MOST_LINES + _AGREE], new[j : j + MOST_LINES + _AGREE])
        if found is None:
            return None
        gone, come = found
        changed += gone + come
        if changed > MOST_LINES:
            return None
        places.append(_Place(line=i + 1, old=old[i : i + gone], new=new[j : j + come]))
        i, j = i + gone, j + come
    return places


def _until_they_agree(old: Sequence[bytes], new: Sequence[bytes]) -> tuple[int, int] | None:
    """How many lines of each to skip, as few as possible, until two lines, or all that is left, agree."""
    for both in range(1, MOST_LINES + 1):
        for gone in range(both + 1):
            come = both - gone
            if gone <= len(old) and come <= len(new) and old[gone : gone + _AGREE] == new[come : come + _AGREE]:
                return gone, come
    return None


def _counted(
    old: Sequence[bytes], new: Sequence[bytes], places: Sequence[_Place] | None
) -> tuple[Sequence[bytes], Sequence[bytes]]:
    """The lines that are gone, and those that came."""
    if places is not None:
        return [line for place in places for line in place.old], [line for place in places for line in place.new]
    before, after = Counter(old), Counter(new)
    return list((before - after).elements()), list((after - before).elements())


def _feed(update: Callable[[bytes], None], change: FileChange, gone: Sequence[bytes], come: Sequence[bytes]) -> None:
    """Add a file to the digest: its lines, wherever they are; if only their order differs, its whole content."""
    parts = [b"-" + line for line in gone] + [b"+" + line for line in come] or [change.content or b""]
    for part in (change.path.encode(errors="surrogatepass"), b"removed" if change.content is None else b"", *parts):
        update(len(part).to_bytes(8, "big") + part)


def _shown(change: FileChange, places: Sequence[_Place]) -> Iterator[str]:
    for place in places:
        yield f"{printable(change.path, PATH)}:{place.line}"
        yield from (f"-{_line(line)}" for line in place.old)
        yield from (f"+{_line(line)}" for line in place.new)
    if change.content is None:
        yield f"{printable(change.path, PATH)} is removed"


def _line(line: bytes) -> str:
    return printable(line[: 4 * LINE].decode(errors="replace").expandtabs(4).rstrip(), LINE)
