"""Whether our agent goes round in circles: a command again, with the outcome that it had, and with the same files after it.

What counts is what the files hold and not their times: a command may write the same again, such as `sed -i` in a file that
has nothing to replace, and so may our jail, which gives a new file to the user that jobs run as. Two commands that undo each
other are found the same way, as each leaves what it left before.

An outcome that differs in times, process ids and addresses alone counts as nearly the same. It is tolerated for longer: a
time may be what is measured.

The folder is read only when a command comes again with its outcome, and a file only if it changed since. So the first time
that it comes again, times alone tell whether anything changed: on the clock that stamps files, which goes in steps of some
milliseconds, so that a change in the same step as the count is taken for a later one.

Does not cover: what changes beyond the first files of a very large folder; the content of large files, and of those beyond what
is read at once, for which size and time of writing stand.
"""

import os
import re
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

from overnight.agents.activity import LOOKED_AT

SAME = 3  # times that a command may have just the same outcome, until the turn is over
NEARLY = 8  # times that it may have nearly the same one
READ_BYTES = 1_000_000  # of a file; of a larger one the content is not compared
READ_AT_ONCE = 64_000_000  # bytes of all files, each time that the folder is read: nothing else runs meanwhile
FILE_CLOCK = 5  # CLOCK_REALTIME_COARSE of Linux, which Python has no name for
_PASSING = re.compile(
    r"""\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?)?  # dates, with a time
    |\b\d{1,2}:\d\d(?::\d\d)?(?:[.,]\d+)?                                            # times of day
    |\b\d+(?:\.\d+)?(?:e-?\d+)?\s?(?:[munμ]?s|sec(?:ond)?s?|min(?:ute)?s?|h|it/s|s/it)\b  # how long, how fast
    |\b(?:real|user|sys)\s+\d+m\d+[.,]\d+s
    |\b0x[0-9a-f]+\b                                                                 # addresses
    |\bpid\W{1,3}\d+|\[\d{2,7}\]                                                     # processes
    |\b1[6-9]\d{8}(?:\.\d+)?\b                                                       # seconds since 1970
    |/tmp/[\w./-]+""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Repetition:
    """How often a command had its outcome by now."""

    same: int  # just this one, in a row
    nearly: int  # this or nearly this one

    @property
    def noticed(self) -> bool:
        """Whether it is worth a remark."""
        return self.same > 1

    @property
    def over(self) -> bool:
        """Whether the turn is over for it."""
        return self.same > SAME or self.nearly > NEARLY


@dataclass(slots=True, kw_only=True)
class _Seen:
    """What came of a command the last time."""

    outcome: int
    files: int | None  # what they held after it; None: nobody looked
    at: int  # ns
    same: int = 1
    nearly: int = 1


class Repeats:
    """What was run in one workspace, and what came of it."""

    def __init__(self, folder: Path) -> None:
        self._files = _Files(folder=str(folder))
        self._once: dict[int, tuple[str, int] | None] = {}  # outcome and time of commands that came once, by hash
        self._seen: dict[int, _Seen] = {}  # by hash of command and outcome

    def count(self, command: str | None, outcome: str) -> Repetition:
        """How often just this was seen by now, with the same files after it."""
        key, now = hash(command), time.clock_gettime_ns(FILE_CLOCK)
        if key not in self._once:
            self._once[key] = outcome, now
            return Repetition(same=1, nearly=1)
        if once := self._once[key]:
            first, at = once
            self._seen[_key(key, first)] = _Seen(outcome=hash(first), files=None, at=at)
            self._once[key] = None
        seen = self._seen.setdefault(_key(key, outcome), fresh := _Seen(outcome=hash(outcome), files=None, at=now))
        return Repetition(same=1, nearly=1) if seen is fresh else self._again(seen, hash(outcome), now)

    def _again(self, seen: _Seen, outcome: int, now: int) -> Repetition:
        files, newest = self._files.look()
        if newest >= seen.at if seen.files is None else seen.files != files:
            seen.same = seen.nearly = 0
        seen.same = seen.same + 1 if seen.outcome == outcome or not seen.same else 1
        seen.nearly += 1
        seen.outcome, seen.files, seen.at = outcome, files, now
        return Repetition(same=seen.same, nearly=seen.nearly)


def _key(command: int, outcome: str) -> int:
    return hash((command, _PASSING.sub("", outcome)))


@dataclass(slots=True, kw_only=True)
class _Files:
    """What the files below a folder hold."""

    folder: str
    _known: dict[str, tuple[tuple[int, ...], bytes]] = field(default_factory=dict)  # state and content of each
    _at: int = 0  # when it was looked (ns)
    _room: int = 0  # bytes that are still read this time

    def look(self) -> tuple[int, int]:
        """A number that is the same if they hold the same, and when one was last written, made or removed (ns)."""
        now, self._room = time.clock_gettime_ns(FILE_CLOCK), READ_AT_ONCE
        self._known = {path: (state, content) for path, state, content in self._entries()}
        self._at = now
        newest = max(Path(self.folder).stat().st_ctime_ns, *(state[-1] for state, _ in self._known.values()), 0)
        return hash(frozenset((path, content) for path, (_, content) in self._known.items())), newest

    def _entries(self) -> Iterator[tuple[str, tuple[int, ...], bytes]]:
        folders, looked = [self.folder], 0
        while folders and looked < LOOKED_AT:
            with suppress(OSError), os.scandir(folders.pop()) as entries:
                for entry in entries:
                    looked += 1
                    status = entry.stat(follow_symlinks=False)
                    # No program sets the third time at will.
                    state = (status.st_ino, status.st_size, status.st_ctime_ns)
                    known = self._known.get(entry.path)
                    still = known and known[0] == state and status.st_ctime_ns < self._at  # else written as we looked, perhaps
                    held = known[1] if known and still else self._content(entry.path, status)
                    yield entry.path, state, held
                    if stat.S_ISDIR(status.st_mode):
                        folders.append(entry.path)

    def _content(self, path: str, status: os.stat_result) -> bytes:
        """What stands for the content of a file; of anything but a small ordinary one, what its status says."""
        with suppress(OSError):
            if stat.S_ISLNK(status.st_mode):
                return b"to " + os.fsencode(Path(path).readlink())
            if stat.S_ISREG(status.st_mode) and status.st_size <= min(READ_BYTES, self._room):
                descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
                with os.fdopen(descriptor, "rb") as file:
                    content = file.read(READ_BYTES)
                self._room -= len(content)
                return blake2b(content, digest_size=16).digest()
        kind = stat.S_IFMT(status.st_mode)
        return b"%d" % kind if kind == stat.S_IFDIR else b"%d %d %d" % (kind, status.st_size, status.st_mtime_ns)
