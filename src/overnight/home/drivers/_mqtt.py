"""One connection to an MQTT broker: what was sent, and which messages are news. What the broker retains is none.

Does not cover: a broker that hides that a message was retained; a message as large as the broker lets through.
"""

import contextlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from overnight.home.port import Unreachable, Unsure

if TYPE_CHECKING:
    import aiomqtt

PORT = 1883
CALL_S = 3.0
LARGEST = 4 * 1024 * 1024  # bytes of a message: a list of all devices is long
WAITING = 500  # messages that wait to be looked at; more are a flood, and dropped
WILD = "+#\x00"  # that no topic of a device may have


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A message of the broker."""

    topic: str
    body: bytes
    retained: bool  # the broker kept it: nobody says it now

    def json(self, largest: int = LARGEST) -> Any:  # Any: JSON
        """What it says; None if it is no JSON."""
        try:
            return json.loads(self.body) if len(self.body) <= largest else None
        except (ValueError, RecursionError):
            return None


class Mqtt:
    """Connected by `connect`, left by `aclose`."""

    def __init__(self, client: "aiomqtt.Client", address: str) -> None:
        self._client = client
        self._address = address
        self._left = False

    @classmethod
    async def connect(cls, address: str, options: Mapping[str, str], password: str | None) -> Self:
        """A connection to a broker; `options` may have `user`, and `tls` for an encrypted one.

        Raises:
            Unreachable: there is none.
        """
        import socket
        import ssl

        import aiomqtt

        host, _, port = address.partition(":")
        client = aiomqtt.Client(
            host,
            int(port) if port.isdigit() else PORT,
            username=options.get("user"),
            password=password,
            timeout=CALL_S,
            tls_context=ssl.create_default_context() if options.get("tls") else None,
            max_queued_incoming_messages=WAITING,
            logger=_silent(),
            socket_options=((socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),),  # small messages wait 40 ms otherwise
        )
        try:
            await client.__aenter__()
        except (aiomqtt.MqttError, OSError, ValueError) as error:
            raise Unreachable(f"no connection to the broker {address}: {error}") from error
        return cls(client, address)

    async def subscribe(self, *topics: str) -> None:
        """Hear topics.

        Raises:
            Unreachable: the broker went away.
        """
        import aiomqtt

        try:
            await self._client.subscribe([(each, 1) for each in topics])
        except aiomqtt.MqttError as error:
            raise Unreachable(f"the broker {self._address} went away: {error}") from error

    async def publish(self, topic: str, body: object) -> None:
        """Send JSON, or a text, and wait until the broker has it.

        Raises:
            Unsure: it may have it.
        """
        import aiomqtt

        text = body if isinstance(body, str) else json.dumps(body, separators=(",", ":"))
        try:
            await self._client.publish(topic, text, qos=1)
        except aiomqtt.MqttError as error:
            raise Unsure(f"the broker {self._address} went away: {error}") from error

    async def hear(self, within_s: float) -> Heard | None:
        """The next message; None if none comes in time.

        Raises:
            Unsure: the broker went away.
        """
        import aiomqtt
        import anyio

        try:
            with anyio.move_on_after(max(0.0, within_s)):
                message = await anext(self._client.messages)
                payload: object = message.payload  # bytes, in what paho makes of a packet
                return Heard(
                    topic=message.topic.value, body=payload if isinstance(payload, bytes) else b"", retained=message.retain
                )
        except aiomqtt.MqttError as error:
            raise Unsure(f"the broker {self._address} went away: {error}") from error
        return None

    async def pending(self) -> Sequence[Heard]:
        """What came until now, and so answers nothing that is asked next.

        Raises:
            Unsure: the broker went away.
        """
        heard = [await self.hear(CALL_S) for _ in range(len(self._client.messages))]
        return [each for each in heard if each]

    async def aclose(self) -> None:
        """Leave the broker."""
        import aiomqtt

        left, self._left = self._left, True
        if not left:
            with contextlib.suppress(aiomqtt.MqttError):
                await self._client.__aexit__(None, None, None)
            lost = self._client._disconnected  # nobody else looks why, and asyncio would write it on the terminal
            if lost.done() and not lost.cancelled():
                lost.exception()


def _silent() -> Any:  # Any: a logger, imported late
    import logging

    logger = logging.getLogger("overnight.home.mqtt")
    logger.disabled = True  # it would say what devices say
    return logger
