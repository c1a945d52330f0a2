"""What the guard has found out about a request."""

from aiohttp import web

from overnight.web.calls import Caller
from overnight.web.token import Token

CALLER = web.RequestKey("caller", Caller)
TOKEN = web.RequestKey("token", Token)


def caller_of(request: web.Request) -> Caller:
    """Who sent it."""
    return request[CALLER]
