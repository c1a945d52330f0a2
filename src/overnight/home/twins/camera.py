"""A twin of a network camera: snapshot, MJPEG, RTSP and ONVIF, behind a login."""

import asyncio
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar

from aiohttp import web

from overnight.home.twins import onvif
from overnight.home.twins.announcements import Announcement, Wsd
from overnight.home.twins.faults import Cut, Fault, Refused
from overnight.home.twins.http import HttpTwin
from overnight.home.twins.logins import Login
from overnight.home.twins.rtsp import RtspFace

FRAMES_A_SECOND = 5.0
BOUNDARY = "frame"
Clip = Sequence[bytes]  # pictures as JPEG


class CameraTwin(HttpTwin):
    """It shows one of its scenes, frame by frame, again and again. With `deaf` the picture is frozen."""

    family: ClassVar[str] = "camera"
    faults: ClassVar[frozenset[Fault]] = frozenset(Fault) - {Fault.ECHO, Fault.LAG, Fault.TYPES, Fault.NAN}

    def __init__(
        self,
        name: str,
        scenes: Mapping[str, Clip],
        *,
        login: tuple[str, str] | None = ("admin", "twin-camera"),
        frames_a_second: float = FRAMES_A_SECOND,
        rtsp_port: int | None = None,
        lag_s: float = 0.3,
    ) -> None:
        super().__init__(name, {"scene": next(iter(scenes))}, lag_s=lag_s)
        self.scenes = dict(scenes)
        self.frames_a_second = frames_a_second
        self.served = 0  # pictures that left it
        self._login = Login(user=login[0], password=login[1]) if login else None
        self._since = 0.0
        self._rtsp_port = rtsp_port
        self.rtsp = RtspFace(self.frame, self._login, frames_a_second)
        self._frozen: bytes | None = None

    async def come_back(self) -> None:
        """Listen, over RTSP too if it has a port for it."""
        await super().come_back()
        if self._rtsp_port is not None:
            await self.rtsp.start(self.address, self._rtsp_port)
            self._rtsp_port = self.rtsp.port

    async def go_away(self) -> None:
        """Close everything."""
        await self.rtsp.stop()
        await super().go_away()

    def show(self, scene: str) -> None:
        """Change what happens before it, from the first frame on."""
        if scene not in self.scenes:
            raise ValueError(f"no scene {scene}: {', '.join(self.scenes)}")
        self._since = asyncio.get_running_loop().time()
        self.become({"scene": scene})

    def frame(self) -> bytes:
        """The picture of this moment."""
        if self.fault is not Fault.DEAF:
            clip = self.scenes[str(self.truth["scene"])]
            passed = asyncio.get_running_loop().time() - self._since
            self._frozen = clip[int(passed * self.frames_a_second) % len(clip)]
        return self._frozen or self.scenes[str(self.truth["scene"])][0]

    def routes(self) -> Iterable[web.RouteDef]:
        """What it answers."""
        pictures = [web.get("/snapshot.jpg", self._snapshot), web.get("/video.mjpg", self._video)]
        return [*pictures, web.post(onvif.DEVICE, self._onvif), web.post(onvif.MEDIA, self._onvif)]

    def announced(self) -> list[Announcement]:
        """By WS-Discovery."""
        endpoint = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'twin:{self.mac}')}"
        return [Wsd(endpoint=endpoint, scopes=onvif.scopes(self.spoken_name), address=self.url + onvif.DEVICE)]

    def refusal(self, refused: Refused) -> web.Response:
        """Too busy."""
        return web.Response(status=503, text=refused.reason)

    def _check(self) -> None:
        match self.fault:
            case Fault.REFUSE:
                raise Refused
            case Fault.DROP_BEFORE | Fault.DROP_AFTER:
                raise Cut
            case Fault.RESTART:
                self.start_task(self.restart())
                raise Cut

    async def _snapshot(self, request: web.Request) -> web.Response:
        if self._login and not self._login.admits_request(request):
            return self._login.challenge()
        self._check()
        self.served += 1
        return web.Response(body=self._piece(self.frame()), content_type="image/jpeg")

    def _piece(self, picture: bytes) -> bytes:
        return picture[: len(picture) // 2] if self.fault is Fault.DROP_AMID else picture

    async def _video(self, request: web.Request) -> web.StreamResponse:
        if self._login and not self._login.admits_request(request):
            return self._login.challenge()
        self._check()
        stream = web.StreamResponse(headers={"Content-Type": f"multipart/x-mixed-replace; boundary={BOUNDARY}"})
        await stream.prepare(request)
        try:
            while True:
                picture = self.frame()
                head = f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n"
                await stream.write(head.encode() + self._piece(picture) + b"\r\n")
                self.served += 1
                if self.fault is Fault.DROP_AMID and request.transport is not None:
                    request.transport.close()
                    return stream
                await asyncio.sleep(1 / self.frames_a_second)
        except ConnectionError:
            return stream  # the viewer left

    async def _onvif(self, request: web.Request) -> web.Response:
        envelope = (await request.read()).decode("utf-8", "replace")
        asked = onvif.action(envelope)
        login = self._login
        if login and asked not in onvif.FREE and not (login.admits_token(envelope) or login.admits_request(request)):
            return _soap(onvif.fault("ter:NotAuthorized", "Sender not authorized"), 400)
        self._check()
        said = {"name": self.spoken_name, "mac": self.mac.upper(), "snapshot": f"{self.url}/snapshot.jpg"}
        stream = f"{self.url}/video.mjpg" if self._rtsp_port is None else self.rtsp.url
        answer = onvif.answer(asked, self.url, {**said, "stream": stream})
        return _soap(answer) if answer else _soap(onvif.fault("ter:ActionNotSupported", asked), 500)


def _soap(envelope: str, status: int = 200) -> web.Response:
    return web.Response(text=envelope, status=status, content_type="application/soap+xml")
