"""Moves the bytes of one connection between a job and a host, counted and within deadlines.

Does not cover: what is in them.
"""

import asyncio
import math
import re
import socket
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

from overnight.egress.request import BadRequest

PIECE = 64 * 1024  # bytes that are moved at a time, and the largest head
CLOSE_S = 1.0  # for what was written to go out
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})\r\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """How long one connection may take, s; all of them end with the job at the latest."""

    head_s: float = 10.0  # for a request, and for the first message of TLS
    idle_s: float = 120.0  # without a byte in either direction
    longest_s: float = 3600.0


@dataclass(frozen=True, slots=True)
class End:
    """One end of a connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def of(cls, connection: socket.socket) -> Self:
        """The end of a connected socket, which it owns from then on."""
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return cls(*await asyncio.open_connection(sock=connection, limit=PIECE))
        except BaseException:
            connection.close()
            raise

    async def send(self, content: bytes) -> None:
        """Write, and wait until there is room for more."""
        self.writer.write(content)
        await self.writer.drain()

    def half_close(self) -> None:
        """Say that nothing more comes from us."""
        with suppress(OSError):
            self.writer.write_eof()

    async def close(self, *, linger: bool = False) -> None:
        """Close it; what was written still goes out, unless that takes long.

        `linger`: read on for a moment, so that a client that still sends gets our answer instead of a reset.
        """
        try:
            async with asyncio.timeout(CLOSE_S):
                if linger:
                    self.half_close()
                    while await self.reader.read(PIECE):
                        pass
                self.writer.close()
                await self.writer.wait_closed()
        except OSError:
            pass  # it is closed, or does not take what was written; a timeout is among these
        finally:
            self.writer.transport.abort()


Work = Coroutine[Any, Any, None]  # Any: as asyncio has it
Take = Callable[[int], None]  # counts bytes before they go on; raises if they may not


async def copy(source: End, sink: End, take: Take, length: int | None = None) -> int:
    """Move `length` bytes, or all until the source ends; how many of `length` did not come."""
    left = math.inf if length is None else length
    while left:
        piece = await source.reader.read(int(min(left, PIECE)))
        if not piece:
            break
        left -= len(piece)
        take(len(piece))
        await sink.send(piece)
    return 0 if length is None else int(left)


async def copy_chunks(source: End, sink: End, take: Take) -> None:
    """Move a body in chunks to its end; each chunk is framed anew.

    Raises:
        BadRequest: its framing is not the plain one, without extensions and trailers.
    """
    while True:
        found = _CHUNK.fullmatch(await source.reader.readuntil(b"\r\n"))
        if not found:
            raise BadRequest("a chunk of its body is not well-formed")
        left = size = int(found[1], 16)
        while left:
            piece = await source.reader.read(min(left, PIECE))
            if not piece:
                raise BadRequest("its body ends in the middle of a chunk")
            left -= len(piece)
            framed = b"%x\r\n%b\r\n" % (len(piece), piece)
            take(len(framed))
            await sink.send(framed)
        if await source.reader.readexactly(2) != b"\r\n":
            raise BadRequest("a chunk of its body is longer than it says" if size else "its body has trailers")
        if not size:
            take(5)
            await sink.send(b"0\r\n\r\n")
            return


async def both(one: Work, other: Work, *, until_other: bool = False) -> None:
    """Run two until both are done, or until one fails; `until_other`: or until the other is done."""
    tasks = [asyncio.ensure_future(each) for each in (one, other)]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if not (until_other and tasks[1] in done):
            await asyncio.gather(*tasks)
        tasks[1].result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
