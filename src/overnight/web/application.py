"""The web application, put together."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web

from overnight.web import api, event_streams, llms_route, page_routes
from overnight.web.calls import Caller
from overnight.web.requests import CALLER

STATIC = Path(__file__).parent / "static"
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'none';"
        " base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Server": "overnight",  # not which versions of what
}
MOST_BODY = 64 * 1024  # bytes
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Middleware = Callable[[web.Request, Handler], Awaitable[web.StreamResponse]]


def application(guard: Middleware | Caller) -> web.Application:
    """All routes, behind the guard; a caller instead of a guard is everybody, and nothing is checked."""

    @web.middleware
    async def first(request: web.Request, handler: Handler) -> web.StreamResponse:
        if isinstance(guard, Caller):
            request[CALLER] = guard
            return await handler(request)
        return await guard(request, handler)

    made = web.Application(middlewares=[first], client_max_size=MOST_BODY)
    made.on_response_prepare.append(_add_headers)
    made.router.add_static("/static", STATIC)
    made.add_routes(api.routes())
    made.add_routes(llms_route.routes())
    event_streams.add_to(made)
    page_routes.add_to(made)
    return made


async def _add_headers(request: web.Request, answer: web.StreamResponse) -> None:
    """What every answer says, also an error, a file or a stream."""
    answer.headers.update(HEADERS)
    is_static = isinstance(request.match_info.route.resource, web.StaticResource)
    answer.headers["Cache-Control"] = "no-cache" if is_static else "no-store"  # pages stay in no browser
