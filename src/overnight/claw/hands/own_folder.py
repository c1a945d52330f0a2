"""The claw's own folder, in which its commands run, and copies of it as it was before each change.

One change at a time, by a lock. A folder that is too large to be copied can be changed all the same; what is done there then
cannot be taken back, which is what `is_kept` is asked for first.

Does not cover: links and other special files, which no copy has; what a command reads in the folder and shows.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from overnight.claw.charter import FILES
from overnight.errors import UserError
from overnight.files.folders import closing_descriptor, copy_tree, remove_tree
from overnight.files.locks import take_lock
from overnight.files.own import make_folder, open_own
from overnight.jail.bubblewrap import identify
from overnight.jail.job import Limits
from overnight.jail.work_folder import DEEPEST, hand_over, look

UNDO = "undo"  # beside the folder
LOCK = "lock"
SPARE = "of-"  # a copy of a state that no command has changed yet
KEPT = 10  # copies
KEPT_BYTES, KEPT_FILES = 32 * 1000**2, 1000  # of a folder that is copied before a change
PATIENCE_S = 10.0  # for another command; a job takes longer


@dataclass(slots=True)
class Change:
    """One change of the folder."""

    undo: int = 0  # number of the copy of what was before; 0: there is none


class OwnFolder:
    """The folder of a claw, and what it was."""

    def __init__(self, claw: Path) -> None:
        """`claw`: its folder.

        Raises:
            NotOurs: something else is in the place of one of its folders.
        """
        self.path, self._undo = claw / FILES, claw / UNDO
        make_folder(self._undo)

    def is_kept(self) -> bool:
        """Whether it is small enough to be copied before a change."""
        found = look(self.path, Limits(disk_bytes=KEPT_BYTES, files=KEPT_FILES)) if self.path.is_dir() else None
        return found is None or (found.size_bytes <= KEPT_BYTES and found.files <= KEPT_FILES and found.depth <= DEEPEST)

    @contextmanager
    def changing(self) -> Iterator[Change]:
        """Nobody else changes it meanwhile; what was before is kept, unless nothing changes.

        Raises:
            UserError: another command changes it and does not end.
        """
        with self._locked():
            change = Change()
            job = identify(0)
            hand_over(self.path, job.uid if job.dropped else None)  # as the jail does, which would look like a change
            before = self.state()
            if self.is_kept():
                change.undo = self._keep(before)
            try:
                yield change
            finally:
                if change.undo and self.state() == before:
                    (self._undo / str(change.undo)).rename(self._undo / f"{SPARE}{before}")
                    change.undo = 0
                for number in self.copies()[:-KEPT]:
                    remove_tree(self._undo / str(number))

    def undo(self) -> int:
        """Make it what it was before the last change; the number of the copy of what it was until now.

        Raises:
            UserError: nothing is kept.
        """
        with self._locked():
            copies = self.copies()
            if not copies:
                raise UserError("there is nothing to take back", fix="nothing was changed, or the folder was too large to keep")
            number = copies[-1] + 1
            self.path.rename(self._undo / str(number))
            (self._undo / str(copies[-1])).rename(self.path)
            return number

    def drop(self, copies: Sequence[Path]) -> None:
        """Delete some copies for good.

        Raises:
            UserError: another command changes the folder and does not end.
        """
        with self._locked():
            for copy in copies:
                remove_tree(copy)

    def state(self) -> str:
        """A digest of names, sizes and times of what is in it: the same while nothing changes."""
        found = self._signature() if self.path.is_dir() else []
        return hashlib.sha256(json.dumps(found).encode()).hexdigest()

    def copies(self) -> list[int]:
        """The numbers of all copies, oldest first."""
        with os.scandir(self._undo) as entries:
            return sorted(int(entry.name) for entry in entries if entry.name.isdigit())

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with closing_descriptor(open_own(self._undo / LOCK, os.O_RDWR | os.O_CREAT)) as lock:
            if not take_lock(lock, within_s=PATIENCE_S):
                raise UserError("another command changes the folder `files`", fix="wait for it: overnight task list")
            if not self.path.exists() and (copies := self.copies()):  # a kill came while it was taken back
                (self._undo / str(copies[-1])).rename(self.path)
            if not self.path.is_dir():
                make_folder(self.path)
            yield

    def _keep(self, state: str) -> int:
        """Copy it, or take the copy that a command left which changed nothing."""
        number = max(self.copies(), default=0) + 1
        spare, part = self._undo / f"{SPARE}{state}", self._undo / "part"
        if not spare.exists():
            remove_tree(part)
            copy_tree(self.path, part)
            part.rename(spare)
        spare.rename(self._undo / str(number))
        for old in self._undo.glob(f"{SPARE}*"):
            remove_tree(old)
        return number

    def _signature(self) -> list[tuple[str, int, int, int]]:
        """What tells whether something in it changed: each entry with its size, time and number."""
        found = []
        for folder, folders, files, descriptor in os.fwalk(self.path, follow_symlinks=False):
            for name in (*folders, *files):
                with suppress(OSError):
                    status = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
                    time = 0 if name in folders else status.st_ctime_ns  # which a command cannot set
                    found.append((f"{folder}/{name}", status.st_size if time else 0, time, status.st_ino))
            if len(found) > KEPT_FILES:
                break
        return sorted(found)
