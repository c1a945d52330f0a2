"""What the guard has found out about a request."""

from aiohttp import web

from overnight.web.calls import Caller

CALLER = web.RequestKey("caller", Caller)


def caller_of(request: web.Request) -> Caller:
    """Who sent it."""
    return request[CALLER]
