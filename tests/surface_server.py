"""A real server of the surface on the loopback, in a thread, with what a client needs to talk to it byte by byte."""

import re
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

import anyio.lowlevel
from aiohttp import web
from anyio.from_thread import BlockingPortal, start_blocking_portal
from undrawn import undrawn

from overnight.sockets.connections import Bounds, Connection
from overnight.sockets.server import listening, serving
from overnight.web.application import application
from overnight.web.attempts import Attempts
from overnight.web.guard import Guard
from overnight.web.hosts import Hosts, hosts
from overnight.web.token import Role, Use
from overnight.web.token_file import TokenFile

NAME = "overnight-abcdefgh.localhost"
COOKIE = "overnight-abcdefgh"
PATIENCE_S = 20.0  # for an answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]  # names in lower case; those that come several times are joined by line breaks
    body: str

    @property
    def let_in(self) -> bool:
        """Whether the guard let the request pass."""
        return self.status in {HTTPStatus.OK, HTTPStatus.NOT_FOUND}


@dataclass(slots=True, kw_only=True)
class Surface:
    """The server, and what it said in the terminal."""

    port: int
    hosts: Hosts
    tokens: TokenFile
    said: list[str] = field(default_factory=list)
    connections: set[Connection] = field(default_factory=set)  # that are open now
    portal: BlockingPortal | None = None  # to its event loop

    @property
    def host(self) -> str:
        return f"{NAME}:{self.port}"

    @property
    def origin(self) -> str:
        return f"http://{self.host}"

    def bearer(self, role: Role = Role.OWNER) -> dict[str, str]:
        """The header of a program with a new token."""
        return {"Authorization": f"Bearer {self.tokens.make(role, Use.PROGRAM)[1]}"}

    def link(self, role: Role = Role.OWNER) -> str:
        """A new link's path."""
        return f"/enter?token={self.tokens.make(role, Use.LINK)[1]}"

    def browser(self, role: Role = Role.OWNER) -> dict[str, str]:
        """The header of a browser that has opened a link."""
        answer = self.ask("GET", self.link(role))
        assert answer.status == 303
        return {"Cookie": answer.headers["set-cookie"].partition(";")[0]}

    def ask(self, method: str, path: str, headers: Mapping[str, str] | None = None, body: str = "") -> Answer:
        """Send one request."""
        given = {"Host": self.host, "Connection": "close", **(headers or {})}
        if body or method == "POST":
            given = {"Content-Length": str(len(body.encode())), **given}
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in given.items())]
        return parsed(self.send("\r\n".join([*lines, "", body]).encode()))

    def send(self, data: bytes) -> bytes:
        """Send bytes, and read until the server closes the connection."""
        with self.connected() as wire:
            wire.sendall(data)
            return read_all(wire)

    def wait(self) -> None:
        """Let its event loop turn once."""
        assert self.portal is not None
        self.portal.call(anyio.lowlevel.checkpoint)

    @contextmanager
    def connected(self, port: int = 0) -> Iterator[socket.socket]:
        with socket.create_connection(("127.0.0.1", port or self.port), timeout=PATIENCE_S) as wire:
            yield wire


def read_all(wire: socket.socket) -> bytes:
    """What comes until the connection ends, in whatever way."""
    found = b""
    try:
        while part := wire.recv(65536):
            found += part
    except ConnectionResetError:
        pass
    return found


def parsed(data: bytes) -> Answer:
    """The first answer in what was read."""
    head, _, body = data.decode("utf-8", "replace").partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    found = re.fullmatch(r"HTTP/1\.[01] (\d{3}) .*", first)
    assert found, data[:200]
    headers: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(": ")
        headers[name.lower()] = f"{headers[name.lower()]}\n{value}" if name.lower() in headers else value
    return Answer(status=int(found[1]), headers=headers, body=body)


@contextmanager
def running(
    state: Path,
    *,
    repositories: Mapping[str, Path] | None = None,
    bounds: Bounds = Bounds(),  # noqa: B008  # frozen
    more: Callable[[web.Application], None] = lambda _: None,
) -> Iterator[Surface]:
    """Serve while the context lasts, without drawing pictures of campaigns; `more` adds routes."""
    sockets = listening(0)
    port = sockets[0].getsockname()[1]
    surface = Surface(port=port, hosts=hosts("http", NAME, port), tokens=TokenFile(state))

    async def named() -> Mapping[str, Path]:
        return repositories or {}

    guard = Guard(
        hosts=surface.hosts,
        cookie=COOKIE,
        tokens=surface.tokens,
        attempts=Attempts(),
        repositories=named,
        say=surface.said.append,
        body_s=bounds.request_s,
    )
    made = application(guard)
    more(made)
    with (
        undrawn(),
        start_blocking_portal() as surface.portal,
        surface.portal.wrap_async_context_manager(serving(made, sockets, bounds=bounds)) as surface.connections,
    ):
        yield surface
