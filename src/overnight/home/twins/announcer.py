"""Answers searches of a whole network for twins, each from its own address; needs a network with multicast."""

import asyncio
import re
import socket
import struct
import uuid
from collections.abc import Sequence
from typing import Any

from overnight.home.twins.announcements import Announcement, Mdns, Ssdp, Wsd

GROUP = "239.255.255.250"
SSDP_PORT, WSD_PORT = 1900, 3702
_MESSAGE_ID = re.compile(r"<\w*:?MessageID[^>]*>\s*([^<\s]+)\s*<")


class Announcer:
    """The announcements of one address."""

    def __init__(self, address: str, announcements: Sequence[Announcement]) -> None:
        self._address = address
        self._announcements = announcements
        self._transports: list[asyncio.DatagramTransport] = []
        self._zeroconf: Any = None  # AsyncZeroconf, imported late

    async def start(self) -> None:
        """Listen to searches; returns when the names of mDNS are registered."""
        ssdp = [each for each in self._announcements if isinstance(each, Ssdp)]
        wsd = [each for each in self._announcements if isinstance(each, Wsd)]
        mdns = [each for each in self._announcements if isinstance(each, Mdns)]
        if ssdp:
            await self._listen(SSDP_PORT, lambda text: [each.answer(text) for each in ssdp if each.answers(text)])
        if wsd:
            await self._listen(WSD_PORT, lambda text: [each.answer(found, _own_id()) for each in wsd for found in _probe(text)])
        if mdns:
            await self._register(mdns)

    async def stop(self) -> None:
        """Say nothing more."""
        for transport in self._transports:
            transport.close()
        if self._zeroconf is not None:
            await self._zeroconf.async_close()

    async def _listen(self, port: int, answers: Any) -> None:  # a function from a text to datagrams
        heard = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_UDP)
        heard.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        heard.setsockopt(socket.IPPROTO_IP, 49, 0)  # IP_MULTICAST_ALL: only what came to this address's interface
        heard.setsockopt(
            socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, struct.pack("4s4s", *map(socket.inet_aton, (GROUP, self._address)))
        )
        heard.bind((GROUP, port))
        heard.setblocking(False)
        said = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_UDP)
        said.bind((self._address, 0))
        said.setblocking(False)
        loop = asyncio.get_running_loop()
        speaker, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, sock=said)
        listener, _ = await loop.create_datagram_endpoint(lambda: _Listener(speaker, answers), sock=heard)
        self._transports += [speaker, listener]

    async def _register(self, announcements: list[Mdns]) -> None:
        from zeroconf import IPVersion, ServiceInfo
        from zeroconf.asyncio import AsyncZeroconf

        self._zeroconf = AsyncZeroconf(interfaces=[self._address], ip_version=IPVersion.V4Only)
        waiting = []
        for each in announcements:
            kind = f"{each.service}.local."
            host = re.sub(r"[^A-Za-z0-9-]", "-", each.name)[:60]
            info = ServiceInfo(
                kind,
                f"{each.name}.{kind}",
                port=each.port,
                properties=dict(each.properties),
                server=f"{host}.local.",
                parsed_addresses=[self._address],
            )
            waiting.append(await self._zeroconf.async_register_service(info))
        await asyncio.gather(*waiting)


class _Listener(asyncio.DatagramProtocol):
    def __init__(self, speaker: asyncio.DatagramTransport, answers: Any) -> None:
        self._speaker = speaker
        self._answers = answers

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        for answer in self._answers(data.decode("utf-8", "replace")):
            self._speaker.sendto(answer, addr)


def _probe(text: str) -> list[str]:
    """The message id of a probe that means cameras, or nothing."""
    found = _MESSAGE_ID.search(text)
    if found is None or "Probe" not in text or ("Types" in text and "NetworkVideoTransmitter" not in text):
        return []
    return [found[1]]


def _own_id() -> str:
    return f"urn:uuid:{uuid.uuid4()}"
