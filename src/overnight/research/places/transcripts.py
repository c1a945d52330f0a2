"""The transcripts of a campaign's agents: a text file for each session, `<number>-<role>.md`, the oldest deleted first.

Does not cover: other writers into the folder while a transcript is written; a disk without room, on which the newest
transcript is lost and nothing else.
"""

import os
import re
from collections.abc import Sequence
from contextlib import suppress
from heapq import nlargest
from itertools import count
from pathlib import Path

from overnight.agents.port import Task
from overnight.agents.transcript import TRANSCRIPT_BYTES, Transcript
from overnight.errors import UserError
from overnight.files.atomic import write_atomically
from overnight.files.own import NotOurs, make_folder, read_own
from overnight.research.experiment import SessionTranscript
from overnight.words.foreign import printable_lines
from overnight.words.scrubber import Scrubber

FOLDER = "transcripts"  # in a campaign's
FOLDER_BYTES = 64 * 1024**2  # of a campaign; at some 50 kB for a session of our own agent, the newest thousand or so
SUFFIX = ".md"
_ROLE = 40  # characters of a role in a file's name
_UNSAFE = re.compile(r"[^\w.-]", re.ASCII)
_NAMED = re.compile(r"(\d{1,9})-([\w.-]*?)(?:-(\d{1,4}))?\.md", re.ASCII)
_OURS = re.compile(r"\d+-[\w.-]*\.md|\.\d+-[\w.-]*\.md\.\w{8}", re.ASCII)  # the second: what a killed writer left


class TranscriptFolder:
    """Keeps what sessions leave, in a folder of the campaign's."""

    def __init__(self, folder: Path, *, most_bytes: int = FOLDER_BYTES, scrubber: Scrubber | None = None) -> None:
        """`scrubber`: what no transcript may show, beside what looks like a secret."""
        self._folder = folder
        self._most_bytes = most_bytes
        self._scrubber = scrubber or Scrubber()
        self._counted_bytes: int | None = None  # in the folder, by the last look at it and what was written since

    def keep(self, task: Task, transcript: Transcript) -> None:
        """Write the transcript of a session that has ended; a campaign goes on without it if it cannot be written.

        Nothing is written or deleted where a link stands in the folder's place.
        """
        shown = transcript.render(f"{task.role}, number {task.number}")
        content = self._scrubber.text(shown).encode()
        with suppress(OSError, NotOurs):
            make_folder(self._folder)
            self._make_room(len(content))
            write_atomically(self._unused(task), content)

    def _make_room(self, size_bytes: int) -> None:
        """Delete the oldest transcripts until one of this size fits in; everything else in the folder is left alone.

        Files are looked at only when it may be full, so that keeping one does not grow with their number.
        """
        if self._counted_bytes is not None and self._counted_bytes + size_bytes <= self._most_bytes:
            self._counted_bytes += size_bytes
            return
        with os.scandir(self._folder) as entries:
            ours = [each for each in entries if _OURS.fullmatch(each.name) and each.is_file(follow_symlinks=False)]
        found = [(Path(each), each.stat(follow_symlinks=False)) for each in ours]
        total = size_bytes + sum(status.st_size for _, status in found)
        for path, status in sorted(found, key=lambda each: (each[1].st_mtime_ns, each[0].name)):
            if total <= self._most_bytes:
                break
            path.unlink()
            total -= status.st_size
        self._counted_bytes = total

    def _unused(self, task: Task) -> Path:
        """The name of a session's file; several agents of one role may work under the same number."""
        stem = f"{task.number}-{_safe(task.role)}"
        names = (f"{stem}{f'-{n}' if n > 1 else ''}{SUFFIX}" for n in count(1))
        return next(path for path in map(self._folder.joinpath, names) if not os.path.lexists(path))


def sessions_of(folder: Path, number: int, author: str) -> Sequence[SessionTranscript]:
    """The transcripts of an assignment that are kept: of its author's role, then of each other, in the order of sessions."""
    found = [read for name in _names(folder) if _place(name)[0] == number and (read := _read(folder, name))]
    return sorted(found, key=lambda session: (session.role != _safe(author), _place(session.name)[1]))


def _safe(role: str) -> str:
    """A role as names of files have it."""
    return _UNSAFE.sub("_", role)[:_ROLE]


def transcribed(folder: Path) -> frozenset[int]:
    """The numbers of the assignments of which a transcript is kept."""
    return frozenset(_place(name)[0] for name in _names(folder))


def newest_sessions(folder: Path, most: int) -> Sequence[SessionTranscript]:
    """The transcripts of the newest assignments, the newest first."""
    return [read for name in nlargest(most, _names(folder), key=_place) if (read := _read(folder, name))]


def _names(folder: Path) -> Sequence[str]:
    try:
        with os.scandir(folder) as entries:
            return [each.name for each in entries if _NAMED.fullmatch(each.name)]
    except OSError:
        return ()


def _place(name: str) -> tuple[int, tuple[str, int]]:
    """The assignment, and the order within it."""
    found = _NAMED.fullmatch(name)
    return (int(found[1]), (found[2], int(found[3] or 1))) if found else (0, ("", 0))


def _read(folder: Path, name: str) -> SessionTranscript | None:
    """A transcript as it is on disk, which anybody may have written since; None if it is gone or not a file of ours."""
    try:
        text = read_own(folder / name, 2 * TRANSCRIPT_BYTES).decode(errors="replace")
    except (OSError, UserError):
        return None
    number, (role, _) = _place(name)
    return SessionTranscript(name=name, number=number, role=role, text=printable_lines(text, 2 * TRANSCRIPT_BYTES))
