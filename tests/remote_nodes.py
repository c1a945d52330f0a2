"""Nodes in this process: the node's side and the head's, without anything between them but the calls."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from overnight import __version__
from overnight.jail.job import Job, Limits
from overnight.machines.nodes.calls import Answer, Join
from overnight.machines.nodes.node import Node
from overnight.machines.nodes.nodes import Nodes
from overnight.testing import LIMITS

LONG = replace(LIMITS, wall_s=900.0)


@dataclass
class Here:
    """The port `Way` to a node in this process; keeps all that goes to it."""

    node: Node
    sent: list[bytes] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)

    async def call(self, name: str, body: bytes, contents: Sequence[bytes], within_s: float) -> tuple[bytes, Sequence[bytes]]:
        self.calls.append(name)
        self.sent += [body, *contents]
        return await self.node.call(name, body, contents)


def terms(session: str = "campaign", *, limits: Limits = LIMITS, slots: int = 2) -> Join:
    return Join(version=__version__, session=session, limits=limits, slots=slots)


async def joined(nodes: Nodes, name: str, way: Here) -> None:
    """Have a node in a session."""
    body, _ = await way.call("Join", nodes.terms.model_dump_json().encode(), (), 10.0)
    answer = Answer.model_validate_json(body)
    assert answer.joined, answer.reason
    nodes.add(name, way, answer.joined)


@asynccontextmanager
async def one_node(
    root: Path, wanted: Join | None = None, *, clock: Callable[[], float] | None = None
) -> AsyncIterator[tuple[Nodes, Here]]:
    """A session with one node, whose folder is `root`."""
    node = Node(root, clock=clock) if clock else Node(root)
    async with node:
        way, nodes = Here(node), Nodes(wanted or terms())
        await joined(nodes, "n1", way)
        yield nodes, way
        await nodes.leave()


Use = Callable[[Nodes, Here], Awaitable[Any]]  # Any: what a test returns


def place(tmp_path: Path) -> Path:
    (tmp_path / "job").mkdir(parents=True, exist_ok=True)
    return tmp_path / "job"


def job(tmp_path: Path, command: str, **more: Any) -> Job:  # Any: fields of Job
    return Job(**{"command": command, "folder": tmp_path / "job", "output": tmp_path / "output", "limits": LIMITS, **more})


def using(tmp_path: Path, use: Use, **more: Any) -> Any:  # Any: arguments of `one_node`
    async def run() -> Any:
        async with one_node(tmp_path / "node", **more) as (nodes, way):
            return await use(nodes, way)

    return asyncio.run(run())
