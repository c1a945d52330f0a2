"""One address cannot take a hub from all others: neither directly nor behind a proxy, whatever it says of itself."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from pool_desks import open_desk

from overnight.pool.messages import PREFIX
from overnight.pool.serving.addresses import MOST, MOST_LARGE
from overnight.pool.serving.application import SMALL, application
from overnight.sockets.connections import Bounds, device_of
from overnight.sockets.server import listening, serving

HUB = f"{PREFIX}/hub"
STRANGER, OTHER = "203.0.113.7", "203.0.113.8"
Visit = Callable[[int, aiohttp.ClientSession], Awaitable[None]]


def served(folder: Path, visit: Visit, *, proxy: bool) -> None:
    """Serve a hub while somebody visits it."""

    async def both() -> None:
        sockets = listening(0)
        port = sockets[0].getsockname()[1]
        made = application(lambda: open_desk(folder), proxy=proxy)
        async with serving(made, sockets, bounds=Bounds()), aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
            await visit(port, session)

    asyncio.run(both())


async def held(port: int, *, size: int, forwarded: str = STRANGER) -> asyncio.StreamWriter:
    """A request whose body never comes."""
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"POST {PREFIX}/requests HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\nX-Forwarded-For: {forwarded}\r\n\r\n{{"
    writer.write(head.encode())
    return writer


async def status(session: aiohttp.ClientSession, forwarded: str | None) -> int:
    """What an address is answered."""
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    async with session.get(HUB, headers=headers) as answer:
        return answer.status


async def until_busy(ask: Callable[[], Awaitable[int]]) -> None:
    """Until the server has seen all that is held."""
    while await ask() != web.HTTPServiceUnavailable.status_code:
        pass


def test_behind_a_proxy_an_address_has_a_bound_of_its_own(tmp_path: Path) -> None:
    """Who holds as many requests as it may is refused more, also if it invents addresses before its own; others are not."""

    async def visit(port: int, session: aiohttp.ClientSession) -> None:
        kept = [await held(port, size=SMALL) for _ in range(MOST)]
        await until_busy(lambda: status(session, STRANGER))
        assert await status(session, f"{OTHER}, {STRANGER}") == 503
        assert await status(session, f"{STRANGER}, {OTHER}") == 200
        assert await status(session, OTHER) == 200
        for each in kept:
            each.close()
        while await status(session, STRANGER) != 200:  # once they are gone
            pass

    served(tmp_path / "hub", visit, proxy=True)


def test_an_address_sends_few_large_bodies_at_once(tmp_path: Path) -> None:
    """The hub reads few of them at a time, and one address may not have all of these places."""

    async def visit(port: int, session: aiohttp.ClientSession) -> None:
        kept = [await held(port, size=SMALL + 1) for _ in range(MOST_LARGE)]

        async def another() -> int:
            body = b"x" * (SMALL + 1)
            async with session.post(f"{PREFIX}/requests", data=body, headers={"X-Forwarded-For": STRANGER}) as answer:
                return answer.status

        await until_busy(another)
        async with session.post(f"{PREFIX}/requests", data=b"x" * (SMALL + 1), headers={"X-Forwarded-For": OTHER}) as answer:
            assert answer.status == 400
        for each in kept:
            each.close()

    served(tmp_path / "hub", visit, proxy=True)


@pytest.mark.parametrize(("proxy", "most"), [(True, 503), (False, 200)])
def test_the_header_counts_only_if_there_is_a_proxy(tmp_path: Path, proxy: bool, most: int) -> None:
    """Without one this machine is the owner's; with one, what names no address is one address together."""

    async def visit(port: int, session: aiohttp.ClientSession) -> None:
        kept = [await held(port, size=SMALL, forwarded="no address") for _ in range(MOST)]
        while proxy and await status(session, None) != most:
            pass
        assert await status(session, "nonsense") == most
        assert await status(session, OTHER) == 200
        for each in kept:
            each.close()

    served(tmp_path / "hub", visit, proxy=proxy)


@pytest.mark.parametrize(
    ("address", "device"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("127.0.0.1", ""),
        ("::1", ""),
        ("::ffff:127.0.0.1", ""),
    ],
)
def test_a_device_has_all_addresses_of_its_network(address: str, device: str) -> None:
    """Of IPv6 one device has more addresses than anybody could count."""
    assert device_of(address) == device
