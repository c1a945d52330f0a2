"""What people write into files while a campaign runs: `program.md` in their checkout; ideas in its folder.

What is added by `add_idea` or saved by an editor while the queue is written again is not overwritten: it is read first.

Does not cover: two people who edit one file at the same time; the later save wins, and what it overwrote is in the ledger.
"""

import fcntl
import os
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from overnight.errors import UserError
from overnight.files.atomic import write_atomically
from overnight.files.folders import closing_descriptor, write_all
from overnight.files.own import open_own, read_own, read_unlinked

IDEAS = "ideas.md"
BELIEVED = "believed.txt"  # of older versions: on each line the commit of a kept change that a person has read
LARGEST = 4 * 1024 * 1024  # bytes of a file that are read


class OrderFiles:
    """The port `Orders`."""

    def __init__(self, program: Path, folder: Path, *, known: str, rewritten: Callable[[str], str] | None = None) -> None:
        """`known` is the campaign's current program text; `rewritten` makes such a text of what the file says."""
        self._rewritten = rewritten
        self._program = program
        self._ideas = folder / IDEAS
        self._known = known
        self._shown = self._read = ""
        self._stamp: tuple[int, int] | None = None

    def program(self) -> str | None:
        """The program's text if it changed since it was last read."""
        stamp = _stamp(self._program)
        if stamp is None or stamp == self._stamp:
            return None
        self._stamp = stamp
        text = _text(read_unlinked, self._program)
        if text is not None and self._rewritten is not None:
            text = self._rewritten(text)
        if text is None or text == self._known:
            return None
        self._known = text
        return text

    def ideas(self) -> str | None:
        """The text of the ideas if someone else wrote it."""
        text = _text(read_own, self._ideas)
        if text is not None:
            self._read = text
        return None if text == self._shown else text

    def believed(self) -> Collection[str]:
        """The commits that a person has read and believes."""
        return read_believed(self._ideas.parent)

    def show_ideas(self, text: str) -> None:
        """Write the queue where people find it; a full disk leaves the file outdated, but the campaign goes on.

        What somebody wrote since `ideas` was asked stays: it is read the next time.
        """
        if text == self._shown and self._ideas.exists():
            return
        with suppress(OSError), _alone(self._ideas.parent, wait=False):
            if _text(read_own, self._ideas) in {None, self._read, self._shown}:
                write_atomically(self._ideas, text.encode())
                self._shown = text


def add_idea(folder: Path, text: str) -> None:
    """Add a line to the ideas of a campaign, which reads it before its next proposal."""
    _add_line(folder / IDEAS, f"- [ ] {text}")


def read_believed(folder: Path) -> Collection[str]:
    """The commits that a person has read and believes, as an older version noted it, recorded or not."""
    return frozenset((_text(read_own, folder / BELIEVED) or "").split())


def read_ideas(folder: Path) -> str:
    """The ideas of a campaign as they are on disk; empty if there are none yet."""
    return _text(read_own, folder / IDEAS) or ""


def _add_line(path: Path, line: str) -> None:
    with _alone(path.parent), closing_descriptor(open_own(path, os.O_RDWR | os.O_APPEND | os.O_CREAT)) as file:
        size = os.fstat(file).st_size
        start = b"" if not size or os.pread(file, 1, size - 1) == b"\n" else b"\n"
        write_all(file, start + f"{line}\n".encode())


@contextmanager
def _alone(folder: Path, *, wait: bool = True) -> Iterator[None]:
    """Nobody else who does the same writes ideas meanwhile; raises OSError if somebody does, and we do not wait."""
    with closing_descriptor(os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)) as held:
        fcntl.flock(held, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def _text(read: Callable[[Path, int], bytes], path: Path) -> str | None:
    try:
        return read(path, LARGEST).decode(errors="replace")
    except (OSError, UserError):  # UserError: something else is in its place, and is left alone
        return None
