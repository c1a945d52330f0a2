"""REST: every operation at the address of its name, below `/api/v1`.

What only reads is a GET with its inputs as a query; all else is a POST with a JSON object. One that is about a repository is
below `/api/v1/repos/NAME`. What comes back is what `--json` prints.

Does not cover: who calls, which the guard has found out; a body that is sent slowly, which the server bounds.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlencode

from aiohttp import web
from aiohttp.log import server_logger

from overnight.errors import UserError
from overnight.operations.foreign_input import MOST_BYTES, read_input, read_query
from overnight.operations.json_text import json_text
from overnight.operations.operation import AnyOperation, Begun
from overnight.web.api_addresses import BASE, KEY, MOST_KEY, REPOS, address_of_operation, method_of
from overnight.web.calls import Caller, carry_out, folder_for, operation_named
from overnight.web.errors import ApiError, error_of
from overnight.web.openapi import openapi_text
from overnight.web.repositories import NotFound
from overnight.web.requests import caller_of
from overnight.web.threads import Busy, in_thread
from overnight.words.foreign import printable

DOCUMENT = f"{BASE}/openapi.json"
JSON = "application/json"
MOST_ANSWER = 16 * 1024**2  # characters; 1,000 experiments of a log have 1.3 million (2026-12-01), a transcript up to 2 million
LINE = 500  # characters of an address in the log
RETRY_S = 5  # after which a caller who has too much under way may ask again


def routes() -> Sequence[web.AbstractRouteDef]:
    """All of it."""
    return [web.get(DOCUMENT, description), web.route("*", f"{BASE}/{{words:.+}}", operation_at)]


async def description(request: web.Request) -> web.Response:
    """The OpenAPI description of all that is here."""
    text = await in_thread(caller_of(request), openapi_text)
    answer = web.Response(text=text, content_type=JSON)
    answer.enable_compression()
    return answer


async def operation_at(request: web.Request) -> web.Response:
    """Carry out the operation at the address of a request."""
    try:
        return await _answered(request)
    except Busy as busy:
        return error_response(ApiError(status=503, error=str(busy), fix="wait for one to end"), {"Retry-After": str(RETRY_S)})
    except Exception as error:  # noqa: BLE001  # the outermost frame of a call: its caller gets JSON in any case
        found = error_of(error, reads=request.method == "GET")
        if found.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            server_logger.exception("%s %s failed", request.method, printable(request.path, LINE))
        return error_response(found)


def error_response(error: ApiError, headers: Mapping[str, str] | None = None) -> web.Response:
    """An error as JSON."""
    return web.Response(status=error.status, text=json_text(error.body) + "\n", content_type=JSON, headers=headers)


async def _answered(request: web.Request) -> web.Response:
    caller = caller_of(request)
    repository, name = _parts(request.match_info["words"])
    operation = await in_thread(caller, partial(operation_named, name))
    where = folder_for(operation, repository, caller)
    method = method_of(operation)
    if request.method not in {method, "HEAD" if method == "GET" else method}:
        fix = f"{method} {address_of_operation(operation, repository or '')}"
        error = ApiError(status=405, error=f"`{name}` is called by {method}", fix=fix)
        return error_response(error, {"Allow": "GET, HEAD" if method == "GET" else method})
    if method == "GET":
        query = [(key, value) for key, value in request.query.items()]
        found, text = await in_thread(caller, lambda: _called(operation, caller, where, read_query(operation, query)))
        return web.Response(text=text, content_type=JSON, headers=_next(request, found))
    if request.content_type != JSON:
        return error_response(ApiError(status=415, error=f"the body is no {JSON}", fix=f"send Content-Type: {JSON}"))
    body, key = await _body_of(request), request.headers.get(KEY, "")
    if body is None:
        return error_response(ApiError(status=413, error="the body is too large", fix=f"send at most {MOST_BYTES:,} bytes"))
    if len(key) > MOST_KEY or not key.isprintable():
        return error_response(ApiError(status=400, error=f"{KEY} is no printable text of at most {MOST_KEY} characters"))
    found, text = await in_thread(
        caller, lambda: _called(operation, caller, where, read_input(operation, body or b"{}"), key=_own(caller, key))
    )
    if isinstance(found, Begun):
        return web.Response(status=202, text=text, content_type=JSON, headers={"Location": found.address})
    return web.Response(text=text, content_type=JSON)


def _called(operation: AnyOperation, caller: Caller, where: Path, given: object, *, key: str = "") -> tuple[object, str]:
    """What an operation returned, and as JSON; both in a thread."""
    found = carry_out(operation, where, given, caller, key=key)
    text = json_text(found) + "\n"
    if len(text) > MOST_ANSWER:
        raise UserError(f"the answer has {len(text):,} characters, more than {MOST_ANSWER:,}", fix="ask for less")
    return found, text


async def _body_of(request: web.Request) -> bytes | None:
    """The whole body; None: it is too large."""
    try:
        body = await request.read()
    except web.HTTPRequestEntityTooLarge:
        return None
    return body if len(body) <= MOST_BYTES else None


def _own(caller: Caller, key: str) -> str:
    """A key of this caller's alone: others who choose the same one give orders of their own."""
    return f"{caller.principal} {key}" if key else ""


def _parts(words: str) -> tuple[str | None, str]:
    """The repository that an address names, and the operation.

    Raises:
        NotFound: it can be neither.
    """
    parts = words.split("/")
    if parts[0] != REPOS:
        return None, " ".join(parts)
    if len(parts) <= 2:  # noqa: PLR2004  # `repos`, a name, and no more
        raise NotFound("an operation is missing in the address", fix=f"see {DOCUMENT}")
    return parts[1], " ".join(parts[2:])


def _next(request: web.Request, found: object) -> dict[str, str]:
    """The header that names the next page of a list, if there is one."""
    total, offset = getattr(found, "total", None), getattr(found, "offset", None)
    listed = next((each for each in (getattr(found, "experiments", None),) if each is not None), None)
    if not isinstance(total, int) or not isinstance(offset, int) or listed is None or offset + len(listed) >= total:
        return {}
    query = urlencode([*((k, v) for k, v in request.query.items() if k != "offset"), ("offset", offset + len(listed))])
    return {"Link": f'<{request.rel_url.raw_path}?{query}>; rel="next"'}
