"""A request that the guard let in is carried out: within bounds, with an answer whatever happens, said in the terminal."""

import traceback
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path

import anyio
from aiohttp import web

from overnight.errors import OvernightError
from overnight.operations.foreign_input import MOST_BYTES
from overnight.web.errors import Refused, refused_by
from overnight.web.requests import TOKEN, Handler
from overnight.words.foreign import printable
from overnight.words.secret_shapes import hide_shapes

BUG = "this is a bug in overnight"
WORDS = 200  # characters of an address in the terminal


async def answered(request: web.Request, handler: Handler, say: Callable[[str], None], body_s: float) -> web.StreamResponse:
    """Have a request carried out; an order and a fault of ours are said.

    Raises:
        Refused: it could not be.
        ConnectionError: its sender has gone, or has half of an answer that failed.
    """
    try:
        answer = await _carried_out(request, handler, say, body_s)
    except Refused as refused:
        _say_order(request, refused.status, say)
        raise
    _say_order(request, answer.status, say)
    return answer


async def _carried_out(request: web.Request, handler: Handler, say: Callable[[str], None], body_s: float) -> web.StreamResponse:
    try:
        await _read_body(request, body_s)
        return await handler(request)
    except web.HTTPException as instead:
        if instead.status < HTTPStatus.BAD_REQUEST:
            raise
        allowed = {"Allow": instead.headers["Allow"]} if "Allow" in instead.headers else {}
        raise Refused(instead.status, instead.reason, headers=allowed) from None
    except OvernightError as error:
        raise refused_by(error, reads=request.method != "POST") from error
    except (Refused, ConnectionError):
        raise
    except Exception as error:  # the outermost frame of a request
        say(f"a fault of ours at {printable(request.path, WORDS)}: {_described(error)}")
        if request.writer.output_size:
            raise ConnectionError("an answer has begun") from error
        raise Refused(500, BUG, "the terminal of `overnight serve` says more") from error


def _say_order(request: web.Request, status: int, say: Callable[[str], None]) -> None:
    """Of an address that takes none, nothing is said."""
    if request.method == "POST" and request.match_info.http_exception is None:
        say(f"{request[TOKEN].name}: {order_words(request.path)}: {status} {HTTPStatus(status).phrase}")


def order_words(path: str) -> str:
    """What an address orders, such as `idea add in repo`."""
    parts = path.removeprefix("/api/v1/").strip("/").split("/")
    repository = parts[1] if parts[0] == "repos" and len(parts) > 2 else ""  # noqa: PLR2004  # a name, and more
    return printable(" ".join(parts[2:]) + f" in {repository}" if repository else " ".join(parts), WORDS)


async def _read_body(request: web.Request, within_s: float) -> None:
    """Have the whole body, which handlers then get at once; only an order has one."""
    if request.method != "POST":
        if request.can_read_body:
            raise Refused(400, f"{printable(request.method, 20)} has no body")
        return
    if (request.content_length or 0) > MOST_BYTES:
        raise Refused(413, f"a body has at most {MOST_BYTES:,} bytes")
    try:
        with anyio.fail_after(within_s):
            await request.read()
    except TimeoutError:
        raise Refused(408, f"the body did not come within {within_s:g} s") from None


def _described(error: Exception) -> str:
    """What went wrong, and where, without a secret."""
    *_, frame = traceback.extract_tb(error.__traceback__)
    return hide_shapes(f"{type(error).__name__}: {error} ({Path(frame.filename).name}:{frame.lineno})")
