"""The machines of a session: those of a name in the user's settings, as the loop sees them."""

import os
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from overnight.errors import UserError
from overnight.jail.checkout import NO_CHECKOUT, Checkout
from overnight.jail.doctor import Probe
from overnight.jail.job import FOLDER, Job, JobResult, Limits
from overnight.jail.port import Executor, Link, OutputMonitor
from overnight.machines.nodes.lost import NodeLost
from overnight.research.loop.journal import Journal
from overnight.research.loop.kept_results import Keepers, KeptResults
from overnight.research.loop.machines import Arrival, MachineFollower, Machines, Signs
from overnight.research.loop.orders import Task
from overnight.research.loop.slots import Slots
from overnight.research.loop.stop import Stop
from overnight.words.foreign import printable
from overnight.words.quantities import size_text

if TYPE_CHECKING:
    from overnight.machines.clusters.cluster import Cluster
    from overnight.machines.clusters.machine import Machine
    from overnight.machines.nodes.calls import Join
    from overnight.machines.nodes.nodes import Nodes
    from overnight.machines.nodes.remote_node import RemoteNode
    from overnight.machines.proxied import Reached

CLOCK_S = 10.0  # off ours, from which on a clock is wrong
LEAVING_S = 60.0  # beyond the wall time of a trial, in which its result comes back
LINE = 300  # characters of a problem
SHOWN = 100  # characters of what a machine says of itself


class TrialMachines(Machines, Keepers, Protocol):
    """The machines of a session, with what runs jobs on them."""

    @property
    def executor(self) -> Executor:
        """Takes jobs by the number of a slot."""
        ...

    @property
    def notes(self) -> Sequence[str]:
        """What a person should know before the session: which machines are left out, and why."""
        ...

    async def examine(self, node: str) -> Sequence[Probe]:
        """What works on one that is here, as `overnight doctor` tries it; raises `NodeLost`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What machines are told of a session, or what decides whether they may be."""

    session: str  # the same in each session of a campaign
    limits: Limits  # of each trial
    timed: bool = False  # time is measured: trials run alone on a machine, and are compared on equal processors
    hidden: bool = False  # trials see files that nobody else may
    checkout: Checkout = NO_CHECKOUT  # that no job is shown, if a machine has it too
    slots: int | None = None  # of each machine; None: as many as fit
    reached: "Reached | None" = None


def find_machines(name: str) -> "Machine":
    """What the user's settings say of the machines of this name.

    Raises:
        UserError: nothing; or the settings have a mistake.
    """
    from overnight.config import read_settings

    known = read_settings(os.environ, Path.home()).machines
    if name not in known:
        names = ", ".join(printable(one, SHOWN) for one in known) or "none"
        what = f"the settings know no machines `{printable(name, SHOWN)}`"
        raise UserError(what, fix=f"write [machines.{printable(name, SHOWN)}] as docs/machines.md says; there are: {names}")
    return known[name]


@contextmanager
def opened_machines(name: str, terms: Terms, folder: Path) -> Iterator[TrialMachines]:
    """Have the machines of this name until the context ends; `folder` is ours alone, and may be on a disk that they share.

    Raises:
        UserError: there are none of this name, they cannot be had, or the program must not run there.
    """
    from overnight.machines.clusters.cluster import open_cluster
    from overnight.machines.clusters.machine import require_trust

    machine = find_machines(name)
    require_trust(machine, hidden=terms.hidden)
    with open_cluster(machine, folder) as cluster:
        yield _ClusterMachines(cluster, terms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """What a session needs to run its trials on other machines."""

    executor: Executor
    kept: KeptResults
    slots: Slots
    follow: Task  # as long as the session lasts
    notes: Sequence[str]


@contextmanager
def elsewhere(name: str, terms: Terms, folder: Path, journal: Journal, stop: Stop) -> Iterator[Elsewhere]:
    """Run a session's trials on the machines of this name; see `opened_machines`."""
    with opened_machines(name, terms, folder) as machines:
        slots = Slots(expected=machines.wanted)
        yield Elsewhere(
            executor=machines.executor,
            kept=KeptResults(keepers=machines),
            slots=slots,
            follow=MachineFollower(machines=machines, journal=journal, slots=slots, stop=stop).follow,
            notes=machines.notes,
        )


class _ClusterMachines:
    """The ports `Machines` and `Executor` over the workers of a cluster."""

    name = "jail"

    def __init__(self, cluster: "Cluster", terms: Terms) -> None:
        self.wanted = cluster.wanted_nodes
        self.executor: Executor = self
        self.notes = tuple(cluster.notes)
        self._cluster, self._terms = cluster, terms
        self._nodes: Nodes | None = None
        self._kept: dict[str, str] = {}  # machine by job
        self._busy = Counter[str]()  # jobs by machine
        self._signs: Signs | None = None
        self._left = set[str]()  # machines whose end is near
        self._told = set[str]()  # problems

    @asynccontextmanager
    async def watched(self, signs: Signs) -> AsyncIterator[None]:
        """Connect to them, and tell of them as they come and go."""
        from overnight.machines.nodes.connecting import connect

        self._signs = signs
        async with connect(
            self._cluster.address,
            self._cluster.security,
            self._join(),
            reached=self._terms.reached,
            on_joined=lambda node: signs.arrived(self._arrival(node)),
            on_lost=lambda lost: signs.lost(lost.node, lost.reason),
            on_refused=signs.refused,
        ) as self._nodes:
            yield

    def folder_of(self, folder: Path) -> str:  # noqa: ARG002  # the same for every job
        """Where a job finds its own folder."""
        return FOLDER

    async def run(self, job: Job, link: Link | None = None, monitor: OutputMonitor | None = None) -> JobResult:
        """Run the job on the machine of its slot."""
        if self._nodes is None:
            raise RuntimeError("a job has a slot before there are machines")
        node = self._nodes.places[job.slot].node
        if job.id:
            self._kept[job.id] = node
        self._busy[node] += 1
        try:
            return await self._nodes.executor.run(job, link, monitor)
        finally:
            self._busy[node] -= 1

    async def examine(self, node: str) -> Sequence[Probe]:
        """What works on one that is here."""
        return await self._nodes.examine(node) if self._nodes else ()

    def tend(self, *, waiting: bool) -> Sequence[str]:
        """Have the cluster end what is idle for long, and begin what is missing; take no jobs where they could not end."""
        self._cluster.in_use([node for node, jobs in self._busy.items() if jobs])
        if waiting:
            self._cluster.want_all()
        for node in self._nodes.joined if self._nodes and self._signs else ():
            if self._cluster.left_s(node) < self._terms.limits.wall_s + LEAVING_S and self._signs and node not in self._left:
                self._left.add(node)
                self._signs.lost(node, "its allocation ends before another trial could")
        problems = [printable(line, LINE) for line in self._cluster.problems()]
        news = [line for line in problems if line not in self._told]
        self._told.update(news)
        return news

    def keeper_of(self, job_id: str) -> str | None:
        """The machine that runs such a job, or keeps its result; None: none does."""
        return self._kept.get(job_id)

    async def acknowledge(self, job_ids: Collection[str]) -> None:
        """These results need not be kept any more."""
        from overnight.machines.nodes.calls import Acknowledge

        by_node = defaultdict[str, list[str]](list)
        for job_id in job_ids:
            by_node[self._kept.pop(job_id, "")].append(job_id)
        here = self._nodes.joined if self._nodes else {}
        for name, ids in by_node.items():
            if node := here.get(name):
                with suppress(NodeLost):  # then it keeps them for some days
                    await node.ask(Acknowledge(session=self._terms.session, job_ids=tuple(ids)))

    def _join(self) -> "Join":
        from overnight import __version__
        from overnight.machines.nodes.calls import Join

        terms = self._terms
        return Join(
            version=__version__,
            session=terms.session,
            limits=terms.limits,
            slots=terms.slots,
            alone=terms.timed,
            toplevels=tuple(map(str, terms.checkout.toplevels)),
            private=tuple(map(str, terms.checkout.private)),
        )

    def _arrival(self, node: "RemoteNode") -> Arrival:
        self._left.discard(node.name)
        facts = node.joined.facts
        devices = node.joined.devices
        same = [f"Python {printable(facts.python, SHOWN)}"]
        same += sorted({printable(name.rpartition(" (")[0], SHOWN) for name in chain.from_iterable(devices)})  # models
        if self._terms.timed:
            same.insert(0, printable(facts.cpu, SHOWN))
        self._kept |= {held.job_id: node.name for held in node.joined.held}
        slots = [place.slot for place in self._nodes.places if place.node == node.name] if self._nodes else []
        return Arrival(
            node=node.name,
            slots=slots,
            speed_class=", ".join(same),
            facts=facts_of(node),
            devices=devices,
            trouble=_trouble(node, self._terms.limits),
        )


def _trouble(node: "RemoteNode", limits: Limits) -> UserError | None:
    facts = node.joined.facts
    if facts.free_bytes < node.joined.slots * limits.disk_bytes:
        what = f"{size_text(facts.free_bytes)} are free in {printable(facts.folder, SHOWN)}, less than its trials may use"
        return UserError(what, fix="free some of it, or set `limits: {disk}` lower")
    if abs(node.clock_skew_s) > CLOCK_S:
        return UserError(f"its clock is {node.clock_skew_s:+.0f} s off", fix="set it by NTP")
    return None


def facts_of(node: "RemoteNode") -> Mapping[str, str]:
    """What is recorded of a machine."""
    facts = node.joined.facts
    found = {
        "host": facts.host,
        "processor": facts.cpu,
        "cores": f"{facts.cores}",
        "gpus": facts.gpus,
        "memory": size_text(facts.memory_bytes),
        "free disk": size_text(facts.free_bytes),
        "python": facts.python,
        "kernel": facts.kernel,
        "clock": f"{node.clock_skew_s:+.1f} s",
    }
    return {name: printable(value, SHOWN) for name, value in found.items()}
