"""A radio station on loopback for players to fetch: silence in frames of MP3, at the pace of a station."""

import asyncio

from aiohttp import web

FRAME = b"\xff\xfb\x90\x00" + bytes(413)  # 26 ms at 128 kbit/s and 44.1 kHz
AT_ONCE = 40  # frames, before the pace begins
PAUSE_S, FRAMES = 0.2, 8


class RadioTwin:
    """It counts what it sent to whom."""

    def __init__(self) -> None:
        self.sent: dict[str, int] = {}  # bytes by the address of who listens
        self._runner: web.AppRunner | None = None

    async def start(self, address: str, port: int = 0) -> None:
        """Listen on an address; port 0 takes a free one."""
        app = web.Application()
        app.add_routes([web.get("/{station}.mp3", self._station)])
        self._runner = web.AppRunner(app, shutdown_timeout=0.01, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, address, port).start()
        self.address, self.port = self._runner.addresses[0]

    async def stop(self) -> None:
        """End every stream."""
        if self._runner is not None:
            await self._runner.cleanup()

    def url(self, station: str) -> str:
        """Where a station is heard."""
        return f"http://{self.address}:{self.port}/{station}.mp3"

    async def _station(self, request: web.Request) -> web.StreamResponse:
        listener = request.remote or ""
        stream = web.StreamResponse(headers={"Content-Type": "audio/mpeg", "icy-name": request.match_info["station"]})
        await stream.prepare(request)
        frames = AT_ONCE
        try:
            while True:
                await stream.write(FRAME * frames)
                self.sent[listener] = self.sent.get(listener, 0) + len(FRAME) * frames
                frames = FRAMES
                await asyncio.sleep(PAUSE_S)
        except ConnectionError:
            return stream  # the player stopped
