"""The files of the registry: each is one value as JSON, written whole, and checked when it is read.

Does not cover: processes of our own user, who can write here whatever they like; no file names a command, for that reason.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from overnight.errors import UserError
from overnight.files.atomic import write_atomically
from overnight.files.folders import closing_descriptor, write_all
from overnight.files.locks import take_lock
from overnight.files.own import NotOurs, make_folder, open_own, read_own
from overnight.files.state_folder import state_folder

if TYPE_CHECKING:
    from _typeshed import DataclassInstance
    from pydantic import TypeAdapter

LOOPS = "loops"
CHANGES = "changes"  # a lock: one process at a time changes what is set up
PATIENCE_S = 10.0  # for a change of another process, which takes a moment
LOCK, NOW, ENDED, SETUP, WATCH, LOG = "lock", "now.json", "ended.json", "setup.json", "watch.json", "log"
_NEW = ".new"
MOST_BYTES = 64 * 1024  # of a record
R = TypeVar("R")


class BadRecord(Exception):  # noqa: N818  # a state
    """A file of the registry that is none of ours, or that holds something else."""


def loops_folder() -> Path:
    """Where the loops of this user are written down; it may not exist yet."""
    return state_folder() / LOOPS


def make_place(loops: Path, key: str) -> Path:
    """The folder of a loop, for us alone.

    Raises:
        NotOurs: something else is in its place, or in that of a folder above.
    """
    place = loops / key
    for each in (loops.parent, loops, place):
        make_folder(each)
    return place


@contextmanager
def changing(loops: Path) -> Iterator[None]:
    """Be the only one who changes what is set up; not for long.

    Raises:
        UserError: another process does not finish its change.
    """
    for each in (loops.parent, loops):
        make_folder(each)
    with closing_descriptor(open_own(loops / CHANGES, os.O_RDWR | os.O_CREAT)) as file:
        if not take_lock(file, within_s=PATIENCE_S):
            fix = "`overnight ps` shows the supervisor's process: if it is stopped or stuck, kill it"
            raise UserError("another process is changing the loops and does not finish", fix=fix)
        yield


def write_record(path: Path, record: "DataclassInstance") -> None:
    """Write a value; after a crash of the machine the file has the old or the new one."""
    write_atomically(path, _text(record))


def write_soon(path: Path, record: "DataclassInstance") -> None:
    """The same without a wait for the disk, for what means nothing after a restart of the machine; one writer only."""
    new = path.with_name(f"{path.name}{_NEW}")
    with closing_descriptor(open_own(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)) as file:
        write_all(file, _text(record))
    new.replace(path)


def read_record(path: Path, form: type[R]) -> R | None:
    """A value, None if it was not written.

    Raises:
        BadRecord: the file is not ours, or holds something else.
    """
    from pydantic import ValidationError

    try:
        content = read_own(path, MOST_BYTES)
        return _adapter(form).validate_json(content)
    except FileNotFoundError:
        return None
    except ValidationError as error:
        raise BadRecord(f"it is not a record: {error.errors(include_input=False)[0]['msg']}") from error
    except (OSError, NotOurs) as error:
        raise BadRecord(str(error)) from error


def remove(path: Path) -> None:
    """Delete a record if it is there."""
    with suppress(FileNotFoundError):
        path.unlink()


def remove_run(place: Path) -> None:
    """Delete what a run wrote down, by the process that holds its lock; and the folder, unless the loop is set up."""
    for name in (NOW, f"{NOW}{_NEW}", ENDED, LOCK):
        remove(place / name)
    with suppress(OSError):
        place.rmdir()


def _text(record: "DataclassInstance") -> bytes:
    try:
        return json.dumps(asdict(record), indent=1, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise UserError("a loop whose path is not UTF-8 cannot be listed or kept up", fix="rename its folder") from error


def _adapter(form: type[R]) -> "TypeAdapter[R]":
    from pydantic import TypeAdapter

    if form not in _ADAPTERS:
        _ADAPTERS[form] = TypeAdapter(form)
    return _ADAPTERS[form]


_ADAPTERS: dict[type, "TypeAdapter[Any]"] = {}  # Any: of each form its own
