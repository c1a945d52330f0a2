"""A webhook on loopback: one path, to which a signed body is posted; it is acknowledged when it is on disk.

The owner puts a proxy or a tunnel with HTTPS in front. What reaches this port is a stranger's until its signature is right: the
bytes are bounded in number and time, and nothing of them is read before.

Does not cover: a process of this machine that takes the port first, or all connections; the proxy itself.
"""

import hmac
import re
from asyncio import timeout
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import anyio

if TYPE_CHECKING:
    from aiohttp import web

HERE = "127.0.0.1"
SIGNATURE = "X-Hub-Signature-256"
LARGEST = 4 * 2**20  # bytes; WhatsApp's own are up to 3 MB
READ_S = 10.0  # for the head of a request, and again for its body
END_S = 1.0  # that what is under way may take at the end
AT_ONCE = 16  # bodies that are read
_CHALLENGE = re.compile(r"[A-Za-z0-9_.-]{1,256}")
_PLAIN = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}


class Webhook:
    """What is served."""

    def __init__(self, path: str, word: str, *, is_signed: Callable[[bytes, str], bool], take: Callable[[bytes], None]) -> None:
        """`word`: what the server has to say to be shown that this is the address; `take`: with it a body is on disk."""
        self._path, self._word, self._is_signed, self._take = path, word, is_signed, take
        self._reading = 0
        self._failed = anyio.Event()
        self._fault: Exception | None = None
        self.refused = 0  # requests without a right signature

    @asynccontextmanager
    async def serving(self, port: int) -> AsyncIterator[None]:
        """Serve on this port meanwhile.

        Raises:
            OSError: it cannot be had.
        """
        from aiohttp import web

        runner = web.ServerRunner(web.Server(self._answer, access_log=None, keepalive_timeout=READ_S), shutdown_timeout=END_S)
        await runner.setup()
        try:
            await web.TCPSite(runner, HERE, port).start()
            yield
        finally:
            with anyio.CancelScope(shield=True):
                await runner.cleanup()

    async def failure(self, within_s: float) -> None:
        """Wait for so long; raises what `take` did not take for."""
        with anyio.move_on_after(within_s):
            await self._failed.wait()
        if self._fault is not None:
            raise self._fault

    async def _answer(self, request: "web.BaseRequest") -> "web.Response":
        if request.path != self._path:
            return _plain(404)
        if request.method == "GET":
            return self._greet(request)
        if request.method != "POST":
            return _plain(405)
        if self._reading >= AT_ONCE:
            return _plain(503)
        self._reading += 1
        try:
            async with timeout(READ_S):
                body = await _read(request)
        except TimeoutError:
            return _plain(408)
        finally:
            self._reading -= 1
        return _plain(413) if body is None else self._post(body, request.headers.get(SIGNATURE, ""))

    def _post(self, body: bytes, signature: str) -> "web.Response":
        if not self._is_signed(body, signature):
            self.refused += 1
            return _plain(401)
        try:
            self._take(body)
        except Exception as error:  # noqa: BLE001  # raised again by `failure`; the server brings it again
            self._fault = error
            self._failed.set()
            return _plain(503)
        return _plain(200)

    def _greet(self, request: "web.BaseRequest") -> "web.Response":
        """Say the challenge back, so that the server knows whose address this is."""
        given = request.query
        challenge = given.get("hub.challenge", "")
        fits = hmac.compare_digest(given.get("hub.verify_token", "").encode("utf-8", "replace"), self._word.encode())
        if given.get("hub.mode") != "subscribe" or not fits or not _CHALLENGE.fullmatch(challenge):
            return _plain(403)
        return _plain(200, challenge)


async def _read(request: "web.BaseRequest") -> bytes | None:
    """A body; None if it is too large."""
    if (request.content_length or 0) > LARGEST:
        return None
    content = bytearray()
    async for chunk in request.content.iter_chunked(2**16):
        content += chunk
        if len(content) > LARGEST:
            return None
    return bytes(content)


def _plain(status: int, text: str = "") -> "web.Response":
    from aiohttp import web

    answer = web.Response(status=status, text=text, headers=_PLAIN)
    if status != 200:  # noqa: PLR2004  # HTTP
        answer.force_close()
    return answer
