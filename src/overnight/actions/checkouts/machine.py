"""What all actions share of this machine: the slots of jobs, an executor for each repository, and what `setup` made.

An agent's job waits for models most of its time, so each action has a slot of its own for those. Checks compute: so many run
at once as there are processors and memory for, whatever actions they are of.
"""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import anyio

from overnight.actions.checkouts.disk import Disk
from overnight.actions.checkouts.places import own_environment
from overnight.actions.checkouts.setups import Setups
from overnight.git.repository import Repository
from overnight.jail.job import Limits
from overnight.jail.port import Executor
from overnight.machines.share import make_executor
from overnight.research.places.seclusion import checkout_of

AT_ONCE = 10  # actions
SETUPS = 2  # at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What jobs may use of this machine at most."""

    cpus: int
    memory_bytes: int
    gpus: int = 0


def whole_machine() -> Need:
    """What there is, as far as jobs are shown it; jobs with GPUs run one after the other."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return Need(cpus=len(os.sched_getaffinity(0)), memory_bytes=memory)


@dataclass(slots=True, kw_only=True)
class Machine:
    """The slots and executors of one process that runs actions."""

    sandbox: str = "jail"
    at_once: int = AT_ONCE  # actions
    checks: Need = field(default_factory=whole_machine)  # what all that run at once may need
    disk: Disk
    _executors: dict[tuple[Path, str], Executor] = field(default_factory=dict)
    _free: list[int] = field(default_factory=list)  # slots of actions
    _of_checks: "_Pool" = field(init=False)
    _of_setups: "_Pool" = field(init=False)

    def __post_init__(self) -> None:
        self._free = list(range(self.at_once))
        self._of_checks = _Pool(self.at_once, self.checks.cpus, share=self.checks)
        self._of_setups = _Pool(self.at_once + self.checks.cpus, SETUPS)

    @contextmanager
    def slot(self) -> Iterator[int]:
        """A slot for the agents of one action."""
        slot = self._free.pop(0)
        try:
            yield slot
        finally:
            self._free.append(slot)

    def check_slot(self, limits: Limits) -> AbstractAsyncContextManager[int]:
        """A slot for one check; waits until there are processors and memory for its limits."""
        return self._of_checks.slot(Need(cpus=limits.cpus, memory_bytes=limits.memory_bytes, gpus=limits.gpus))

    def setup_slot(self) -> AbstractAsyncContextManager[int]:
        """A slot for one run of a `setup`, which waits for downloads most of its time."""
        return self._of_setups.slot(Need(cpus=0, memory_bytes=0))

    def executor(self, repository: Repository) -> Executor:
        """The executor of a repository's jobs, which sees nothing of it but its own environment of programs.

        Raises:
            SandboxError: the jail does not work here; the error says how to fix it.
        """
        environment = own_environment(repository)
        key = repository.toplevel, environment
        if key not in self._executors:
            checkout = checkout_of(repository)
            self._executors[key] = make_executor(self.sandbox, others=self.slots, checkout=checkout, environment=environment)
        return self._executors[key]

    @property
    def setups(self) -> Setups:
        """What `setup` of each repository made."""
        return self.disk.setups

    @property
    def slots(self) -> int:
        """How many slots its executors have."""
        return self.at_once + self.checks.cpus + SETUPS


class _Pool:
    """Slots of one kind, and the share of the machine that all jobs in them have; first come, first served."""

    def __init__(self, first: int, count: int, *, share: Need | None = None) -> None:
        """`share`: of processors and memory; None: what jobs need of those is not looked at."""
        self._free = list(range(first, first + count))
        self._share = share
        self._taken: list[Need] = []
        self._turnstile: anyio.Lock | None = None  # of the running event loop
        self._left = anyio.Event()  # another one, each time that a job ends

    @asynccontextmanager
    async def slot(self, need: Need) -> AsyncIterator[int]:
        self._turnstile = self._turnstile or anyio.Lock()
        async with self._turnstile:
            while self._taken and not self._fits(need):
                await self._left.wait()
            slot = self._free.pop()
            self._taken.append(need)
        try:
            yield slot
        finally:
            self._free.append(slot)
            self._taken.remove(need)
            left, self._left = self._left, anyio.Event()
            left.set()

    def _fits(self, need: Need) -> bool:
        """Whether a job fits beside those that run; one that is too large for the machine runs alone."""
        if not self._free:
            return False
        if self._share is None:
            return True
        cpus, memory, gpus = (
            sum(each.cpus for each in (*self._taken, need)),
            sum(each.memory_bytes for each in (*self._taken, need)),
            sum(each.gpus for each in (*self._taken, need)),
        )
        return cpus <= self._share.cpus and memory <= self._share.memory_bytes and gpus <= max(need.gpus, self._share.gpus)
