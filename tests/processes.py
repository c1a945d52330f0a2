"""The processes that run on this machine."""

import time
from contextlib import suppress
from pathlib import Path

PATIENCE_S = 30.0  # a killed process takes a moment to disappear


def command_lines() -> set[bytes]:
    """The command lines of all processes, with a NUL after each word; processes may come and go meanwhile."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            found.add(path.read_bytes())
    return found


def gone(mark: str) -> bool:
    """Whether no process has this text in its command line any more, with a space between words."""
    until = time.monotonic() + PATIENCE_S
    while found := any(mark.encode() in line.replace(b"\0", b" ") for line in command_lines()):
        if time.monotonic() > until:
            break
        time.sleep(0.02)
    return not found


def appeared(mark: str) -> bool:
    """Whether a process with this text in its command line appears, with a space between words."""
    until = time.monotonic() + PATIENCE_S
    while not any(mark.encode() in line.replace(b"\0", b" ") for line in command_lines()):
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True
