"""Which of our runs a control group or a process belongs to, so that what a killed run left can be found and removed.

Does not cover: what was left by another user's run or by one in another pid namespace, whose pids mean nothing here.
"""

import os
import re
import signal
from contextlib import suppress
from functools import cache
from pathlib import Path

from overnight.jail.processes import start_ticks

_TAG = re.compile(r"overnight-(?P<space>\d+)-(?P<pid>\d+)-(?P<start>\d+)")


def owner_tag() -> str:
    """A name that no other process has, even after this one's end and in other containers."""
    return _tag_of(os.getpid())


@cache
def _tag_of(pid: int) -> str:
    return f"overnight-{_pid_space()}-{pid}-{start_ticks(pid)}"


def owner_is_dead(tag: str) -> bool:
    """Whether the tag is one of ours and its process has ended."""
    owner = _TAG.fullmatch(tag)
    return owner is not None and int(owner["space"]) == _pid_space() and start_ticks(int(owner["pid"])) != int(owner["start"])


def sweep_processes(program: str) -> None:
    """End the processes of a program that have a dead owner's tag as an argument.

    If its parent dies during set-up, bwrap waits for it forever; the job itself has not begun by then.
    """
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError):  # it ended by itself
                name, *arguments = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
                if name == program and folder.stat().st_uid == os.geteuid() and any(map(owner_is_dead, arguments)):
                    os.kill(int(folder.name), signal.SIGKILL)


def _pid_space() -> int:
    return Path("/proc/self/ns/pid").stat().st_ino
