"""Who is alive on a subnet: each address gets an empty datagram, for which the kernel asks for its MAC.

Does not cover: a device that sleeps through both questions of the kernel, a second apart; scan again.
"""

import socket
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from overnight.home.finding.subnets import Link, Network

TABLE = Path("/proc/net/arp")
PORT = 9  # discard
AT_ONCE = 64  # datagrams of one socket: those that wait for a MAC fill its buffer
BATCH = 256  # questions under way: a kernel keeps 1,024 neighbours
WINDOW_S = 1.25  # in which the kernel asks twice
LOOK_S = 0.05
NOBODY = "00:00:00:00:00:00"


async def neighbours(link: Link, subnet: Network) -> AsyncIterator[tuple[str, str]]:
    """Address and MAC of each that is alive, as soon as it answers; this machine, and of loopback all, without one."""
    import anyio

    hosts = [str(each) for each in (subnet.hosts() if subnet.prefixlen < 31 else subnet)]  # noqa: PLR2004  # bits
    if link.is_loopback:
        for host in hosts:
            yield host, ""
        return
    if link.own in hosts:
        yield link.own, ""
    found: set[str] = set()
    for start in range(0, len(hosts), BATCH):
        _poke(link, hosts[start : start + BATCH])
        until = time.monotonic() + WINDOW_S
        while time.monotonic() < until:
            for address, mac in _table(link):
                if address not in found and address in hosts:
                    found.add(address)
                    yield address, mac
            await anyio.sleep(LOOK_S)


def _poke(link: Link, hosts: list[str]) -> None:
    for start in range(0, len(hosts), AT_ONCE):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as poke:
            poke.bind((link.own, 0))
            poke.setblocking(False)
            for host in hosts[start : start + AT_ONCE]:
                try:
                    poke.sendto(b"", (host, PORT))
                except OSError:  # an earlier one was answered by an error
                    continue


def _table(link: Link) -> Iterator[tuple[str, str]]:
    for line in TABLE.read_text().splitlines()[1:]:
        parts = line.split()
        if len(parts) == 6 and parts[2] != "0x0" and parts[3] != NOBODY and parts[5] == link.interface:  # noqa: PLR2004  # columns
            yield parts[0], parts[3]
