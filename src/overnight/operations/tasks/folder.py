"""The tasks on disk: a folder for each in the user's state folder, which its process and those that look share.

A task runs while the process runs that wrote itself down in it. It has ended when its end is written down, which is the last
thing that its process does; with neither, it ended unexpectedly. Killed at any moment, it is seen for what it is.

Does not cover: processes of our own user, who can write here whatever they like.
"""

import os
import re
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from overnight.errors import UserError
from overnight.files.folders import remove_tree
from overnight.files.own import claim_folder, close_folder, read_own
from overnight.files.state_folder import state_folder
from overnight.jobs.identity import Identity, boot_id, is_alive
from overnight.jobs.log import bound_log
from overnight.jobs.records import BadRecord, read_record
from overnight.operations.tasks.task import TaskCall, TaskEnd, TaskState
from overnight.words.foreign import printable

TASKS = "tasks"  # in the state folder
CALL, PROCESS, END, RESULT, LINES = "call.json", "process.json", "end.json", "result.json", "lines"
KEPT = 50  # tasks that have ended
STARTING_S = 60.0  # that a process may need until it writes itself down, on a loaded machine
MOST_RESULT = 4 * 1024**2  # bytes of a result as JSON
NAME = 100  # characters of a foreign name in a message
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFolder:
    """A task as it is written down."""

    place: Path
    call: TaskCall
    process: Identity | None
    end: TaskEnd | None

    @property
    def name(self) -> str:
        """That others find it by."""
        return self.place.name

    @property
    def state(self) -> TaskState:
        """How far it is now."""
        if self.end is not None:
            return self.end.state
        if self.process is None:
            return TaskState.RUNNING if abs(time.time() - self.call.began_at) < STARTING_S else TaskState.LOST
        lives = is_alive(self.process)
        if lives is None:  # of another boot, or of a namespace that we cannot look into
            lives = self.process.boot == boot_id()
        return TaskState.RUNNING if lives else TaskState.LOST


def tasks_folder() -> Path:
    """Where the tasks of this user are; it may not exist yet."""
    return state_folder() / TASKS


def all_tasks() -> Sequence[TaskFolder]:
    """All of them, newest first; one that cannot be read hides no other one."""
    folder = tasks_folder()
    try:
        close_folder(folder)
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if _NAME.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False)]
    except FileNotFoundError:
        return []
    found = []
    for name in names:
        with suppress(BadRecord, UserError, OSError):
            if task := _read(folder / name):
                found.append(task)
    return sorted(found, key=lambda task: task.call.began_at, reverse=True)


def find_task(name: str) -> TaskFolder:
    """The task of a name.

    Raises:
        UserError: there is none.
    """
    if _NAME.fullmatch(name) and len(name) <= NAME:
        with suppress(BadRecord, OSError):
            if task := _read(tasks_folder() / name):
                return task
    raise UserError(f"there is no task `{printable(name, NAME)}`", fix="see `overnight task list`")


def read_lines(task: TaskFolder, most_bytes: int) -> str:
    """The end of what it said."""
    path = task.place / LINES
    with suppress(OSError):
        bound_log(path)
        size = path.stat().st_size
        whole = read_own(path, size)[-most_bytes:].decode("utf-8", "replace")
        return whole if size <= most_bytes else whole.partition("\n")[2]
    return ""


def read_result(task: TaskFolder) -> bytes:
    """What it returned, as JSON; empty: nothing."""
    with suppress(OSError):
        return read_own(task.place / RESULT, MOST_RESULT)
    return b""


def forget_old() -> None:
    """Delete those that ended long before others."""
    ended = [task for task in all_tasks() if task.state is not TaskState.RUNNING]
    for task in ended[KEPT:]:
        with suppress(OSError):
            remove_tree(task.place)


def _read(place: Path) -> TaskFolder | None:
    claim_folder(place)
    process, end = read_record(place / PROCESS, Identity), read_record(place / END, TaskEnd)
    call = read_record(place / CALL, TaskCall)
    if end is None and process is not None and is_alive(process) is False:
        end = read_record(place / END, TaskEnd)  # it ended while we looked
    return None if call is None else TaskFolder(place=place, call=call, process=process, end=end)
