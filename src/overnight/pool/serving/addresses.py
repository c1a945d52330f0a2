"""Whose requests are under way, and not too many of one address; behind a proxy, by the address that the proxy saw.

Does not cover: somebody with many addresses; the inspector's lanes and the desk's quotas bound what all new keys together get.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import web

from overnight.pool.serving.refusing import Busy
from overnight.sockets.connections import device_of

MOST = 64  # requests of one address under way
MOST_LARGE = 2  # of them with a large body, of which the server reads few at once
UNNAMED = "unnamed"  # whose address the proxy did not say


class Addresses:
    """The requests under way, by address."""

    def __init__(self, *, proxy: bool) -> None:
        """`proxy`: what comes from this machine's loopback comes from a proxy that appends to `X-Forwarded-For`."""
        self._proxy = proxy
        self._under_way: Counter[tuple[str, bool]] = Counter()

    @contextmanager
    def one(self, request: web.Request, *, large: bool = False) -> Iterator[None]:
        """One more while the context lasts; Busy if the address has too many. This machine's own has no bound."""
        address = self._of(request)
        counted, most = (address, large), MOST_LARGE if large else MOST
        if address and self._under_way[counted] >= most:
            raise Busy
        self._under_way[counted] += 1
        try:
            yield
        finally:
            self._under_way[counted] -= 1
            if not self._under_way[counted]:
                del self._under_way[counted]

    def _of(self, request: web.Request) -> str:
        """The address; of the header the last entry alone, as the proxy wrote that one itself."""
        peer = device_of(request.remote or "")
        if peer or not self._proxy:
            return peer
        said = request.headers.getall("X-Forwarded-For", [""])[-1].rpartition(",")[2].strip()
        try:
            return device_of(said)
        except ValueError:
            return UNNAMED
