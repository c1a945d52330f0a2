"""Jobs of one session on a node's disk: a folder each, and the result of one that has ended, until the head acknowledges it.

Only the process that has locked the session uses them. A folder without a result is of a job that was killed with its process.
"""

import hashlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from pydantic import ValidationError

from overnight.egress.connection import Connection
from overnight.files.atomic import write_atomically
from overnight.files.folders import remove_tree
from overnight.files.own import make_folder, read_own
from overnight.jail.job import JobResult
from overnight.machines.nodes.message import Message
from overnight.machines.nodes.tree import Changes

KEPT_S = 7 * 24 * 3600.0  # a result that nobody collects
LARGEST_RESULT = 256 * 1000**2  # bytes; a hundred thousand changed files have 30 MB
_RESULT = "result.json"
_DIGITS = 32  # of a folder's name, which says nothing about the job


class Finished(Message):
    """How a job ended, and what it left."""

    job_id: str
    asked: bytes  # digest of what was asked, so that a result is never taken for that of another job
    slot: int  # of the node
    keep: bool  # it outlives the session
    result: JobResult
    captured_bytes: int  # of its output
    changes: Changes = Changes()  # empty if a limit ended it
    reached: tuple[Connection, ...] = ()  # of the hosts that it may reach
    ended_at: float  # Unix time, by the node's clock


class Spool:
    """The jobs of one session on one node, by id."""

    def __init__(self, folder: Path, now: Callable[[], float]) -> None:
        """Find what earlier processes left: results that are to be kept and not too old stay, all else is deleted.

        Raises:
            UserError: the folder is not ours.
        """
        make_folder(folder)
        self.folder = folder
        self._finished: dict[str, Finished] = {}
        for each in list(folder.iterdir()):
            found = _read(each)
            if found and found.keep and now() - found.ended_at < KEPT_S:
                self._finished[found.job_id] = found
            else:
                remove_tree(each)

    @property
    def finished(self) -> Mapping[str, Finished]:
        """The results that are not acknowledged."""
        return self._finished

    def place(self, job_id: str) -> None:
        """Make a new folder for a job; what was there is deleted.

        Raises:
            OSError: there is no room on the disk.
        """
        self.remove(job_id)
        self._path(job_id).mkdir(mode=0o700)

    def finish(self, finished: Finished) -> None:
        """Keep a result; from now on it outlives this process, but perhaps not a crash of the machine.

        Raises:
            OSError: there is no room on the disk.
        """
        write_atomically(self._path(finished.job_id) / _RESULT, finished.model_dump_json().encode(), lasting=False)
        self._finished[finished.job_id] = finished

    def tree(self, job_id: str) -> Path:
        """The job's own folder."""
        return self._path(job_id) / "tree"

    def output(self, job_id: str) -> Path:
        """What the job printed."""
        return self._path(job_id) / "output"

    def remove(self, job_id: str) -> None:
        """Delete all of a job; nothing happens if there is none."""
        self._finished.pop(job_id, None)
        folder = self._path(job_id)
        with suppress(FileNotFoundError):
            (folder / _RESULT).unlink()  # first: what is half deleted has no result
        remove_tree(folder)

    def _path(self, job_id: str) -> Path:
        return self.folder / hashlib.sha256(job_id.encode()).hexdigest()[:_DIGITS]


def _read(folder: Path) -> Finished | None:
    try:
        return Finished.model_validate_json(read_own(folder / _RESULT, LARGEST_RESULT))
    except (OSError, ValidationError):  # there is none, or it is of another version
        return None
