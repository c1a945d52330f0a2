"""The connections of clients: bounded in number and in what they may send before a request is whole.

A client may be hostile. Does not cover: a process outside every jail that opens connections faster than requests come.
"""

import asyncio
import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from aiohttp import web

from overnight.models.run import GatewayRun

HEADERS_S = 120.0  # for the headers of a request, or until the next one; longer than clients keep a connection
LARGEST_HEADER = 8 * 1024  # bytes
MOST_HEADERS = 64
MOST_CONNECTIONS = 64  # of one run

_QUIET = logging.Logger("overnight.models", logging.CRITICAL + 1)  # a client's mistakes are not logged


class Listener:
    """One listening socket, and the run that it belongs to.

    If it is full, the connection that has been idle for the longest is closed for a new one. So nobody keeps others out by
    connections alone, whether they send nothing, half a header, or half a body.
    """

    def __init__(self, most: int, run: GatewayRun | None = None) -> None:
        self.run = run  # None: any run's
        self.most = most
        self._connections: dict[Connection, None] = {}  # the one that has been idle for the longest first

    def add(self, connection: "Connection") -> None:
        """A new connection."""
        self._connections[connection] = None
        if len(self._connections) > self.most:
            self._close_one(self._connections)

    def remove(self, connection: "Connection") -> None:
        """A connection that is closed."""
        self._connections.pop(connection, None)

    def assign(self, connection: "Connection", run: GatewayRun) -> None:
        """A connection has shown that it is a run's, which may have as many at a socket for all as at one of its own."""
        connection.run = run
        if self.run is None:
            others = [other for other in self._connections if other.run is run and other is not connection]
            if len(others) >= MOST_CONNECTIONS:
                self._close_one(others)

    @contextmanager
    def at_work(self, connection: "Connection") -> Iterator[None]:
        """A request has come whole and is under way: its connection is kept."""
        connection.at_work = True
        try:
            yield
        finally:
            connection.at_work = False
            if connection in self._connections:
                self._connections[connection] = self._connections.pop(connection)

    def close(self) -> None:
        """Abort its connections."""
        for connection in list(self._connections):
            connection.abort()

    def _close_one(self, among: Iterable["Connection"]) -> None:
        """Close the one that has been idle for the longest; the new one is among them, so there is one."""
        if idle := next((connection for connection in among if not connection.at_work), None):
            self.remove(idle)
            idle.abort()


class Connection(web.RequestHandler):
    """A client's connection, which knows the listener that it came through."""

    __slots__ = ("at_work", "listener", "run")

    def __init__(self, manager: web.Server, listener: Listener, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(
            manager,
            loop=loop,
            keepalive_timeout=HEADERS_S,
            logger=_QUIET,
            access_log=None,  # type: ignore[arg-type]  # aiohttp's own default type leaves out that None turns it off
            max_line_size=LARGEST_HEADER,
            max_field_size=LARGEST_HEADER,
            max_headers=MOST_HEADERS,
            lingering_time=0,
        )
        self.listener = listener
        self.run: GatewayRun | None = None  # whose it is, once it has shown a token
        self.at_work = False  # on a request that has come whole

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take its place at the listener."""
        super().connection_made(transport)
        self.listener.add(self)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Give the place back."""
        self.listener.remove(self)
        super().connection_lost(exc)

    def may_use(self, run: GatewayRun) -> bool:
        """Whether a run may be reached through its listener."""
        return self.listener.run is run or (self.listener.run is None and not run.enclosed)

    def abort(self) -> None:
        """Close it at once."""
        if self.transport is not None:
            self.transport.abort()
