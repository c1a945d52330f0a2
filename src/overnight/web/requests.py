"""Requests as handlers get them, and what the guard has found out about them."""

from collections.abc import Awaitable, Callable
from functools import partial

from aiohttp import web

from overnight.web.calls import Caller
from overnight.web.token import Token

JSON = "application/json"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Middleware = Callable[[web.Request, Handler], Awaitable[web.StreamResponse]]
CALLER = web.RequestKey("caller", Caller)
MAY_STAY: web.RequestKey[partial[bool]] = web.RequestKey("may_stay", partial)  # says whether its token is still known
TOKEN = web.RequestKey("token", Token)


def caller_of(request: web.Request) -> Caller:
    """Who sent it."""
    return request[CALLER]


def may_stay(request: web.Request) -> bool:
    """Whether who sent it may still come in: its answer may last, a token may not."""
    return request[MAY_STAY]() if MAY_STAY in request else True
