"""A request that the guard let in is carried out: within bounds, with an answer whatever happens, said in the terminal."""

import traceback
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from pathlib import Path

import anyio
from aiohttp import web

from overnight.errors import UserError
from overnight.web.application import MOST_BODY
from overnight.web.refusals import Refused
from overnight.web.requests import TOKEN
from overnight.words.foreign import printable
from overnight.words.secret_shapes import hide_shapes

WORDS = 200  # characters of an address in the terminal
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def answered(request: web.Request, handler: Handler, say: Callable[[str], None], body_s: float) -> web.StreamResponse:
    """Have a request carried out; an order and a fault of ours are said.

    Raises:
        Refused: it could not be.
        ConnectionError: its sender has gone, or has half of an answer that failed.
    """
    try:
        await _read_body(request, body_s)
        answer = await handler(request)
    except web.HTTPException as instead:
        if instead.status < HTTPStatus.BAD_REQUEST:
            raise
        allowed = {"Allow": instead.headers["Allow"]} if "Allow" in instead.headers else {}
        raise Refused(instead.status, instead.reason, headers=allowed) from None
    except UserError as error:
        raise Refused(400, str(error)) from error
    except (Refused, ConnectionError):
        raise
    except Exception as error:  # the outermost frame of a request
        say(f"a fault of ours at {printable(request.path, WORDS)}: {_described(error)}")
        if request.writer.output_size:
            raise ConnectionError("an answer has begun") from error
        raise Refused(500, "this is a fault of overnight's", "its terminal says more") from error
    if request.method == "POST":
        say(f"{request[TOKEN].name}: {order_words(request.path)}: {answer.status} {answer.reason}")
    return answer


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
    if (request.content_length or 0) > MOST_BODY:
        raise Refused(413, f"a body has at most {MOST_BODY:,} bytes")
    try:
        with anyio.fail_after(within_s):
            await request.read()
    except TimeoutError:
        raise Refused(408, f"the body did not come within {within_s:g} s") from None


def _described(error: Exception) -> str:
    """What went wrong, and where, without a secret."""
    *_, frame = traceback.extract_tb(error.__traceback__)
    return hide_shapes(f"{type(error).__name__}: {error} ({Path(frame.filename).name}:{frame.lineno})")
