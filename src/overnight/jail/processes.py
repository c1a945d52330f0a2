"""What `/proc` says about processes: when one started, its children, and what a family of them uses.

Does not cover: processes that left the family by a double fork, which only a control group or a pid namespace can find.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc")


def start_ticks(pid: int) -> int | None:
    """When a process started, in clock ticks since boot; None if there is none. Pid and start together identify a process."""
    fields = _stat(pid)
    return int(fields[19]) if fields else None


def children(pid: int) -> list[int]:
    """The pids of a process's children that have not been waited for."""
    try:
        return [int(child) for child in (_PROC / f"{pid}/task/{pid}/children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def session_members(session: int) -> list[int]:
    """The pids of all live processes in a session."""
    pids = [int(folder.name) for folder in _PROC.iterdir() if folder.name.isdigit()]
    stats = ((pid, _stat(pid)) for pid in pids)
    return [pid for pid, fields in stats if fields and int(fields[3]) == session and fields[0] not in "ZX"]


def family_memory_bytes(pid: int) -> int:
    """The memory of a process and all its descendants; shared pages count once."""
    return sum(_proportional_bytes(member) for member in _family(pid))


def family_cpu_s(pid: int) -> float:
    """The processor time of a process, its descendants, and those that they waited for."""
    fields = (_stat(member) for member in _family(pid))
    ticks = sum(int(count) for stat in fields if stat for count in stat[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


def _family(pid: int) -> Iterator[int]:
    waiting = [pid]
    while waiting:
        member = waiting.pop()
        waiting.extend(children(member))
        yield member


def _proportional_bytes(pid: int) -> int:
    with suppress(OSError):
        for line in (_PROC / f"{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def _stat(pid: int) -> list[str] | None:
    """The fields of `/proc/<pid>/stat`, from the third (the state) on."""
    try:
        text = (_PROC / f"{pid}/stat").read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    return text.rpartition(")")[2].split()
