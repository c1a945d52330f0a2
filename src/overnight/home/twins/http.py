"""Twins that answer HTTP: listening, and their faults on the wire."""

import asyncio
from abc import abstractmethod
from collections.abc import Awaitable, Callable, Iterable
from ssl import SSLContext

from aiohttp import web

from overnight.home.twins.faults import SPOILED, Cut, Fault, Refused, spoil
from overnight.home.twins.twin import Twin

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class HttpTwin(Twin):
    """A device with a server of its own."""

    address: str = ""
    port: int = 80
    _tls: SSLContext | None = None
    _runner: web.AppRunner | None = None

    @abstractmethod
    def routes(self) -> Iterable[web.RouteDef]:
        """What it answers."""

    def refusal(self, refused: Refused) -> web.Response:
        """How its protocol says no."""
        return web.json_response({"error": refused.reason}, status=400)

    def tls(self) -> SSLContext | None:
        """The context of TLS, if it speaks TLS."""
        return None

    def wire_fault(self) -> Fault:
        """What spoils its answers."""
        return self.fault

    async def start(self, address: str, port: int | None = None) -> None:
        """Listen on an address; port 0 takes a free one."""
        self.address = address
        self.port = self.port if port is None else port
        self._tls = self.tls()
        await self.come_back()

    async def stop(self) -> None:
        """Close everything."""
        await self.settle()
        await self.go_away()

    async def come_back(self) -> None:
        """Listen, if it was started."""
        if not self.address:  # it has another face, such as at a broker
            self.away = False
            return
        app = web.Application(middlewares=[self._faulty])
        app.add_routes(self.routes())
        self._runner = web.AppRunner(app, shutdown_timeout=0.01, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self.address, self.port, reuse_address=True, ssl_context=self._tls)
        await site.start()
        self.port = self._runner.addresses[0][1]
        self.away = False

    async def go_away(self) -> None:
        """Close the listener and each connection."""
        self.away = True
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http{'s' if self._tls else ''}://{self.address}:{self.port}"

    @web.middleware
    async def _faulty(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        fault = self.wire_fault()
        if fault is Fault.SLOW:
            await asyncio.sleep(self.lag_s)
        try:
            response = await handler(request)
        except Cut:
            return _cut(request)
        except Refused as refused:
            response = self.refusal(refused)
        if not isinstance(response, web.Response) or not isinstance(response.body, bytes):
            return response
        if fault in SPOILED:
            return await self._streamed(request, response, spoil(fault, response.body))
        if fault is Fault.DRIP:
            return await self._streamed(request, response, response.body, piece=1)
        return response

    async def _streamed(
        self, request: web.Request, response: web.Response, body: bytes, *, piece: int = 65_536
    ) -> web.StreamResponse:
        """The body in chunks, whose length nobody hears of before."""
        stream = web.StreamResponse(status=response.status, headers={"Content-Type": response.headers["Content-Type"]})
        await stream.prepare(request)
        try:
            for at in range(0, len(body), piece):
                await stream.write(body[at : at + piece])
                if piece == 1:
                    await asyncio.sleep(self.lag_s / 10)
            await stream.write_eof()
        except ConnectionError:
            pass  # the client had enough
        return stream


def _cut(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)
