"""`/events?page=ADDRESS`: server-sent events, one each time that a page has changed; its id is the page's version.

Who has the version before is sent what is new in it; anybody else the version alone, and fetches the page.
"""

import asyncio
import socket
from urllib.parse import parse_qsl

from aiohttp import ClientConnectionResetError, web

from overnight.web.calls import place_at
from overnight.web.live import LivePages, ViewedPage
from overnight.web.made_pages import PageKey
from overnight.web.requests import caller_of, may_stay

LIVE = web.AppKey("live", LivePages)
HEARTBEAT_S = 15.0  # between comments to a viewer whose page does not change; proxies close what is silent for 30
LOOK_S = 1.0  # between looks whether a viewer is still there
WRITE_S = 10.0  # that a viewer may take to read an event
BUFFERED = 4096  # bytes and one event that wait for a viewer who does not read; then its stream waits, and is closed
RETRY_MS = 2000  # until a browser connects again
HEADERS = {"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"}


def add_to(application: web.Application) -> None:
    """Its route, and the end of all streams when the server ends."""

    async def end(_: web.Application) -> None:
        await live.close()

    live = application[LIVE] = LivePages()
    application.on_shutdown.append(end)
    application.add_routes([web.get("/events", events)])


async def events(request: web.Request) -> web.StreamResponse:
    """Stream the versions of a page until the viewer goes."""
    live, caller = request.app[LIVE], caller_of(request)
    path, _, asked = request.query.get("page", "").partition("?")
    query = parse_qsl(asked, keep_blank_values=True)
    session = caller.address.id if caller.address else ""
    place_at(path, query, caller)
    with live.viewing(PageKey.of(path, query, caller), caller, session) as page:
        return await _stream(request, page)


async def _stream(request: web.Request, page: ViewedPage) -> web.StreamResponse:
    stream = web.StreamResponse(headers=HEADERS)
    await stream.prepare(request)
    _bound(request)
    try:
        await _write(stream, f"retry: {RETRY_MS}\n\n")
        await _follow(request, stream, page)
    except TimeoutError:
        if request.transport is not None:
            request.transport.abort()
    except ClientConnectionResetError:
        pass  # gone
    return stream


def _bound(request: web.Request) -> None:
    """Let little wait for a viewer who does not read, here and in the kernel."""
    if request.transport is not None:
        request.transport.set_write_buffer_limits(high=BUFFERED)
        if (connection := request.transport.get_extra_info("socket")) is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFERED)


async def _follow(request: web.Request, stream: web.StreamResponse, page: ViewedPage) -> None:
    """Write each version that the viewer does not have; of several at once only the newest."""
    seen, silent_s = request.headers.get("Last-Event-ID"), 0.0
    while not page.ended and request.transport is not None and may_stay(request):
        if page.made is not None and page.made.version != seen:
            data, seen, silent_s = page.since(seen), page.made.version, 0.0
            await _write(stream, f"id: {seen}\ndata: {data or seen}\n\n")
            continue
        await page.changed(LOOK_S)
        silent_s += LOOK_S
        if silent_s >= HEARTBEAT_S:
            silent_s = 0.0
            await _write(stream, ":\n\n")


async def _write(stream: web.StreamResponse, text: str) -> None:
    async with asyncio.timeout(WRITE_S):
        await stream.write(text.encode())
