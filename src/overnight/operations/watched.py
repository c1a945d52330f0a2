"""Files of this user's state that pages watch."""

from collections.abc import Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path

from overnight.files.state_folder import state_folder
from overnight.jobs.records import ENDED, NOW, SETUP, loops_folder
from overnight.ledger.file import NAME as LEDGER
from overnight.models.spending.book import NAME as ACCOUNT
from overnight.operations.record import FOLDER as RECORD
from overnight.operations.tasks.folder import END, LINES, PROCESS, RESULT, find_task, tasks_folder

MOST_LOOPS, MOST_TASKS = 200, 100  # that are watched


def loops() -> Sequence[Path]:
    """What is written down of the loops."""
    folder = loops_folder()
    places: list[Path] = []
    with suppress(OSError):
        places = sorted(islice(folder.iterdir(), MOST_LOOPS))
    return (folder, *(place / name for place in places for name in (NOW, ENDED, SETUP)))


def approvals() -> Sequence[Path]:
    """The record of operations."""
    record = state_folder() / RECORD / LEDGER
    return (record, record.with_name(f"{LEDGER}-wal"))


def spending() -> Sequence[Path]:
    """The account of what models cost."""
    account = state_folder() / ACCOUNT
    return (account, account.with_name(f"{ACCOUNT}-wal"))


def tasks() -> Sequence[Path]:
    """What is written down of the newest tasks."""
    folder = tasks_folder()
    places: list[Path] = []
    with suppress(OSError):
        places = sorted(islice(folder.iterdir(), MOST_TASKS))
    return (folder, *(place / name for place in places for name in (PROCESS, END)))


def task(name: str) -> Sequence[Path]:
    """What is written down of one, and what it says; none if there is no such task."""
    place = find_task(name).place
    return [place / each for each in (PROCESS, END, RESULT, LINES)]
