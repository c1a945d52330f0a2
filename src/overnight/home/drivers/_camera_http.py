"""Pictures of a camera over HTTP: one at a time, or a stream of them (MJPEG, multipart/x-mixed-replace).

Only the camera's own address is asked. Redirects are refused, and what is too large, or comes too slowly, ends the call.
With a login, digest is used if the camera knows it; otherwise the password goes over the wire as Basic has it, readable in the
network.
"""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from overnight.home.eyes.decoding import LARGEST_BYTES
from overnight.home.port import Refused, Unreachable
from overnight.words.foreign import one_line

if TYPE_CHECKING:
    import aiohttp

CONNECT_S = 3.0
PICTURE_S = 10.0  # for one picture, whether alone or in a stream
LARGEST_HEAD = 16 * 1024  # bytes of a part's head
OK, UNAUTHORIZED, REDIRECT, ERROR = 200, 401, 300, 400
SHOWN = 160  # characters of what went wrong


class CameraHttp:
    """One camera."""

    def __init__(self, address: str, login: str = "") -> None:
        """`address`: host and perhaps port; `login`: user and password with a colon between."""
        self._base = f"http://{address}"
        self._user, _, self._password = login.partition(":")
        self._basic = False
        self._session: aiohttp.ClientSession | None = None

    async def picture(self, path: str) -> bytes:
        """One picture.

        Raises:
            DeviceError: it does not answer, or not with something of a picture's size.
        """
        import asyncio

        try:
            async with asyncio.timeout(PICTURE_S), self._get(path) as answer:
                content = bytearray()
                async for part in answer.content.iter_any():
                    content += part
                    if len(content) > LARGEST_BYTES:
                        raise Refused(f"its picture has more than {LARGEST_BYTES:,} bytes")
                return bytes(content)
        except TimeoutError as error:
            raise Unreachable(f"{self._base} sent no whole picture in {PICTURE_S:.0f} s") from error

    async def stream(self, path: str) -> AsyncGenerator[bytes, None]:
        """Each picture of a stream, until the camera ends it.

        Raises:
            DeviceError: it does not answer, or not with a stream of pictures.
        """
        import asyncio

        try:
            async with asyncio.timeout(PICTURE_S) as limit, self._get(path) as answer:
                if answer.content_type != "multipart/x-mixed-replace":
                    raise Refused("it answers with no stream of pictures")
                boundary = b"--" + (
                    answer.headers.getall("Content-Type")[-1].partition("boundary=")[2].strip(' "').lstrip("-").encode()
                )
                parts = _Parts(answer.content, boundary)
                while (part := await parts.next()) is not None:
                    limit.reschedule(None)
                    yield part
                    limit.reschedule(asyncio.get_running_loop().time() + PICTURE_S)
        except TimeoutError as error:
            raise Unreachable(f"{self._base} sent no whole picture in {PICTURE_S:.0f} s") from error

    async def aclose(self) -> None:
        """Close the connections."""
        if self._session:
            await self._session.close()
            self._session = None

    @asynccontextmanager
    async def _get(self, path: str) -> "AsyncIterator[aiohttp.ClientResponse]":
        import aiohttp

        try:
            async with self._opened().get(self._base + path, allow_redirects=False) as answer:
                challenge = answer.headers.get("WWW-Authenticate", "")
                if not (
                    answer.status == UNAUTHORIZED and self._user and not self._basic and challenge.lower().startswith("basic")
                ):
                    self._check(answer.status)
                    yield answer
                    return
            await self.aclose()
            self._basic = True
            async with self._opened().get(self._base + path, allow_redirects=False) as answer:
                self._check(answer.status)
                yield answer
        except aiohttp.ClientError as error:
            raise Unreachable(one_line(f"no picture from {self._base}: {str(error) or type(error).__name__}", SHOWN)) from error

    def _check(self, status: int) -> None:
        if status == UNAUTHORIZED:
            raise Refused("it wants a login" if not self._user else "it refuses the login")
        if status >= ERROR or status < OK:
            raise Refused(f"it answers {status}")
        if status >= REDIRECT:
            raise Refused(f"it answers {status}: it wants to send us elsewhere")

    def _opened(self) -> "aiohttp.ClientSession":
        import aiohttp

        if self._session is None:
            digest = bool(self._user) and not self._basic
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S),
                cookie_jar=aiohttp.DummyCookieJar(),
                auth=aiohttp.BasicAuth(self._user, self._password) if self._basic else None,
                middlewares=(aiohttp.DigestAuthMiddleware(self._user, self._password),) if digest else (),
            )
        return self._session


class _Parts:
    """The parts of a multipart body, each of bounded size."""

    def __init__(self, content: "aiohttp.StreamReader", boundary: bytes) -> None:
        self._content, self._boundary, self._rest = content, boundary, b""

    async def next(self) -> bytes | None:
        """The next one; None at the end.

        Raises:
            Refused: it is too large.
        """
        while True:
            head = await self._until(b"\r\n\r\n", LARGEST_HEAD)
            if head is None:
                return None
            if length := _length(head):
                return await self._exactly(length)
            part = await self._until(b"\r\n" + self._boundary, LARGEST_BYTES)
            if part is None or part.strip():
                return part

    async def _until(self, mark: bytes, most: int) -> bytes | None:
        searched = 0
        while (found := self._rest.find(mark, max(0, searched - len(mark)))) < 0:
            if len(self._rest) > most:
                raise Refused(f"a part of its stream has more than {most:,} bytes")
            searched = len(self._rest)
            if not (more := await self._content.readany()):
                return None
            self._rest += more
        part, self._rest = self._rest[:found], self._rest[found + len(mark) :]
        return part

    async def _exactly(self, length: int) -> bytes | None:
        if length > LARGEST_BYTES:
            raise Refused(f"a part of its stream has more than {LARGEST_BYTES:,} bytes")
        chunks, missing = [self._rest[:length]], length - len(self._rest[:length])
        self._rest = self._rest[length:]
        while missing:
            if not (more := await self._content.readany()):
                return None
            chunks.append(more[:missing])
            self._rest = more[missing:]
            missing -= len(chunks[-1])
        return b"".join(chunks)


def _length(head: bytes) -> int:
    """What a part's head says of its length; 0: nothing."""
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length" and value.strip().isdigit() and len(value.strip()) < 10:  # noqa: PLR2004  # digits
            return int(value)
    return 0
