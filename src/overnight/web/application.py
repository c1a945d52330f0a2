"""The web application, put together."""

from pathlib import Path

from aiohttp import hdrs, web

from overnight.operations.foreign_input import MOST_BYTES
from overnight.sockets.connections import HEADERS
from overnight.sockets.static_files import add_static_files
from overnight.web import api, event_streams, llms_route, page_routes, pictures
from overnight.web.requests import Handler, Middleware

STATIC = Path(__file__).parents[1] / "look" / "static"


def application(guard: Middleware) -> web.Application:
    """All routes, behind the guard."""

    @web.middleware
    async def first(request: web.Request, handler: Handler) -> web.StreamResponse:
        return await guard(request, handler)

    made = web.Application(middlewares=[first], client_max_size=MOST_BYTES)
    made.on_response_prepare.append(_add_headers)
    add_static_files(made.router, "/static", sorted(STATIC.iterdir()))
    made.add_routes(api.routes())
    made.add_routes(llms_route.routes())
    made.add_routes(pictures.routes())
    event_streams.add_to(made)
    made.add_routes(page_routes.routes())
    return made


async def _add_headers(_: web.Request, answer: web.StreamResponse) -> None:
    """What every answer says, also an error, a file or a stream."""
    own = answer.headers.get(hdrs.CACHE_CONTROL)
    answer.headers.update(HEADERS)
    if own is not None:
        answer.headers[hdrs.CACHE_CONTROL] = own
