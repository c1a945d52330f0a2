"""Requests as handlers get them, and what the guard has found out about them."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from overnight.web.calls import Caller
from overnight.web.token import Token

JSON = "application/json"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Middleware = Callable[[web.Request, Handler], Awaitable[web.StreamResponse]]
CALLER = web.RequestKey("caller", Caller)
TOKEN = web.RequestKey("token", Token)


def caller_of(request: web.Request) -> Caller:
    """Who sent it."""
    return request[CALLER]
