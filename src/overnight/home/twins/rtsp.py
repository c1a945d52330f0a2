"""The RTSP face of a camera twin: JPEG over RTP, interleaved on one TCP connection, behind a login."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Callable, Mapping

from overnight.home.twins.jpeg import packets
from overnight.home.twins.logins import Login

CLOCK = 90_000  # ticks a second
LARGEST = 16_384  # bytes of a request
CODES = {200: "OK", 401: "Unauthorized", 404: "Not Found", 455: "Method Not Valid in This State", 461: "Unsupported Transport"}


class RtspFace:
    """It streams what `frame` gives at each moment to who asks for `/stream`."""

    def __init__(self, frame: Callable[[], bytes], login: Login | None, frames_a_second: float) -> None:
        self._frame = frame
        self._login = login
        self._pause_s = 1 / frames_a_second
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, address: str, port: int) -> None:
        """Listen on an address; port 0 takes a free one."""
        self._server = await asyncio.start_server(self._connected, address, port)
        self.address, self.port = self._server.sockets[0].getsockname()

    async def stop(self) -> None:
        """End every stream."""
        if self._server is not None:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def url(self) -> str:
        """Where it is seen."""
        return f"rtsp://{self.address}:{self.port}/stream"

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:
            return
        self._tasks.add(task)
        stream: asyncio.Task[None] | None = None
        try:
            async for method, uri, headers in _requests(reader):
                status, more, body = self._answer(method, uri, headers)
                _send(writer, status, {"CSeq": headers.get("cseq", "0"), **more}, body)
                if status == 200 and method == "PLAY" and stream is None:  # noqa: PLR2004 - of HTTP
                    stream = asyncio.get_running_loop().create_task(self._stream(writer))
                if method == "TEARDOWN":
                    break
        except (ConnectionError, EOFError, ValueError, asyncio.LimitOverrunError, asyncio.CancelledError):
            pass  # the viewer left, or is none
        finally:
            if stream is not None:
                stream.cancel()
            writer.transport.abort()
            self._tasks.discard(task)

    def _answer(self, method: str, uri: str, headers: Mapping[str, str]) -> tuple[int, dict[str, str], str]:
        if method == "OPTIONS":
            return 200, {"Public": "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER"}, ""
        if self._login and not self._login.admits(headers.get("authorization", ""), method, uri):
            return 401, {"WWW-Authenticate": self._login.digest()}, ""
        if "/stream" not in uri:
            return 404, {}, ""
        match method:
            case "DESCRIBE":
                body = f"v=0\r\no=- 1 1 IN IP4 {self.address}\r\ns=camera\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
                body += f"m=video 0 RTP/AVP 26\r\na=framerate:{1 / self._pause_s:.1f}\r\na=control:track1\r\n"
                return 200, {"Content-Type": "application/sdp", "Content-Base": f"{self.url}/"}, body
            case "SETUP":
                if "TCP" not in headers.get("transport", ""):
                    return 461, {}, ""
                return 200, {"Transport": "RTP/AVP/TCP;unicast;interleaved=0-1", "Session": "twin;timeout=60"}, ""
            case "PLAY" | "TEARDOWN" | "GET_PARAMETER":
                return 200, {"Session": "twin"}, ""
        return 455, {}, ""

    async def _stream(self, writer: asyncio.StreamWriter) -> None:
        sequence, source, loop = 0, secrets.randbits(32), asyncio.get_running_loop()
        began = loop.time()
        with contextlib.suppress(ConnectionError, ValueError):  # or a picture that RTP does not carry
            while True:
                timestamp = int((loop.time() - began) * CLOCK)
                for packet in packets(self._frame(), sequence=sequence, timestamp=timestamp, source=source):
                    writer.write(b"$\0" + len(packet).to_bytes(2, "big") + packet)
                    sequence += 1
                await writer.drain()
                await asyncio.sleep(self._pause_s)
        writer.transport.abort()


async def _requests(reader: asyncio.StreamReader) -> AsyncIterator[tuple[str, str, dict[str, str]]]:
    while True:
        first = await reader.readexactly(1)
        if first == b"$":  # what the viewer tells of how it receives
            head = await reader.readexactly(3)
            await reader.readexactly(int.from_bytes(head[1:], "big"))
            continue
        text = (first + await reader.readuntil(b"\r\n\r\n")).decode("utf-8", "replace")
        if len(text) > LARGEST:
            raise ValueError("too long")
        line, *lines = text.strip().split("\r\n")
        method, uri, _ = line.split(" ", 2)
        headers = {name.strip().lower(): value.strip() for name, _, value in (each.partition(":") for each in lines)}
        await reader.readexactly(min(LARGEST, int(headers.get("content-length", "0"))))
        yield method, uri, headers


def _send(writer: asyncio.StreamWriter, status: int, headers: Mapping[str, str], body: str) -> None:
    lines = [f"RTSP/1.0 {status} {CODES[status]}", *(f"{name}: {value}" for name, value in headers.items())]
    if body:
        lines.append(f"Content-Length: {len(body.encode())}")
    writer.write(("\r\n".join(lines) + "\r\n\r\n" + body).encode())
