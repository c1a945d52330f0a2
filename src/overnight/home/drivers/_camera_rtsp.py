"""A camera's RTSP stream, kept open, decoded by the FFmpeg in OpenCV.

FFmpeg itself connects to a relay of ours on this machine, and the relay to the camera's address alone: a camera that
redirects, asks something of its client, or sends a head that is too long, ends the stream. Only TCP is spoken, so no packet
goes to an address that the camera names. Does not cover: faults of FFmpeg's decoders, which run in our process.
"""

import asyncio
import os
import re
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING
from urllib.parse import quote

from overnight.home.eyes.decoding import MOST_PIXELS
from overnight.home.eyes.port import Frame, Unseen

if TYPE_CHECKING:
    import cv2

OPEN_S, READ_S, CONNECT_S = 15, 10, 3.0
LARGEST_HEAD, LARGEST_BODY = 16 * 1024, 64 * 1024  # bytes of an answer
OPTIONS = "OPENCV_FFMPEG_CAPTURE_OPTIONS"
LOGS, QUIET = "OPENCV_FFMPEG_LOGLEVEL", "-8"
TCP_ALONE = "rtsp_transport;tcp|allowed_media_types;video"
# An answer that we and FFmpeg read alike. FFmpeg ends a line at any \n, skips \r, ends a head at \0, takes tabs for spaces, and
# a `$` at the start of a line for a packet: what reads one way here and another way there would hide a redirect from us.
_HEAD = re.compile(rb"RTSP/1\.[0-9] ([1-5][0-9]{2})(?: [\t -~\x80-\xff]*)?\r\n(?:[!-#%-9;-~]+:[\t -~\x80-\xff]*\r\n)*\r\n")
_LENGTH = re.compile(rb"[0-9]{1,9}")


async def frames_of(address: str, path: str, login: str, *, rate: float) -> AsyncGenerator[Frame, None]:
    """At most `rate` frames a second, each the newest; `address` with its port.

    Raises:
        Unseen: the camera does not answer, ends the stream, or what it sends is too large.
    """
    import anyio

    limiter = anyio.CapacityLimiter(1)  # a thread of its own, which waits most of the time
    async with relay(address) as (port, trouble):
        user, _, password = login.partition(":")
        who = f"{quote(user, safe='')}:{quote(password, safe='')}@" if login else ""
        url = f"rtsp://{who}127.0.0.1:{port}{path}"
        capture = await anyio.to_thread.run_sync(_open, url, limiter=limiter)
        try:
            if not capture.isOpened():
                raise Unseen(trouble[0] if trouble else f"no stream from {address}")
            due = 0.0
            while True:
                found = await anyio.to_thread.run_sync(_next, capture, due, limiter=limiter)
                if found is None:
                    raise Unseen(trouble[0] if trouble else f"the stream of {address} ended")
                due = max(due + 1 / rate, found.at + 0.5 / rate)
                yield found
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(capture.release, limiter=limiter)


def _open(url: str) -> "cv2.VideoCapture":
    import cv2

    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    os.environ |= {OPTIONS: TCP_ALONE, LOGS: QUIET}  # OpenCV has no other way to say it
    limits = [
        cv2.CAP_PROP_OPEN_TIMEOUT_MSEC,
        OPEN_S * 1000,
        cv2.CAP_PROP_READ_TIMEOUT_MSEC,
        READ_S * 1000,
        cv2.CAP_PROP_N_THREADS,
        1,
    ]
    return cv2.VideoCapture(url, cv2.CAP_FFMPEG, limits)


def _next(capture: "cv2.VideoCapture", due: float) -> Frame | None:
    """The first frame that comes when it is time; those before are not converted."""
    import cv2
    import numpy as np

    while capture.grab():
        now = time.time()
        if now < due:
            continue
        if capture.get(cv2.CAP_PROP_FRAME_WIDTH) * capture.get(cv2.CAP_PROP_FRAME_HEIGHT) > MOST_PIXELS:
            return None
        found, pixels = capture.retrieve()
        if found:
            return Frame(pixels=pixels.astype(np.uint8, copy=False), at=now)
    return None


@asynccontextmanager
async def relay(address: str) -> AsyncIterator[tuple[int, list[str]]]:
    """Its port on this machine, and what went wrong, if anything did."""
    trouble, tasks = list[str](), list[asyncio.Task[None]]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, _, port = address.rpartition(":")
        try:
            async with asyncio.timeout(CONNECT_S):
                far_reader, far_writer = await asyncio.open_connection(host.strip("[]"), int(port))
        except (OSError, TimeoutError):
            trouble.append(f"no connection to {address}")
            writer.close()
            return
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_pass_on(reader, far_writer))
                group.create_task(_answers(far_reader, writer, trouble))
        except* _Ended as ended:
            trouble.extend(str(each) for each in ended.exceptions if str(each))
        finally:
            writer.close()
            far_writer.close()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server.close()  # one client alone
        tasks.append(asyncio.create_task(serve(reader, writer)))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], trouble
    finally:
        server.close()
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


class _Ended(Exception):  # noqa: N818  # a state
    """One side has ended the connection, or has to."""


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while part := await reader.read(64 * 1024):
            writer.write(part)
            await writer.drain()
    except OSError:
        pass
    raise _Ended


async def _answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, trouble: list[str]) -> None:
    """What a camera sends: answers and packets, nothing else."""
    try:
        while True:
            head = await reader.readexactly(4)
            if head[:1] == b"$":
                part = head + await reader.readexactly(int.from_bytes(head[2:4]))
            else:
                head += await reader.readuntil(b"\r\n\r\n")
                part = head + await reader.readexactly(_body(head))
                trouble[:] = ["it wants a login, or refuses ours"] if b" 401 " in head.partition(b"\r\n")[0] else []
            writer.write(part)
            await writer.drain()
    except asyncio.IncompleteReadError:
        raise _Ended from None
    except asyncio.LimitOverrunError as error:
        raise _Ended("its answer is too long") from error
    except OSError as error:
        raise _Ended from error


def _body(head: bytes) -> int:
    """How long an answer's body is.

    Raises:
        _Ended: it is no answer that is passed on.
    """
    status = _HEAD.fullmatch(head)
    if len(head) > LARGEST_HEAD or status is None:
        raise _Ended("what it sends is no RTSP")
    if status[1].startswith(b"3"):
        raise _Ended("it wants to send us elsewhere")
    lengths = [
        value.strip()
        for name, _, value in (line.partition(b":") for line in head.split(b"\r\n"))
        if name.lower() == b"content-length"
    ]
    if not lengths:
        return 0
    if len(lengths) > 1 or not _LENGTH.fullmatch(lengths[0]) or int(lengths[0]) > LARGEST_BODY:
        raise _Ended("its answer is too long")
    return int(lengths[0])
