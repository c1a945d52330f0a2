"""The client of a tool server: no server holds a call for longer than its time, or makes it read more than its share."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress

import anyio
import pytest

from overnight.claw.hands import mcp_client
from overnight.claw.hands.mcp_client import MOST_BYTES, BadServer, McpClient

Server = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
ANNOUNCED = json.dumps({"jsonrpc": "2.0", "method": "notifications/message", "params": {"data": "x" * 60_000}}).encode() + b"\n"


def ask(server: Server, *, within_s: float, given: str = "") -> None:
    """Call a tool of a server that lives in this process."""

    async def run() -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with suppress(ConnectionError, asyncio.CancelledError):
                await server(reader, writer)
            writer.close()

        served = await asyncio.start_server(serve, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*served.sockets[0].getsockname(), limit=MOST_BYTES)
        try:
            await McpClient(reader, writer, within_s=within_s).call("echo", {"text": given})
        finally:
            writer.transport.abort()
            served.close()

    anyio.run(run)


async def drip(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Say something all the time, and never end a line."""
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.001)


async def announce_slowly(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Say whole messages, each in time, none of which is the answer."""
    while True:
        writer.write(b'{"jsonrpc": "2.0", "method": "notifications/progress"}\n')
        await writer.drain()
        await asyncio.sleep(0.01)


async def read_nothing(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    """Leave what is sent where it is."""
    await asyncio.sleep(60)


@pytest.mark.parametrize("server", [drip, announce_slowly, read_nothing])
def test_all_of_an_answer_has_one_time(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often something comes: bytes, whole messages, or nothing while much is to be sent."""
    monkeypatch.setattr(mcp_client, "MOST_MESSAGES", 10**9)
    with pytest.raises(BadServer, match=r"did not answer tools/call in the 0\.3 s that it has for everything"):
        ask(server, within_s=0.3, given="x" * (32 << 20) if server is read_nothing else "")


def test_all_of_an_answer_has_a_size() -> None:
    """Messages that are each small enough are not read without end."""
    sent = 0

    async def announce(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        while True:
            writer.write(ANNOUNCED)
            sent += len(ANNOUNCED)
            await writer.drain()

    with pytest.raises(BadServer, match="says a lot, and does not answer tools/call"):
        ask(announce, within_s=60.0)
    assert sent < 40 << 20, "what lies in the buffers of the connection comes to it"
