"""Joins the workers of a Dask scheduler as nodes, and notices those that are gone.

No Dask task is run, so Dask never runs a job a second time. Does not cover: how workers come to be.
"""

import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import anyio
from anyio.abc import TaskGroup

from overnight.errors import UserError
from overnight.machines.nodes.calls import Answer, Join, State
from overnight.machines.nodes.dask_way import DaskWay
from overnight.machines.nodes.leases import LEASE_S
from overnight.machines.nodes.lost import NodeLost, Unreachable
from overnight.machines.nodes.nodes import Nodes
from overnight.machines.nodes.remote_node import RemoteNode, Way
from overnight.machines.proxied import Reached
from overnight.words.foreign import printable

if TYPE_CHECKING:
    from distributed import Client
    from distributed.security import Security

POLL_S = 5.0  # even if the scheduler says nothing
REJOIN_S = 2.0  # between two attempts to join a node
JOIN_S = 60.0  # a node tries its jail first
LEAVE_S = 10.0
_SHOWN = 300  # characters of what a node says


@asynccontextmanager
async def connect(
    address: str,
    security: "Security | None",
    terms: Join,
    *,
    reached: Reached | None = None,
    on_joined: Callable[[RemoteNode], None] | None = None,
    on_lost: Callable[[NodeLost], None] | None = None,
    on_refused: Callable[[str, UserError], None] | None = None,
) -> AsyncIterator[Nodes]:
    """The workers of a scheduler as nodes, as long as this is entered; see `Nodes` for the arguments.

    At the end nothing of the session stays on them but results that no one has acknowledged.

    Raises:
        UserError: no scheduler answers there.
    """
    import dask
    from distributed import Client

    from overnight.machines.nodes.settings import SETTINGS

    nodes = Nodes(terms, reached=reached, on_joined=on_joined, on_lost=on_lost, on_refused=on_refused)
    with dask.config.set(SETTINGS):
        try:
            client = await Client(address, security=security, asynchronous=True, set_as_default=False)
        except OSError as error:
            what = f"no scheduler of Dask answers at {address}: {printable(str(error), _SHOWN)}"
            raise UserError(what, fix="check that it runs, and that the certificates are its own") from error
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_Following(client, nodes, tasks).follow)
                try:
                    yield nodes
                finally:
                    with anyio.move_on_after(LEAVE_S, shield=True):
                        await nodes.leave()
                    tasks.cancel_scope.cancel()
        finally:
            with anyio.CancelScope(shield=True):
                await client.close(timeout=LEAVE_S)


class _Following:
    """Joins the workers that a scheduler has, and loses those that it has no longer."""

    def __init__(self, client: "Client", nodes: Nodes, tasks: TaskGroup) -> None:
        self._client, self._nodes, self._tasks = client, nodes, tasks
        self._addresses: dict[str, str] = {}
        self._event = anyio.Event()

    async def follow(self) -> None:
        """Go on until cancelled."""
        self._client.subscribe_topic("all", lambda _: self._event.set())
        while True:
            self._event = anyio.Event()
            with suppress(OSError):
                self._compare(await self._workers())
            with anyio.move_on_after(POLL_S):
                await self._event.wait()

    async def _workers(self) -> Mapping[str, str]:
        """Addresses by name."""
        scheduler = self._client.scheduler
        if scheduler is None or self._client.status == "closed":
            return {}
        known = await scheduler.identity()
        return {str(worker["name"]): address for address, worker in known["workers"].items()}

    def _compare(self, workers: Mapping[str, str]) -> None:
        for name, address in list(self._addresses.items()):
            if workers.get(name) != address:
                del self._addresses[name]
                self._nodes.lose(name, "its worker has ended")
        for name, address in workers.items():
            if name not in self._addresses:
                self._addresses[name] = address
                self._tasks.start_soon(self._join, name, address)

    async def _join(self, name: str, address: str) -> None:
        """Join a worker, for as long as it may take an earlier process to end."""
        way, began_s, failed = DaskWay(self._client, address), time.monotonic(), ""
        while self._addresses.get(name) == address and time.monotonic() - began_s < 2 * LEASE_S:
            try:
                await way.open()
                failed = await self._introduce(name, way)
            except UserError as error:
                return self._nodes.refuse(name, error)
            except Unreachable as error:
                failed = str(error)
            if not failed:
                return None
            await anyio.sleep(REJOIN_S)
        return self._nodes.refuse(name, UserError(f"it cannot be used: {printable(failed, _SHOWN)}")) if failed else None

    async def _introduce(self, name: str, way: Way) -> str:
        """Make a node part of the session; why it cannot be yet, empty if it is.

        Raises:
            Unreachable: it does not answer.
            UserError: it is refused.
        """
        asked_s = time.time()
        body, _ = await way.call(Join.__name__, self._nodes.terms.model_dump_json().encode(), (), JOIN_S)
        answer = Answer.model_validate_json(body)
        if answer.state is State.REFUSED:
            raise UserError(printable(answer.reason, _SHOWN), fix=printable(answer.fix, _SHOWN))
        if answer.joined is None:
            return answer.reason
        self._nodes.add(name, way, answer.joined, clock_skew_s=answer.joined.facts.unix_s - (asked_s + time.time()) / 2)
        return ""
