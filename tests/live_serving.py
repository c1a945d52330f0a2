"""The web application in a thread of its own, on a port of the kernel's choice."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from overnight.operations.principal import OWNER, Address, Origin, Principal
from overnight.web.application import application
from overnight.web.calls import Caller
from overnight.web.event_streams import LIVE
from overnight.web.live import LivePages
from overnight.web.repositories import named


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A server that runs."""

    url: str
    live: LivePages


def caller_for(*repositories: Path, principal: Principal = OWNER) -> Caller:
    """A caller over the web to whom these repositories are served."""
    face = Address(channel="web", id="browser")
    return Caller(principal=principal, origin=Origin.OWNER, address=face, repositories=named(repositories))


@contextmanager
def served(caller: Caller) -> Iterator[Served]:
    """Serve until the end."""
    loop = asyncio.new_event_loop()
    runner = web.AppRunner(made := application(caller))

    async def start() -> int:
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        assert isinstance(port, int)
        return port

    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        port = asyncio.run_coroutine_threadsafe(start(), loop).result()
        yield Served(url=f"http://127.0.0.1:{port}", live=made[LIVE])
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
