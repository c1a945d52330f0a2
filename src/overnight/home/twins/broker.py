"""An MQTT broker in this process."""

import asyncio
import contextlib
import hmac
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from amqtt.adapters import StreamReaderAdapter, StreamWriterAdapter
from amqtt.broker import Broker
from amqtt.plugins.base import BaseAuthPlugin

LISTENER = "default"


class LoginPlugin(BaseAuthPlugin):  # type: ignore[misc]  # amqtt has no types
    """Admits one user, or without a user everybody."""

    @dataclass
    class Config:
        """Who."""

        user: str = ""
        password: str = ""

    async def authenticate(self, *, session: Any) -> bool:  # a session of amqtt
        """Whether a client brings the login."""
        wanted = self.config
        session.is_anonymous = not wanted.user
        given = f"{session.username or ''}:{session.password or ''}"
        return not wanted.user or hmac.compare_digest(given.encode(), f"{wanted.user}:{wanted.password}".encode())


class _Subscriptions(dict[str, Any]):  # Any: amqtt's own
    """Looked through while clients come and go, which amqtt 0.11 ends a connection for."""

    def __iter__(self) -> Iterator[str]:
        return iter(list(self.keys()))

    def items(self) -> Any:  # Any: a list in place of a view
        """As they are now."""
        return list(super().items())


class BrokerTwin:
    """A real broker (amqtt); what it retains lives as long as it runs."""

    def __init__(self, login: tuple[str, str] | None = None) -> None:
        self._login = login
        self.address = ""
        self.port = 1883
        self._broker: Any = None  # amqtt's, without types
        self._server: asyncio.Server | None = None
        self._connections: dict[asyncio.StreamWriter, asyncio.Task[None]] = {}

    async def start(self, address: str, port: int | None = None) -> None:
        """Listen on an address; port 0 takes a free one. Raises: OSError if the address is taken."""
        for name in ("amqtt", "transitions"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
        user, password = self._login or ("", "")
        admits = {f"{__name__}.{LoginPlugin.__name__}": {"user": user, "password": password}}
        self._broker = Broker({"listeners": {LISTENER: {"type": "external"}}, "plugins": admits})
        self._server = await asyncio.start_server(self._connected, address, self.port if port is None else port)
        self.address, self.port = self._server.sockets[0].getsockname()
        self._broker._subscriptions = _Subscriptions()
        await self._broker.start()

    async def stop(self) -> None:
        """Close every connection; all that it retained is forgotten."""
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        with contextlib.suppress(asyncio.CancelledError):
            await self._broker.shutdown()
        await self.drop()

    async def drop(self) -> None:
        """Cut every connection; clients may connect again."""
        tasks = list(self._connections.values())
        for writer in list(self._connections):
            writer.transport.abort()
        if tasks:
            await asyncio.wait(tasks, timeout=1)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:
            return
        self._connections[writer] = task
        try:
            await self._broker.external_connected(StreamReaderAdapter(reader), StreamWriterAdapter(writer), LISTENER)
        finally:
            del self._connections[writer]
            writer.transport.abort()
