"""What actions may use of the disk, all together: their folders, what is kept of their jobs, and what `setup` made.

When it is used up, setups that nobody uses are deleted first. If that is not enough, no further folder is made: an action that
needs one waits, with the reason, until there is room, and has lost nothing. What is under way goes on, within the limit of each
job.
"""

import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from overnight.actions.checkouts.setups import Setups
from overnight.errors import UserError
from overnight.words.quantities import size_text

MOST_BYTES = 30 * 1000**3
FREE_BYTES = 1000**3  # of the disk, that others need
LOOK_S = 10.0  # between counts: one of ten folders of 10,000 files takes 0.2 s


class NoRoom(UserError):  # noqa: N818  # a state
    """No further folder may be made now."""


@dataclass(slots=True, kw_only=True)
class Disk:
    """The share of all actions of this user."""

    place: Path  # of all actions
    setups: Setups
    most_bytes: int = MOST_BYTES
    free_bytes: int = FREE_BYTES
    clock: Callable[[], float] = time.monotonic
    _counted: tuple[float, int] = field(default=(float("-inf"), 0))

    def problem(self) -> str:
        """Why no further folder may be made, and what to do; empty if one may."""
        if not (why := self._problem()):
            return ""
        self.setups.sweep(most_bytes=0)
        self._counted = (float("-inf"), 0)
        return self._problem() and why

    def used_bytes(self) -> int:
        """On disk now, or when it was counted last, some seconds ago."""
        when, size = self._counted
        if self.clock() - when >= LOOK_S:
            size = size_on_disk(self.place)
            self._counted = self.clock(), size
        return size + self.setups.size_bytes()

    def _problem(self) -> str:
        if (used := self.used_bytes()) > self.most_bytes:
            left = "let actions under way end, accept or drop results"
            return f"actions use {size_text(used)} of their {size_text(self.most_bytes)} of disk in {self.place}: {left}"
        free = shutil.disk_usage(self.place).free if self.place.is_dir() else self.free_bytes
        if free < self.free_bytes:
            return (
                f"the disk of {self.place} has {size_text(free)} left, and actions need {size_text(self.free_bytes)}: free some"
            )
        return ""


def size_on_disk(folder: Path) -> int:
    """Of everything below a folder, bytes; what is deleted meanwhile does not count."""
    size, folders = 0, [str(folder)]
    while folders:
        try:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    status = entry.stat(follow_symlinks=False)
                    size += status.st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
        except OSError:
            continue
    return size
