"""The server: its sockets, and its life from the first request to Ctrl-C."""

import asyncio
import errno
import resource
import socket
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from functools import partial
from typing import cast

from aiohttp import web
from anyio import to_thread

from overnight.errors import UserError
from overnight.sockets.connections import Bounds, Connection

THREADS = 16  # that render and carry out at once
END_S = 5.0  # for orders that are under way
BACKLOG = 1024
OTHER_FILES = 256  # that a server has open beside its connections
TRIES = 20  # for a port that is free in both families


def listening(port: int, *, everywhere: bool = False) -> Sequence[socket.socket]:
    """Sockets on a port of this machine's loopback, or of all its addresses; 0: a free one.

    Both families: if another user's server had the port in the other one, browsers could go there with our link.

    Raises:
        UserError: another program has it.
    """
    for _ in range(TRIES if port == 0 else 1):
        first = _listening(socket.AF_INET, "0.0.0.0" if everywhere else "127.0.0.1", port)  # noqa: S104  # asked for with --lan
        with suppress(_NoFamily):
            try:
                second = _listening(socket.AF_INET6, "::" if everywhere else "::1", first.getsockname()[1])
            except UserError:
                first.close()
                if port:
                    raise
                continue
            return first, second
        return (first,)
    raise UserError("no free port was found", fix="name one: --port PORT")


class PortTaken(UserError):  # noqa: N818  # a state
    """Another program listens there."""


class _NoFamily(Exception):  # noqa: N818  # a state
    """This machine has no such addresses."""


def _listening(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
    try:
        made = socket.socket(family, socket.SOCK_STREAM)
    except OSError:
        raise _NoFamily from None
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port that we had a moment ago
        if family is socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind((address, port))
        made.listen(BACKLOG)
        made.setblocking(False)
    except OSError as error:
        made.close()
        if error.errno == errno.EADDRNOTAVAIL:
            raise _NoFamily from None
        if error.errno == errno.EADDRINUSE:
            fix = "end it, or serve on another port: --port PORT; 0 is one that is free"
            raise PortTaken(f"another program listens on port {port} of {address}", fix=fix) from None
        raise UserError(f"port {port} of {address} cannot be used: {error.strerror}", fix="name another: --port PORT") from None
    return made


@asynccontextmanager
async def serving(
    application: web.Application,
    sockets: Sequence[socket.socket],
    *,
    bounds: Bounds,
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[set[Connection]]:
    """Serve while the context lasts; afterwards streams end at once, and orders under way within five seconds."""
    open_now, loop, bounds = set[Connection](), asyncio.get_running_loop(), _with_files(bounds)
    to_thread.current_default_thread_limiter().total_tokens = THREADS
    runner = web.AppRunner(application, handle_signals=False, shutdown_timeout=END_S, handler_cancellation=True)
    await runner.setup()
    connection = partial(Connection, cast(web.Server, runner.server), bounds, open_now, loop)
    greeting_s = bounds.request_s if tls else None
    servers = [await loop.create_server(connection, sock=each, ssl=tls, ssl_handshake_timeout=greeting_s) for each in sockets]
    try:
        yield open_now
    finally:
        for server in servers:
            server.close()
        for each in list(open_now):
            if not each.takes_order:
                each.cut()
        await runner.cleanup()


def _with_files(bounds: Bounds) -> Bounds:
    """Let this process open as many files as it may take connections; fewer connections if it may not."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = bounds.connections + OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        bounds = replace(bounds, connections=max(soft - OTHER_FILES, 1))
    return bounds
