"""The limits that no kernel feature enforces: disk space and files of the job's folder, and memory without a control group.

Does not cover: what happens between two checks, 0.1 s apart: a job can exceed a limit by what it writes or allocates in that
time. The free space of the disk shows when to count the folder again; other users of the same disk can hide this for 2 s,
and at the end of a job in a folder of many files. Without a control group: memory files that nobody maps; a job shorter than
0.1 s has no peak (0).
"""

import os
import time
from pathlib import Path

import anyio
from anyio import to_thread

from overnight.jail.cgroup import ControlGroup
from overnight.jail.job import Limits
from overnight.jail.limit_hits import LimitHit, disk_stop, memory_stop
from overnight.jail.processes import family_memory_bytes
from overnight.jail.work_folder import Contents, look

TICK_S = 0.1
COUNT_EVERY_S = 2.0  # even if the disk's free space gives no reason to
CHEAP_FILES = 2_000  # a folder of up to this many is always counted at a job's end: a millisecond or two
_COUNT_SHARE = 50  # a count that took t is not repeated before 50 t: it may take 2% of our time


class DiskWatch:
    """Whether a job's folder is within its limits."""

    def __init__(self, folder: Path, limits: Limits, contents: Contents) -> None:
        self._folder = folder
        self._limits = limits
        self._counted(contents, 0.0)

    def in_doubt(self) -> bool:
        """Whether enough of the disk was used since the last count that the folder may be over a limit."""
        free_bytes, free_files = self._free()
        return (
            self._free_bytes - free_bytes > self._limits.disk_bytes - self._contents.size_bytes
            or self._free_files - free_files > self._limits.files - self._contents.files
        )

    def due(self) -> bool:
        """Whether it is time to count in any case."""
        return time.monotonic() >= self._next_s

    async def count(self) -> LimitHit | None:
        """Count the folder's contents; return the limit it exceeds, if any."""
        began_s = time.monotonic()
        contents = await to_thread.run_sync(look, self._folder, self._limits)
        self._counted(contents, time.monotonic() - began_s)
        return disk_stop(contents, self._limits)

    async def last_look(self) -> LimitHit | None:
        """The limit it exceeds at the end, if any. If we are not root, counting also gives us rights to read and delete."""
        cheap = self._contents.files <= CHEAP_FILES
        return await self.count() if cheap or self.in_doubt() or os.geteuid() != 0 else None

    def _counted(self, contents: Contents, took_s: float) -> None:
        self._contents = contents
        self._free_bytes, self._free_files = self._free()
        self._next_s = time.monotonic() + max(COUNT_EVERY_S, _COUNT_SHARE * took_s)

    def _free(self) -> tuple[int, int]:
        try:
            status = os.statvfs(self._folder)
        except FileNotFoundError:
            return 0, 0
        return status.f_bfree * status.f_frsize, status.f_ffree


class MemoryWatch:
    """Whether a job is within its memory limit: by its control group, otherwise by adding up its processes."""

    def __init__(self, group: ControlGroup, pid: int, limits: Limits) -> None:
        self._group = group
        self._pid = pid
        self._limits = limits
        self.peak_bytes = 0  # the highest sum seen

    def check(self) -> LimitHit | None:
        """The limit it exceeds, if any; without a control group this takes a moment per process."""
        if "memory" in self._group.limited:
            self.peak_bytes = max(self.peak_bytes, self._group.memory_bytes())  # Linux before 5.19 keeps no peak in v2
            return memory_stop(self._group.usage().peak_memory_bytes, self._limits) if self._group.oom_kills() else None
        self.peak_bytes = max(self.peak_bytes, used := family_memory_bytes(self._pid))
        return memory_stop(used, self._limits) if used > self._limits.memory_bytes else None


async def until_over(disk: DiskWatch, memory: MemoryWatch) -> LimitHit:
    """Return when a limit is exceeded."""
    while True:
        await anyio.sleep(TICK_S)
        stop = memory.check()
        if stop is None and (disk.in_doubt() or disk.due()):
            stop = await disk.count()
        if stop is not None:
            return stop
