"""Questions to web servers of hosts: small answers, soon, from that host alone. No redirect, no proxy, no cookie, no login.

Does not cover: whom an answer comes from; a certificate is not checked, since what is answered is a claim anyway.
"""

import json
import socket
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from aiohappyeyeballs import AddrInfoType

LARGEST = 64 * 1024  # bytes of an answer
WITHIN_S = 0.8  # for one
TLS = (443, 8443)
ROUNDS = 10  # of the loop, in which connections see that they are cut
OK = 300  # the least HTTP status that is no success


class Questions:
    """Asks, inside a `with`."""

    async def __aenter__(self) -> Self:
        import aiohttp

        self._sockets: list[socket.socket] = []
        self._session: aiohttp.ClientSession = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=WITHIN_S),
            cookie_jar=aiohttp.DummyCookieJar(),
            connector=aiohttp.TCPConnector(limit=0, force_close=True, ssl=False, socket_factory=self._socket),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        import anyio
        from anyio.lowlevel import checkpoint

        with anyio.CancelScope(shield=True):
            await self._session.close()
            for each in self._sockets:  # the end of a TLS connection waits for the host, which may never say goodbye
                with suppress(OSError):  # it is closed, or never connected
                    each.shutdown(socket.SHUT_RDWR)
            for _ in range(ROUNDS):
                await checkpoint()
        for each in self._sockets:  # one that is cancelled as it connects is closed by nobody else
            each.close()

    def _socket(self, address: "AddrInfoType") -> socket.socket:
        family, kind, protocol, *_ = address
        made = socket.socket(family, kind, protocol)
        made.setblocking(False)
        self._sockets.append(made)
        return made

    async def page(self, address: str, path: str, body: bytes | None = None) -> str:
        """What `HOST:PORT` answers at a path, to a body if there is one; empty: nothing that is of use."""
        status, content = await self._answer(address, path, body)
        return content.decode("utf-8", "replace") if 0 < status < OK else ""

    async def status(self, address: str, path: str) -> int:
        """The HTTP status there; 0: no answer."""
        return (await self._answer(address, path, None))[0]

    async def json(self, address: str, path: str) -> Mapping[str, Any]:  # Any: JSON
        """The object of JSON there; empty if there is none."""
        try:
            said = json.loads(await self.page(address, path) or "{}")
        except (ValueError, RecursionError):
            return {}
        return said if isinstance(said, dict) else {}

    async def _answer(self, address: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        import aiohttp

        scheme = "https" if int(address.rpartition(":")[2]) in TLS else "http"
        method, url = "POST" if body else "GET", f"{scheme}://{address}{path}"
        try:
            async with self._session.request(method, url, data=body, allow_redirects=False) as answer:
                content = b""
                while len(content) <= LARGEST and (more := await answer.content.read(LARGEST + 1 - len(content))):
                    content += more
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return 0, b""
        return (answer.status, content) if len(content) <= LARGEST else (0, b"")
