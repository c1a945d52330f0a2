"""Machines that are this one: jobs run as processes here, and a test says when a machine comes or is lost."""

from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest

from overnight.errors import UserError
from overnight.jail.doctor import Probe
from overnight.jail.job import Job, JobResult
from overnight.jail.port import Executor, Link, OutputMonitor
from overnight.jail.process import ProcessExecutor
from overnight.machines.clusters.machine import Machine, SshHosts
from overnight.machines.nodes.lost import NodeLost
from overnight.machines.share import search_path
from overnight.research import machines
from overnight.research.loop.machines import Arrival, Signs
from overnight.research.machines import Terms, TrialMachines
from overnight.research.setup import machine_probes

SLOTS = 64


@dataclass(kw_only=True)
class FakeMachines:
    """The ports `Machines` and `Executor` at once."""

    names: Sequence[str]
    slots: int = 1  # of each
    classes: Sequence[str] = ()  # of the machines, in their order; else all alike
    troubles: Mapping[str, UserError] = field(default_factory=dict)  # by machine
    breaks: Callable[[str, Job], bool] = lambda _node, _job: False  # whether the machine is lost while it runs the job
    fails: Callable[[Job], bool] = lambda _job: False  # whether the machine cannot run it, and stays
    again: bool = True  # a machine that is lost comes back
    refused: Sequence[str] = ()
    name: str = "jail"
    waited: bool = False  # trials did, for a slot
    keeps: dict[str, str] = field(default_factory=dict)  # machine by job
    acknowledged: list[str] = field(default_factory=list)
    ran: list[tuple[str, Job]] = field(default_factory=list)
    _signs: Signs | None = None
    _here: dict[int, str] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=count)
    _inner: Executor = field(default_factory=lambda: ProcessExecutor(slots=SLOTS, search_path=search_path()))

    @property
    def wanted(self) -> int:
        """All of them."""
        return len(self.names) + len(self.refused)

    @property
    def executor(self) -> Executor:
        """Itself."""
        return self

    @asynccontextmanager
    async def watched(self, signs: Signs) -> AsyncIterator[None]:
        """They are all there at once."""
        self._signs = signs
        for name in self.refused:
            signs.refused(name, UserError("it has overnight 0.0.1", fix="install this one there"))
        for name in self.names:
            self.join(name)
        yield

    @property
    def notes(self) -> Sequence[str]:
        """None."""
        return ()

    async def examine(self, node: str) -> Sequence[Probe]:
        """Their jail works, but for that of `b`."""
        return [Probe(name="jail", holds=node != "b", detail="bubblewrap", fix="install it")]

    def tend(self, *, waiting: bool) -> Sequence[str]:
        """There is nothing to do."""
        self.waited |= waiting
        return ()

    def join(self, name: str) -> None:
        """A machine comes."""
        assert self._signs
        slots = [next(self._numbers) % SLOTS for _ in range(self.slots)]
        self._here |= dict.fromkeys(slots, name)
        like = self.classes[self.names.index(name)] if self.classes else "alike"
        self._signs.arrived(
            Arrival(node=name, slots=slots, speed_class=like, facts={"host": name}, trouble=self.troubles.get(name))
        )

    def lose(self, name: str) -> None:
        """A machine goes."""
        assert self._signs
        self._here = {slot: node for slot, node in self._here.items() if node != name}
        self._signs.lost(name, "its worker has ended")
        if self.again:
            self.join(name)

    def keeper_of(self, job_id: str) -> str | None:
        """What it is told."""
        return self.keeps.get(job_id)

    async def acknowledge(self, job_ids: Collection[str]) -> None:
        """Remember it."""
        self.acknowledged += job_ids

    def folder_of(self, folder: Path) -> str:
        """As a process sees it."""
        return self._inner.folder_of(folder)

    async def run(self, job: Job, link: Link | None = None, monitor: OutputMonitor | None = None) -> JobResult:
        """Run it here, unless its machine is lost."""
        node = self._here.get(job.slot)
        if node is None:
            raise NodeLost("gone", "it was lost before")
        if self.breaks(node, job):
            self.lose(node)
            raise NodeLost(node, "its worker has ended")
        if self.fails(job):
            raise NodeLost(node, "its disk is full")
        self.ran.append((node, job))
        result = await self._inner.run(job, link, monitor)
        if job.slot not in self._here:
            raise NodeLost(node, "its worker has ended")
        return result


def installed(fake: FakeMachines, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every session that asks for machines get these."""

    @contextmanager
    def opened(_name: str, _terms: Terms, _folder: Path) -> Iterator[TrialMachines]:
        yield fake

    monkeypatch.setattr(machines, "opened_machines", opened)
    monkeypatch.setattr(machine_probes, "opened_machines", opened)
    hosts = Machine(name="fake", way=SshHosts(hosts=("a",), python="/bin/python"), nodes=1)
    monkeypatch.setattr(machine_probes, "find_machines", lambda _: hosts)
