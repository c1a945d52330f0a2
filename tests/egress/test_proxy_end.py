"""A proxy that ends leaves nothing open."""

import asyncio
import socket

from proxied import HOST, proxied


class EndedAtOnce(set[asyncio.Task[None]]):
    """Visits of a proxy that ends in the moment in which one is accepted."""

    def __init__(self) -> None:
        super().__init__()
        self.one = asyncio.Event()

    def add(self, visit: asyncio.Task[None]) -> None:
        super().add(visit)
        visit.cancel()
        self.one.set()


def test_a_connection_that_comes_as_the_proxy_ends_is_closed() -> None:
    """Although nothing was done for it yet; a socket that is merely forgotten is a warning, and so an error here."""

    async def visit() -> bytes:
        loop = asyncio.get_running_loop()
        with socket.socket() as visitor:
            visitor.setblocking(False)
            async with proxied(HOST) as served:
                served.proxy._visits = visits = EndedAtOnce()
                await loop.sock_connect(visitor, ("127.0.0.1", served.port))
                await visits.one.wait()
            return await asyncio.wait_for(loop.sock_recv(visitor, 1), 20)

    assert asyncio.run(visit()) == b""
