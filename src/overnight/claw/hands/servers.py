"""Tool servers of `claw.yaml`: each is started in the jail when it is asked something, and ends with its answer.

A server sees its own folder and what its settings name, has the secrets of its `env` alone, and reaches its `hosts` alone.

Does not cover: what a server does with what it is sent, at the hosts that it may reach.
"""

import asyncio
import hashlib
import json
import shlex
import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import anyio

from overnight.claw.charter import ServerSpec
from overnight.claw.hands.jailed import LOOK_S, Command, executor, is_cut_off, job_of
from overnight.claw.hands.mcp_client import MOST_BYTES, NAME, WITHIN_S, BadServer, McpClient, Said
from overnight.errors import UserError
from overnight.files.folders import read_tail
from overnight.files.own import make_folder
from overnight.jail.job import Job
from overnight.jail.port import Executor, Link
from overnight.secrets.broker import user_broker
from overnight.words.foreign import one_line

FOLDER = "servers"  # in a claw's folder: what each of them keeps
WAIT_S = WITHIN_S + 10.0  # that a server may run: the time for a conversation, and its start
TAIL = 2000  # bytes of what it printed, for an error
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """The tools of a server as it describes them."""

    listed: Sequence[Mapping[str, Any]] = field(default=())  # Any: JSON

    @property
    def digest(self) -> str:
        """SHA-256 over all that it says of them, hex."""
        return hashlib.sha256(json.dumps(self.listed, sort_keys=True).encode()).hexdigest()

    def signatures(self) -> Iterator[tuple[str, str]]:
        """Name and inputs of each; nothing else of what a stranger wrote is in it."""
        for tool in self.listed:
            schema = tool.get("inputSchema")
            yield str(tool["name"]), ", ".join(_inputs(schema)) if isinstance(schema, dict) else ""


def ask_tools(claw: Path, server: ServerSpec) -> Tools:
    """Start a server and ask for its tools.

    Raises:
        UserError: it cannot be started, lacks a secret, or does not do what the protocol says.
    """

    async def exchange(client: McpClient) -> Tools:
        return Tools(listed=await client.tools())

    return _conversation(claw, server, exchange)


def use_tool(claw: Path, server: ServerSpec, digest: str, tool: str, arguments: Mapping[str, object]) -> Said:
    """Start a server and call a tool of it, if its tools are still those of this digest.

    Raises:
        UserError: they are not, there is no such tool, or as `ask_tools`.
    """

    async def exchange(client: McpClient) -> Said:
        tools = Tools(listed=await client.tools())
        if tools.digest != digest:
            fix = f"the owner looks at it: overnight claw server {server.name}"
            raise UserError(f"the tools of `{server.name}` are not those that the owner trusts any more", fix=fix)
        if tool not in {each["name"] for each in tools.listed}:
            raise UserError(f"`{server.name}` has no tool `{one_line(tool, 40)}`", fix="see `overnight claw mcp`")
        return await client.call(tool, arguments)

    return _conversation(claw, server, exchange)


def _conversation(claw: Path, server: ServerSpec, exchange: Callable[[McpClient], Awaitable[T]]) -> T:
    folder = claw / FOLDER / server.name
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)  # its own: commands run in it as a user of their own
    jail = executor()
    command = Command(
        line=f"exec {shlex.join(server.command)}",
        folder=folder,
        wall_s=WAIT_S,
        readable=server.readable,
        variables=_secrets(server),
        hosts=server.hosts,
    )
    with TemporaryDirectory(prefix="overnight-server-") as scratch:
        output = Path(scratch) / "output"
        try:
            return anyio.run(partial(_talk, jail, job_of(command, output), exchange))
        except BadServer as bad:
            said = one_line(user_broker().scrubber().text(read_tail(output, TAIL)), 300)
            what = f"the tool server `{server.name}` does not work: {bad}"
            raise UserError(what, fix=f"it printed: {said}" if said else "try its command by hand") from bad


async def _talk(jail: Executor, job: Job, exchange: Callable[[McpClient], Awaitable[T]]) -> T:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    found: list[T] = []
    problems: list[UserError] = []
    reader, writer = await asyncio.open_connection(sock=ours, limit=MOST_BYTES)

    async def converse() -> None:
        try:
            client = McpClient(reader, writer)
            await client.begin()
            found.append(await exchange(client))
        except UserError as error:
            problems.append(error)
        tasks.cancel_scope.cancel()

    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(jail.run, job, Link(talk=theirs))
            tasks.start_soon(converse)
            while not is_cut_off():  # noqa: ASYNC110  # it is not this loop's
                await anyio.sleep(LOOK_S)
            tasks.cancel_scope.cancel()
    finally:
        writer.close()
    if found:
        return found[0]
    raise problems[0] if problems else BadServer("it was stopped")


def _secrets(server: ServerSpec) -> Mapping[str, str]:
    broker = user_broker()
    values: dict[str, str] = {}
    for name in server.env:
        found = broker.lookup(name)
        if found is None:
            raise UserError(f"the tool server `{server.name}` needs the secret {name}", fix=f"overnight secret set {name}")
        values[name] = found.value.reveal()
    return values


def _inputs(schema: Mapping[str, Any]) -> Iterator[str]:  # Any: JSON
    """The inputs of a schema, each with its type; none whose name could be a sentence."""
    properties, required = schema.get("properties"), schema.get("required")
    for name, about in properties.items() if isinstance(properties, dict) else ():
        if NAME.fullmatch(name):
            kind = about.get("type") if isinstance(about, dict) else None
            known = kind if kind in {"string", "integer", "number", "boolean", "array", "object"} else "any"
            needed = isinstance(required, list) and name in required
            yield f"{name}{'' if needed else '?'}: {known}"
