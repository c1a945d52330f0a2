"""Searches of a whole network on one interface: SSDP, mDNS, WS-Discovery, and LIFX to each host that is alive.

Bounded, whatever is sent to us: so many datagrams a search, so many answers an address, none from outside the subnet.
"""

import contextlib
import ipaddress
import socket
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from overnight.home.finding.answers import (
    LONGEST,
    Answer,
    lifx_question,
    mdns_question,
    read_lifx,
    read_mdns,
    read_ssdp,
    read_wsd,
    ssdp_search,
    wsd_probe,
)
from overnight.home.finding.subnets import Link, Network

UPNP, MDNS = "239.255.255.250", "224.0.0.251"
SSDP_PORT, MDNS_PORT, WSD_PORT, LIFX_PORT = 1900, 5353, 3702, 56700
AGAIN_S = 0.35  # after which each question is asked once more: Wi-Fi loses multicast
WINDOW_S = 1.25  # devices answer within the second that SSDP asks for
DATAGRAMS = 4096  # of one search that are looked at
AN_ADDRESS = 48  # answers of one address to one search
BUFFER = 1024 * 1024  # bytes that wait to be looked at
TTL = 2
AT_ONCE = 12  # services in one question
SOURCE = 0x6F766E74  # by which LIFX bulbs know us


Answers = dict[tuple[str, str, str], Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """One protocol: what is sent where, and how an answer is read."""

    name: str
    group: str
    port: int
    questions: Sequence[bytes]
    read: Callable[[bytes], Iterator[Answer]]


@dataclass(slots=True, kw_only=True)
class Heard:
    """What was answered, by address."""

    subnet: Network
    answers: dict[str, Answers] = field(default_factory=dict)
    hearsay: dict[str, Answers] = field(default_factory=dict)  # what others said of an address
    taken: Counter[str] = field(default_factory=Counter)
    dropped: int = 0  # datagrams that were too many, or came from elsewhere

    def take(self, data: bytes, address: str, search: Search) -> None:
        """Look at one datagram."""
        self.taken[search.name] += 1
        outside = self.taken[search.name] > DATAGRAMS or ipaddress.IPv4Address(address) not in self.subnet
        if outside or len(data) > LONGEST or self.taken[f"{search.name} {address}"] >= AN_ADDRESS:
            self.dropped += 1
            return
        self.taken[f"{search.name} {address}"] += 1
        with contextlib.suppress(ValueError):  # what cannot be read is no answer
            for answer in search.read(data):
                told = bool(answer.at) and answer.at != address and ipaddress.IPv4Address(answer.at) in self.subnet
                known = (self.hearsay if told else self.answers).setdefault(answer.at if told else address, {})
                if len(known) < AN_ADDRESS:
                    known.setdefault((answer.by, answer.kind, answer.name), answer)

    def of(self, address: str) -> Sequence[Answer]:
        """What one address answered, and then what others said of it."""
        return [*self.answers.get(address, {}).values(), *self.hearsay.get(address, {}).values()]


def searches(services: Sequence[str], targets: Sequence[str], *, cameras: bool) -> Sequence[Search]:
    """The searches for services of mDNS, targets of SSDP, and cameras."""
    import uuid

    found = []
    if targets:
        questions = [ssdp_search(target) for target in targets]
        found.append(Search(name="ssdp", group=UPNP, port=SSDP_PORT, questions=questions, read=read_ssdp))
    if services:
        questions = [mdns_question(services[start : start + AT_ONCE]) for start in range(0, len(services), AT_ONCE)]
        found.append(Search(name="mdns", group=MDNS, port=MDNS_PORT, questions=questions, read=read_mdns))
    if cameras:
        questions = [wsd_probe(str(uuid.uuid4()))]
        found.append(Search(name="wsd", group=UPNP, port=WSD_PORT, questions=questions, read=read_wsd))
    return found


async def search_all(link: Link, heard: Heard, wanted: Iterable[Search]) -> None:
    """Carry out searches side by side; on loopback there are none."""
    import anyio

    if link.is_loopback:
        return
    async with anyio.create_task_group() as tasks:
        for each in wanted:
            tasks.start_soon(_search, link, heard, each)


class Bulbs:
    """Asks hosts, one by one, whether they are bulbs of LIFX; what they answer meanwhile is read at the end."""

    def __init__(self, link: Link, heard: Heard) -> None:
        self._heard = heard
        self._socket = _socket(link)
        self._search = Search(name="lifx", group="", port=LIFX_PORT, questions=[lifx_question(SOURCE)], read=read_lifx)

    def ask(self, host: str) -> None:
        """Ask one."""
        _send(self._socket, self._search, [host])

    def read(self) -> None:
        """Take what was answered."""
        with contextlib.suppress(BlockingIOError):
            for _ in range(DATAGRAMS):
                with contextlib.suppress(ConnectionError):  # nobody listens there
                    data, (address, _) = self._socket.recvfrom(LONGEST + 1)
                    self._heard.take(data, address, self._search)

    def close(self) -> None:
        """Hear no more."""
        self._socket.close()


async def _search(link: Link, heard: Heard, search: Search) -> None:
    with _socket(link) as asked:
        try:
            asked.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(link.own))
            asked.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, TTL)
        except OSError:
            return
        _send(asked, search, [search.group])
        await _listen(asked, heard, search, AGAIN_S)
        _send(asked, search, [search.group])
        await _listen(asked, heard, search, WINDOW_S - AGAIN_S)


def _socket(link: Link) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setblocking(False)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
    with contextlib.suppress(OSError):  # an older kernel lets only root do so
        made.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, link.interface.encode())
    made.bind(("127.0.0.1" if link.is_loopback else link.own, 0))
    return made


def _send(asked: socket.socket, search: Search, places: Sequence[str]) -> None:
    for place in places:
        for question in search.questions:
            with contextlib.suppress(OSError):  # without a route nobody is there
                asked.sendto(question, (place, search.port))


async def _listen(asked: socket.socket, heard: Heard, search: Search, within_s: float) -> None:
    import asyncio

    loop = asyncio.get_running_loop()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(within_s):
            while True:
                try:
                    data, (address, _) = await loop.sock_recvfrom(asked, LONGEST + 1)
                except ConnectionError:  # somebody answers that nobody listens there
                    continue
                heard.take(data, address, search)
