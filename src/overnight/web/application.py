"""The web application, put together."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web

from overnight.web import page_routes
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
}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def application(caller: Caller) -> web.Application:
    """All routes, behind the guard."""

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        request[CALLER] = caller
        answer = await handler(request)
        answer.headers.update(HEADERS)
        return answer

    made = web.Application(middlewares=[guard])
    made.router.add_static("/static", STATIC)
    made.add_routes([web.get("/", page_routes.home), web.get("/{address:.+}", page_routes.page)])
    return made
