"""REST: every operation at the address of its name, below `/api/v1`.

What only reads is a GET with its inputs as a query; all else is a POST with a JSON object. One that is about a repository is
below `/api/v1/repos/NAME`. What comes back is what `--json` prints.

Does not cover: who calls, that an order is JSON, and how large and slow it is: the guard has seen to these.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

from aiohttp import web

from overnight.errors import UserError
from overnight.operations.foreign_input import read_input, read_query
from overnight.operations.operation import AnyOperation, Begun
from overnight.web.api_addresses import BASE, KEY, REPOS, address_of_operation, method_of
from overnight.web.calls import Caller, carry_out, folder_for, next_offset, operation_named
from overnight.web.errors import Refused
from overnight.web.hidden import clean_json
from overnight.web.openapi import openapi_text
from overnight.web.repositories import NotFound
from overnight.web.requests import JSON, caller_of
from overnight.web.threads import in_thread

DOCUMENT = f"{BASE}/openapi.json"
MOST_ANSWER = 16 * 1024**2  # characters; 1,000 experiments of a log have 1.3 million (2026-12-01), a transcript up to 2 million


def routes() -> Sequence[web.AbstractRouteDef]:
    """All of it."""
    return [
        web.get(DOCUMENT, description),
        web.route("*", f"{BASE}{{slash:/?}}", nowhere),
        web.route("*", f"{BASE}/{{words:.+}}", operation_at),
    ]


async def nowhere(_request: web.Request) -> web.Response:
    """Where there is no operation."""
    raise Refused(404, "an operation is missing in the address", f"see {DOCUMENT}")


async def description(request: web.Request) -> web.Response:
    """The OpenAPI description of all that is here."""
    text = await in_thread(caller_of(request), openapi_text)
    answer = web.Response(text=text, content_type=JSON)
    answer.enable_compression()
    return answer


async def operation_at(request: web.Request) -> web.Response:
    """Carry out the operation at the address of a request."""
    caller = caller_of(request)
    repository, name = _parts(request.match_info["words"])
    operation = await in_thread(caller, partial(operation_named, name))
    where = folder_for(operation, repository, caller)
    method = method_of(operation)
    if request.method not in {method, "HEAD" if method == "GET" else method}:
        fix = f"{method} {address_of_operation(operation, repository or '')}"
        raise Refused(405, f"`{name}` is called by {method}", fix, {"Allow": "GET, HEAD" if method == "GET" else method})
    if method == "GET":
        following, text = await in_thread(caller, partial(_looked, operation, caller, where, tuple(request.query.items())))
        return web.Response(text=text, content_type=JSON, headers=_link_to_next(request, following))
    body, key = await request.read(), request.headers.get(KEY, "")
    found, text = await in_thread(
        caller, lambda: _called(operation, caller, where, read_input(operation, body or b"{}"), key=key)
    )
    if isinstance(found, Begun):
        return web.Response(status=202, text=text, content_type=JSON, headers={"Location": found.address})
    return web.Response(text=text, content_type=JSON)


def _looked(operation: AnyOperation, caller: Caller, where: Path, query: Sequence[tuple[str, str]]) -> tuple[int | None, str]:
    """Where the list that an operation returned goes on, and what it returned as JSON; in a thread, as `_called`."""
    given = read_query(operation, query)
    found, text = _called(operation, caller, where, given)
    return next_offset(given, found), text


def _called(operation: AnyOperation, caller: Caller, where: Path, given: object, *, key: str = "") -> tuple[object, str]:
    """What an operation returned, and as JSON; both in a thread."""
    found = carry_out(operation, where, given, caller, key=key)
    text = clean_json(found) + "\n"
    if len(text) > MOST_ANSWER:
        raise UserError(f"the answer has {len(text):,} characters, more than {MOST_ANSWER:,}", fix="ask for less")
    return found, text


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


def _link_to_next(request: web.Request, offset: int | None) -> dict[str, str]:
    """The header that names the next page of a list, if there is one."""
    if offset is None:
        return {}
    query = urlencode([*((name, text) for name, text in request.query.items() if name != "offset"), ("offset", offset)])
    return {"Link": f'<{request.rel_url.raw_path}?{query}>; rel="next"'}
