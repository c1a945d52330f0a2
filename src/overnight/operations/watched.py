"""Files of this user's state that pages watch."""

from collections.abc import Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path

from overnight.files.signature import database
from overnight.files.state_folder import state_folder
from overnight.jobs.records import ENDED, NOW, SETUP, loops_folder
from overnight.ledger.file import NAME as LEDGER
from overnight.models.spending.book import NAME as ACCOUNT
from overnight.operations.record import FOLDER as RECORD
from overnight.operations.tasks.folder import END, LINES, PROCESS, RESULT, find_task, tasks_folder

MOST_LOOPS, MOST_TASKS = 200, 100  # that are watched


def loops() -> Sequence[Path]:
    """What is written down of the loops."""
    return _below(loops_folder(), MOST_LOOPS, (NOW, ENDED, SETUP))


def approvals() -> Sequence[Path]:
    """The record of operations."""
    return (state_folder() / RECORD / LEDGER,)


def spending() -> Sequence[Path]:
    """The account of what models cost."""
    return database(state_folder() / ACCOUNT)


def tasks() -> Sequence[Path]:
    """What is written down of the tasks."""
    return _below(tasks_folder(), MOST_TASKS, (PROCESS, END))


def task(name: str) -> Sequence[Path]:
    """What is written down of one, and what it says; none if there is no such task."""
    place = find_task(name).place
    return [place / each for each in (PROCESS, END, RESULT, LINES)]


def _below(folder: Path, most: int, names: Sequence[str]) -> Sequence[Path]:
    """A folder, and the files of these names in the folders in it."""
    places: list[Path] = []
    with suppress(OSError):
        places = sorted(islice(folder.iterdir(), most))
    return (folder, *(place / name for place in places for name in names))
