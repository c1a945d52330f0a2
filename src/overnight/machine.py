"""What of this machine a session has: how many trials at once, on which processors, in which executor."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from overnight.jail.port import Executor
from overnight.machines.cores import Cores, claimed_cores
from overnight.program.program import Program


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """The part of the machine that the trials of a session run on."""

    slots: int
    cores: Cores


@contextmanager
def share_of(program: Program, asked: int | None) -> Iterator[Share]:
    """Take a share: `asked` slots, or as many as fit; its processors are given back at the end."""
    slots = asked or slots_for(program)
    with claimed_cores(slots * program.limits.cpus) as cores:
        yield Share(slots=slots, cores=cores)


def slots_for(program: Program) -> int:
    """How many trials may run at once: one for a timing metric or a GPU, else as many as cores and memory allow."""
    if program.measures_time or program.limits.gpus:
        return 1
    memory_bytes = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return max(1, min(len(os.sched_getaffinity(0)) // program.limits.cpus, memory_bytes // program.limits.memory_bytes))


def make_executor(name: str, program: Program, share: Share | None = None, *, others: int = 0) -> Executor:
    """The executor of this name.

    Args:
        name: `jail` or `process`.
        program: whose limits hold.
        share: the first slots are those of its trials, each pinned to its part of the processors.
        others: further slots, pinned to nothing.
    """
    slots, each = share.slots if share else 0, program.limits.cpus
    pinned = {slot: share.cores.of_slot(slot, each) for slot in range(slots)} if share else {}
    if name == "jail":
        from overnight.jail.jail import JailExecutor

        return JailExecutor(slots=slots + others, cpus_of_slot=pinned, search_path=search_path())
    from overnight.jail.process import ProcessExecutor

    return ProcessExecutor(slots=slots + others, cpus_of_slot=pinned, search_path=search_path())


def search_path() -> str:
    """The PATH that commands of a program are looked up in: the user's own, then where our own interpreter is."""
    return f"{os.environ.get('PATH', os.defpath)}:{Path(sys.executable).parent}"
