"""Which process it is, beyond a number that the kernel gives to another one later.

A process is known by its number, the moment it started, the boot of the machine and its namespace of process numbers.
Does not cover: two machines that share a state folder and were cloned while running.
"""

import os
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from overnight.files.folders import closing_descriptor

BOOT = Path("/proc/sys/kernel/random/boot_id")
_AFTER_NAME = b") "  # in /proc/PID/stat; the name before it may hold anything
_STATE, _STARTED = 0, 19  # of the fields after the name
_ENDED = (b"Z", b"X")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """One process of one boot of one machine."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid"}
    pid: int
    started: int  # clock ticks after the boot
    boot: str
    namespace: int  # of process numbers


def own_identity() -> Identity:
    """This process."""
    pid = os.getpid()
    return Identity(pid=pid, started=_started(pid) or 0, boot=boot_id(), namespace=_namespace())


def boot_id() -> str:
    """The name of this boot; empty if the kernel does not say."""
    try:
        return BOOT.read_text(encoding="ascii").strip()
    except OSError:
        return ""


def is_reachable(process: Identity) -> bool:
    """Whether its number means the same here."""
    return process.boot != "" and process.boot == boot_id() and process.namespace == _namespace()


def is_alive(process: Identity) -> bool | None:
    """Whether this very process runs; None if that cannot be known from here: another boot, machine or namespace."""
    return _started(process.pid) == process.started if is_reachable(process) else None


def send_signal(process: Identity, number: signal.Signals) -> bool:
    """Send a signal to this very process, to no other one; whether it got it."""
    try:
        with closing_descriptor(os.pidfd_open(process.pid)) as held:  # from here on the number is not given away
            if is_alive(process):
                signal.pidfd_send_signal(held, number)
                return True
    except OSError:  # it has ended, or belongs to another user
        pass
    return False


def _started(pid: int) -> int | None:
    """When a process started, None if there is none or it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(_AFTER_NAME)[2].split()
    except OSError:
        return None
    return int(fields[_STARTED]) if len(fields) > _STARTED and fields[_STATE] not in _ENDED else None


def _namespace() -> int:
    try:
        return Path("/proc/self/ns/pid").stat().st_ino
    except OSError:
        return 0
