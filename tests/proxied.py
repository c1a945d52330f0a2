"""A proxy of one job, served on loopback, and hosts that it may reach there under names of a resolver of the test's own."""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import cache

from overnight.egress.addresses import Address, Network
from overnight.egress.allowance import Allowance
from overnight.egress.connection import Connection
from overnight.egress.dial import Dialer
from overnight.egress.hosts import HostRule, read_rule
from overnight.egress.proxy import Proxy
from overnight.egress.relay import Deadlines

LOOPBACK: Network = ipaddress.ip_network("127.0.0.0/8")
HOST = "host.example.com"
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Names:
    """Implements `Resolver`: answers by turns, and notes what it was asked."""

    def __init__(self, names: Mapping[str, Sequence[Sequence[str]]]) -> None:
        self._answers = {name: list(turns) for name, turns in names.items()}
        self.asked: list[str] = []

    async def resolve(self, host: str) -> Sequence[Address]:
        """The next answer of a name; its last one is for good."""
        self.asked.append(host)
        turns = self._answers.get(host)
        if not turns:
            raise OSError("no such name")
        answer = turns.pop(0) if len(turns) > 1 else turns[0]
        return [ipaddress.ip_address(each) for each in answer]


@dataclass(slots=True)
class Origin:
    """A server on loopback, and what it got."""

    port: int
    received: list[bytes] = field(default_factory=list)  # by connection


@asynccontextmanager
async def origin(answer: bytes | Handler = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello") -> AsyncIterator[Origin]:
    """A server that answers every head with the same bytes and closes, or does what it is given."""
    place = Origin(0)
    serving: set[asyncio.Task[None] | None] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.add(asyncio.current_task())
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                if not isinstance(answer, bytes):
                    await answer(reader, writer)
                    return
                place.received.append(await reader.readuntil(b"\r\n\r\n"))
                writer.write(answer)
                await writer.drain()
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    place.port = server.sockets[0].getsockname()[1]
    try:
        yield place
    finally:
        server.close()
        for task in serving:
            if task:
                task.cancel()
        await asyncio.gather(*filter(None, serving), return_exceptions=True)


@dataclass(slots=True)
class Served:
    """A proxy that is open, and where."""

    proxy: Proxy
    port: int
    names: Names

    @property
    def connections(self) -> tuple[Connection, ...]:
        """Its record so far."""
        return self.proxy.connections

    async def say(self, words: bytes, *, end: bool = False) -> bytes:
        """All that comes back for some bytes on a connection of their own."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(words)
            if end:
                writer.write_eof()
            with suppress(ConnectionError):
                return await reader.read()
            return b""
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


@asynccontextmanager
async def proxied(
    *rules: str | HostRule,
    names: Mapping[str, Sequence[Sequence[str]]] | None = None,
    deadlines: Deadlines | None = None,
    at_once: int = 32,
    also: Sequence[Network] = (LOOPBACK,),
    **allowance: int,
) -> AsyncIterator[Served]:
    """A proxy for these hosts; `HOST` is on loopback."""
    resolver = Names({HOST: [["127.0.0.1"]], **(names or {})})
    allowed = Allowance(hosts=tuple(read_rule(rule) if isinstance(rule, str) else rule for rule in rules), **allowance)
    listening = socket.create_server(("127.0.0.1", 0), backlog=128)
    async with Proxy(allowed, Dialer(resolver, also=also), deadlines=deadlines, at_once=at_once) as proxy:
        proxy.listen(listening)
        yield Served(proxy, listening.getsockname()[1], resolver)


def get(host: str, *headers: str, path: str = "/", method: str = "GET", body: bytes = b"") -> bytes:
    """A plain request through a proxy."""
    lines = [f"{method} http://{host}{path} HTTP/1.1", f"Host: {host}", *headers, "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def connect(authority: str) -> bytes:
    """The beginning of a tunnel."""
    return f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n".encode()


@cache
def client_hello(name: str | None) -> bytes:
    """The first message of TLS of this Python for a host; without a name, for none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    outgoing = ssl.MemoryBIO()
    tls = context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=name)
    with suppress(ssl.SSLWantReadError):
        tls.do_handshake()
    return outgoing.read()
