"""Connections within bounds: how many, how long one may take over a request, and how long over reading an answer.

aiohttp bounds the line, the fields and the number of headers, the body it reads, and what it queues. What it lacks is here.
Does not cover: a process of this machine that takes all connections again and again; it can also just kill the owner's.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import ip_address, ip_network
from typing import cast

from aiohttp import web

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
    "Cache-Control": "no-store",  # pages stay in no browser
}
_IPV4 = 4
_NETWORK_BITS = 64
MALFORMED = "this is no request of HTTP"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What one server takes on."""

    connections: int = 512
    of_device: int = 64  # from one address of the network; this machine's own is the owner's
    request_s: float = 10.0  # to send the head of a request, also the next one of a connection
    stall_s: float = 30.0  # an answer may lie unread
    linger_s: float = 1.0  # what is left of a refused body is read for so long


class Connection(web.RequestHandler):
    """One connection within the bounds."""

    def __init__(
        self, server: web.Server, bounds: Bounds, open_now: "set[Connection]", loop: asyncio.AbstractEventLoop
    ) -> None:
        super().__init__(
            server,
            loop=loop,
            keepalive_timeout=bounds.request_s,
            lingering_time=bounds.linger_s,
            access_log=None,  # type: ignore[arg-type]  # aiohttp itself checks for None
            logger=_SILENT,
            auto_decompress=False,
        )
        self._bounds = bounds
        self._open_now = open_now
        self._wire: asyncio.Transport | None = None  # kept when aiohttp has let go of it
        self._stall: asyncio.TimerHandle | None = None
        self._device = ""
        self.may_stay: Callable[[], bool] = lambda: True  # whether who sent its newest request may still come in

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take it, unless there are too many."""
        self._wire = cast(asyncio.Transport, transport)
        super().connection_made(transport)
        self._device = device_of(str((self._wire.get_extra_info("peername") or ("127.0.0.1",))[0]))
        if len(self._open_now) >= self._bounds.connections or self._has_too_many():
            self._wire.abort()
            return
        self._open_now.add(self)
        self._look_again()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Forget it."""
        self._open_now.discard(self)
        if self._stall is not None:
            self._stall.cancel()
        super().connection_lost(exc)

    def cut(self) -> None:
        """End it now, whatever is under way."""
        if self._wire is not None:
            self._wire.abort()

    @property
    def takes_order(self) -> bool:
        """Whether an order is carried out for it."""
        return self._current_request is not None and self._current_request.method == "POST"

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,  # noqa: ARG002  # aiohttp's signature
        message: str | None = None,  # noqa: ARG002  # it quotes the request
    ) -> web.StreamResponse:
        """Answer what is no request; nothing of it is repeated, as it may hold a token."""
        if request.writer.output_size > 0:
            raise ConnectionError("an answer has begun")
        text = MALFORMED if status == HTTPStatus.BAD_REQUEST else "this could not be carried out"
        answer = web.Response(status=status, text=f"{text}\n", headers=HEADERS)
        answer.force_close()
        return answer

    def _has_too_many(self) -> bool:
        device = self._device
        return bool(device) and sum(each._device == device for each in self._open_now) >= self._bounds.of_device

    def _look_again(self, unread_since: float | None = None) -> None:
        """Cut it if its token was revoked, or what was written has lain unread for too long; look from time to time."""
        now = self._loop.time()
        if self._wire is None or not self._wire.get_write_buffer_size():
            unread_since = None
        elif unread_since is None:
            unread_since = now
        if not self.may_stay() or (unread_since is not None and now - unread_since >= self._bounds.stall_s):
            self.cut()
            return
        self._stall = self._loop.call_later(self._bounds.stall_s / 4, self._look_again, unread_since)


def device_of(address: str) -> str:
    """By what an address is counted: of IPv6 the network, in which one device has all; empty if it is this machine's loopback.

    Raises:
        ValueError: it is no address.
    """
    found = ip_address(address.partition("%")[0])
    found = getattr(found, "ipv4_mapped", None) or found
    if found.is_loopback:
        return ""
    return str(found) if found.version == _IPV4 else str(ip_network((found, _NETWORK_BITS), strict=False))


_SILENT = logging.getLogger(f"{__name__}.silent")
_SILENT.addHandler(logging.NullHandler())
_SILENT.propagate = False
