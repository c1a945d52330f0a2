"""The nodes of a session as they come and go, their slots, and the executor over all of them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress

import anyio

from overnight.errors import UserError
from overnight.jail.doctor import Probe
from overnight.machines.nodes.calls import Acknowledge, Examine, Join, Joined, Leave
from overnight.machines.nodes.executor import RemoteExecutor
from overnight.machines.nodes.lost import NodeLost
from overnight.machines.nodes.remote_node import RemoteNode, Way
from overnight.machines.place import Place
from overnight.machines.proxied import Reached


class Nodes:
    """The nodes of one session, by name. A slot's number stays that of its node, also while that is lost."""

    def __init__(
        self,
        terms: Join,
        *,
        reached: Reached | None = None,
        on_joined: Callable[[RemoteNode], None] | None = None,
        on_lost: Callable[[NodeLost], None] | None = None,
        on_refused: Callable[[str, UserError], None] | None = None,
    ) -> None:
        """`terms` is what each node is told; `reached` is that of the executor; the others are called as nodes come and go."""
        self.terms = terms
        self.executor = RemoteExecutor(terms.session, self.locate, reached=reached)
        self.refused: dict[str, UserError] = {}  # why nodes are not used
        self._nodes: dict[str, RemoteNode] = {}
        self._slots: list[tuple[str, int]] = []
        self._on_joined, self._on_lost, self._on_refused = on_joined, on_lost, on_refused
        self._changed = anyio.Event()

    @property
    def joined(self) -> Mapping[str, RemoteNode]:
        """The nodes that are in use."""
        return {name: node for name, node in self._nodes.items() if not node.lost}

    @property
    def places(self) -> Sequence[Place]:
        """The places of all slots that there ever were, by their number."""
        return [Place(node=name, slot=slot) for slot, (name, _) in enumerate(self._slots)]

    @property
    def held(self) -> Mapping[str, int]:
        """The slots whose node runs or keeps a job of an earlier run of this campaign, by the job's id."""
        return {
            each.job_id: self._slots.index((name, each.slot))
            for name, node in self.joined.items()
            for each in node.joined.held
            if (name, each.slot) in self._slots
        }

    def locate(self, slot: int) -> tuple[RemoteNode, int]:
        """The node of a slot, and the slot's number there.

        Raises:
            NodeLost: it is lost.
            ValueError: there is no such slot.
        """
        if not 0 <= slot < len(self._slots):
            raise ValueError(f"slot {slot} of {len(self._slots)}")
        name, there = self._slots[slot]
        node = self._nodes[name]
        if node.lost:
            raise NodeLost(name, node.lost)
        return node, there

    async def acknowledge(self, job_ids: Collection[str]) -> None:
        """Tell the nodes that these results are recorded; one that does not hear it deletes them when they are too old."""
        for node in self.joined.values():
            with suppress(NodeLost):
                await node.ask(Acknowledge(session=self.terms.session, job_ids=tuple(job_ids)))

    async def examine(self, name: str) -> Sequence[Probe]:
        """What works on a node, as `overnight doctor` tries it here; takes seconds.

        Raises:
            NodeLost: it does not answer.
        """
        answer, _ = await self._nodes[name].ask(Examine(session=self.terms.session))
        return answer.probes

    async def wait_for(self, count: int, within_s: float) -> None:
        """Return when so many nodes have joined or been refused, or the time is over."""
        with anyio.move_on_after(within_s):
            while len(self.joined) + len(self.refused) < count:
                await self._changed.wait()

    def add(self, name: str, way: Way, joined: Joined, *, clock_skew_s: float = 0.0) -> None:
        """Use a node from now on."""
        node = self._nodes[name] = RemoteNode(name, way, joined, clock_skew_s=clock_skew_s)
        self.refused.pop(name, None)
        self._slots += [(name, slot) for slot in range(joined.slots) if (name, slot) not in self._slots]
        self._tell()
        if self._on_joined:
            self._on_joined(node)

    def refuse(self, name: str, error: UserError) -> None:
        """Do not use a node."""
        self.refused[name] = error
        self._tell()
        if self._on_refused:
            self._on_refused(name, error)

    def lose(self, name: str, reason: str) -> None:
        """Use a node no longer; nothing happens if it is not in use."""
        node = self._nodes.get(name)
        self.refused.pop(name, None)
        if node and not node.lost:
            node.lose(reason)
            self._tell()
            if self._on_lost:
                self._on_lost(NodeLost(name, reason))

    async def leave(self) -> None:
        """Tell all nodes that the session ends."""
        async with anyio.create_task_group() as tasks:
            for node in self.joined.values():
                tasks.start_soon(self._leave, node)

    async def _leave(self, node: RemoteNode) -> None:
        with suppress(NodeLost):
            await node.ask(Leave(session=self.terms.session))

    def _tell(self) -> None:
        self._changed.set()
        self._changed = anyio.Event()
