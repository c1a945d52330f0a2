"""The side of a twin that is a client of an MQTT broker."""

import asyncio
import contextlib
import json
import socket
from typing import Any

PORT = 1883
AT_ONCE = ((socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),)  # small messages wait 40 ms otherwise


class MqttClient:
    """Connects, greets, hears what it subscribed to; connects again when it was cut off."""

    def __init__(self, *, subscribe: str, will: str, offline: bytes = b'{"state":"offline"}') -> None:
        self._subscribe = subscribe
        self._will = will, offline
        self._user: str | None = None
        self._password: str | None = None
        self._task: asyncio.Task[None] | None = None
        self._client: Any = None  # aiomqtt.Client, imported late
        self._ready = asyncio.Event()

    async def start(self, address: str, port: int | None = None) -> None:
        """Connect to the broker at an address; returns when the twin has greeted."""
        self.address = address
        self.port = port or PORT
        self._task = asyncio.get_running_loop().create_task(self._run())
        await self._ready.wait()

    def log_in(self, user: str, password: str) -> None:
        """Bring a login from the next connection on."""
        self._user, self._password = user, password

    async def stop(self) -> None:
        """Leave the broker."""
        while self._task is not None and not self._task.done():  # Python 3.11's `wait_for` may swallow a cancellation
            self._task.cancel()
            await asyncio.wait([self._task], timeout=0.1)

    async def reconnect(self) -> None:
        """Lose the connection and connect again."""
        self._ready.clear()
        raw = self._client._client.socket()  # paho's: a cut is no goodbye
        if raw is not None:
            raw.shutdown(socket.SHUT_RDWR)

    async def publish(self, topic: str, message: Any, *, retain: bool = False) -> None:  # bytes, or what JSON holds
        """Say something; lost while there is no connection."""
        import aiomqtt

        body = message if isinstance(message, bytes) else json.dumps(message).encode()
        with contextlib.suppress(aiomqtt.MqttError):
            await self._client.publish(topic, body, qos=1, retain=retain)

    async def powered(self) -> None:
        """Wait until there is somebody to connect."""

    async def greet(self) -> None:
        """Publish what is retained."""

    async def received(self, topic: str, payload: bytes) -> None:
        """A message on a topic that is subscribed to."""

    async def _run(self) -> None:
        import aiomqtt

        while True:
            await self.powered()
            will = aiomqtt.Will(*self._will, qos=1, retain=True)
            with contextlib.suppress(aiomqtt.MqttError):
                async with aiomqtt.Client(
                    self.address, self.port, will=will, socket_options=AT_ONCE, username=self._user, password=self._password
                ) as client:
                    self._client = client
                    await client.subscribe(self._subscribe)
                    await self.greet()
                    self._ready.set()
                    async for message in client.messages:
                        if not message.retain:
                            await self.received(str(message.topic), bytes(message.payload))
            await asyncio.sleep(0.05)  # the broker may be starting
