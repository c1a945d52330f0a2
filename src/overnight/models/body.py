"""The body of a client's request: bounded in size and time, and a JSON object."""

import asyncio
import json
from collections.abc import Mapping

from aiohttp import web
from pydantic_core import from_json

LARGEST_BODY = 32 * 1024 * 1024  # bytes, also after decompression; providers take no more
LARGEST_TOGETHER = 64 * 1024 * 1024  # of one run at a time
BODY_S = 60.0  # for all of it


class Unfit(Exception):  # noqa: N818  # the client's fault
    """A request that goes to no provider.

    Attributes:
        status: that the client gets.
    """

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


class Room:
    """The bytes of requests that one run has in hand."""

    def __init__(self) -> None:
        self._used = 0

    def take(self, size: int) -> None:
        """Make room for so many more.

        Raises:
            Unfit: there is none.
        """
        if self._used + size > LARGEST_TOGETHER:
            raise Unfit(413, "too many large requests at once")
        self._used += size

    def give(self, size: int) -> None:
        """So many are done with."""
        self._used -= size


async def read_body(request: web.BaseRequest, room: Room) -> bytes:
    """The whole body, for which `room` is taken; decompressed.

    Raises:
        Unfit: it is too large, too slow, or not compressed as its header says.
    """
    if request.headers.get("Expect", "").lower() == "100-continue" and request.transport is not None:
        request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_S):
            while chunk := await request.content.readany():
                if len(body) + len(chunk) > LARGEST_BODY:
                    raise Unfit(413, f"the request is larger than {LARGEST_BODY} bytes")
                room.take(len(chunk))
                body += chunk
    except (TimeoutError, Unfit, web.RequestPayloadError) as error:
        room.give(len(body))
        if isinstance(error, Unfit):
            raise
        slow = isinstance(error, TimeoutError)
        raise Unfit(408 if slow else 400, "the request came too slowly" if slow else "the request's body is broken") from None
    except BaseException:
        room.give(len(body))
        raise
    return bytes(body)


def parse(body: bytes) -> Mapping[str, object]:
    """The object that the body is.

    Raises:
        Unfit: it is none.
    """
    try:
        document: object = from_json(body)
    except ValueError:
        document = _patiently(body)
    if not isinstance(document, dict):
        raise Unfit(400, "the request's body is no JSON object")
    return document


def _patiently(body: bytes) -> object:
    """With Python's own reader, which takes half a surrogate pair, as agents cut one off now and then."""
    if b"\\ud" not in body.lower():
        return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
