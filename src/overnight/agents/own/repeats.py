"""Whether our agent goes round in circles: the same command, with the same outcome, in a folder that nothing changed.

The folder is scanned only when a command comes again with its outcome, since a scan costs milliseconds if it has
thousands of files. Times are compared on the clock that stamps files, which goes in steps of some milliseconds; a change in
the same step as the count is taken for a later one.

Does not cover: what changes beyond the first files of a very large folder.
"""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from overnight.agents.activity import LOOKED_AT

FILE_CLOCK = 5  # CLOCK_REALTIME_COARSE of Linux, which Python has no name for


class Repeats:
    """What was run in one workspace, and what came of it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: dict[int, tuple[int, int]] = {}  # by hash, as texts may be long: how often, and when last (ns)

    def count(self, command: str | None, outcome: str) -> int:
        """How often just this was seen by now, since the folder changed last."""
        key = hash((command, outcome))
        times, since = self._seen.get(key, (0, 0))
        if times and _newest(str(self._folder)) >= since:
            times = 0
        self._seen[key] = times + 1, time.clock_gettime_ns(FILE_CLOCK)
        return times + 1


def _newest(folder: str) -> int:
    """When a file below a folder was last written, made or removed (ns)."""
    return max(_changes(folder), default=0)


def _changes(folder: str) -> Iterator[int]:
    folders, seen = [folder], 0
    while folders and seen < LOOKED_AT:
        with suppress(OSError), os.scandir(path := folders.pop()) as entries:
            yield Path(path).stat().st_ctime_ns  # a removed file shows here alone; no program sets this time at will
            for entry in entries:
                seen += 1
                yield entry.stat(follow_symlinks=False).st_ctime_ns
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
