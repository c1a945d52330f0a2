"""The output of a loop that runs in the background: a file that does not grow for ever."""

import os
from pathlib import Path

from overnight.files.atomic import write_atomically
from overnight.files.folders import closing_descriptor
from overnight.files.own import open_own
from overnight.words.foreign import printable

MOST_BYTES = 4 * 1024**2
KEPT_BYTES = 1024**2  # of its end, in a file beside it
_READ_BYTES = 8192
_ERROR = "error: "
LINE = 300  # characters


def bound_log(path: Path) -> None:
    """Begin a log anew that has become long; what it said last stays beside it.

    The process that writes has it open for appending, so that it goes on at the new end. What it writes in the moment between
    the copy and the cut is lost.
    """
    try:
        file = open_own(path, os.O_RDWR)
    except FileNotFoundError:
        return
    with closing_descriptor(file):
        size = os.fstat(file).st_size
        if size > MOST_BYTES:
            write_atomically(path.with_name(f"{path.name}.1"), os.pread(file, KEPT_BYTES, size - KEPT_BYTES))
            os.ftruncate(file, 0)


def last_words(path: Path, start: int = 0) -> str:
    """The newest line after `start` in which a command said what is wrong, else the last line; empty if there is none."""
    try:
        with closing_descriptor(open_own(path, os.O_RDONLY)) as file:
            size = os.fstat(file).st_size
            begin = max(size - _READ_BYTES, start if start <= size else 0)  # the log was begun anew meanwhile
            text = os.pread(file, _READ_BYTES, max(0, begin)).decode("utf-8", "replace")
    except OSError:
        return ""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    wrong = [line.removeprefix(_ERROR) for line in lines if line.startswith(_ERROR)]
    return printable((wrong or lines or [""])[-1], LINE)
