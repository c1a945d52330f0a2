"""The body of a client's request: bounded in size and time, and a JSON object."""

import asyncio
import json
from collections.abc import Mapping

from aiohttp import web
from pydantic_core import from_json

LARGEST_BODY = 32 * 1024 * 1024  # bytes, also after decompression; providers take no more
LARGEST_TOGETHER = 64 * 1024 * 1024  # of one run at a time
BODY_S = 60.0  # for all of it


class BadRequest(Exception):  # noqa: N818  # the client's fault
    """A request that goes to no provider.

    Attributes:
        status: that the client gets.
    """

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


class Room:
    """The bytes of one run's requests that are in memory."""

    def __init__(self) -> None:
        self._used = 0

    def take(self, size: int) -> None:
        """Reserve room for so many more.

        Raises:
            BadRequest: there is not enough.
        """
        if self._used + size > LARGEST_TOGETHER:
            raise BadRequest(413, "too many large requests at once")
        self._used += size

    def give(self, size: int) -> None:
        """Give back the room of so many."""
        self._used -= size


async def read_body(request: web.BaseRequest, room: Room) -> bytes:
    """The whole body, for which `room` is taken; decompressed.

    Raises:
        BadRequest: it is too large, too slow, or not compressed as its header says.
    """
    if request.headers.get("Expect", "").lower() == "100-continue" and request.transport is not None:
        request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_S):
            while chunk := await request.content.readany():
                if len(body) + len(chunk) > LARGEST_BODY:
                    raise BadRequest(413, f"the request is larger than {LARGEST_BODY} bytes")
                room.take(len(chunk))
                body += chunk
    except (TimeoutError, BadRequest, web.RequestPayloadError) as error:
        room.give(len(body))
        if isinstance(error, BadRequest):
            raise
        slow = isinstance(error, TimeoutError)
        status, why = (408, "the request came too slowly") if slow else (400, "the request's body is broken")
        raise BadRequest(status, why) from None
    except BaseException:
        room.give(len(body))
        raise
    return bytes(body)


def parse(body: bytes) -> Mapping[str, object]:
    """The body as a JSON object.

    Raises:
        BadRequest: it is not one.
    """
    try:
        document: object = from_json(body)
    except ValueError:
        document = _parse_leniently(body)
    if not isinstance(document, dict):
        raise BadRequest(400, "the request's body is not a JSON object")
    return document


def _parse_leniently(body: bytes) -> object:
    """With Python's own reader, which accepts half a surrogate pair: agents sometimes cut one in two."""
    if b"\\ud" not in body.lower():
        return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
