"""Cameras by a picture over HTTP, a stream of them (MJPEG), or RTSP; what each is, its options say.

Options: `snapshot` and `mjpeg` are paths with a query, `rtsp` is a path or `PORT/path`; `secret_login` names a secret that
holds `user:password`. A camera that says nothing of itself is known by its address.
"""

import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from importlib.util import find_spec

from overnight.errors import UserError
from overnight.home.drivers._camera_http import CameraHttp
from overnight.home.extras import install_command
from overnight.home.eyes.decoding import decode, encode
from overnight.home.eyes.port import Frame, Unseen
from overnight.home.port import DeviceError, Driver, Found, Refused, Unreachable, sense
from overnight.home.things import Description, Device, Trait, Value
from overnight.words.secret import Secret

RTSP_PORT = 554
RATE = 5.0  # frames a second that are looked at
SNAPSHOTS_S = 1.0  # between two pictures of a camera without a stream


class CameraDriver:
    """One camera; implements `Driver` and `Frames`."""

    def __init__(self, address: str, options: Mapping[str, str], login: str) -> None:
        self._address, self.options, self._login = address, options, login
        self._http = CameraHttp(address, login)

    async def describe(self) -> Description:
        """What it is, if it shows a picture."""
        await self.read()
        ways = "".join(self.options.get(name, "") for name in ("snapshot", "mjpeg", "rtsp"))
        return Description(identity=f"{self._address}{ways}", traits=(Trait.CAMERA,))

    async def read(self) -> Mapping[str, Value]:
        """Whether it shows a picture; it has no other state."""
        await self.snapshot()
        return {}

    async def write(self, want: Mapping[str, Value]) -> None:  # noqa: ARG002  # of the port
        """Nothing can be set.

        Raises:
            Refused: always.
        """
        raise Refused("a camera has nothing to set")

    async def snapshot(self) -> bytes:
        """A picture of now, as a JPEG that we wrote ourselves.

        Raises:
            DeviceError: there is none.
        """
        async with aclosing(self.frames()) as frames:
            async for frame in frames:
                return encode(frame.pixels)
        raise Unreachable("it shows nothing")

    async def frames(self) -> AsyncGenerator[Frame, None]:
        """By the best way that it has: RTSP, MJPEG, or a picture a second.

        Raises:
            DeviceError: it does not answer, ends its stream, or sends what is no picture.
        """
        try:
            async with aclosing(self._best()) as frames:
                with sense():
                    async for frame in frames:
                        yield frame
        except Unseen as error:
            raise Unreachable(str(error)) from error

    async def aclose(self) -> None:
        """Close its connections."""
        await self._http.aclose()

    def _best(self) -> AsyncGenerator[Frame, None]:
        if path := self.options.get("rtsp"):
            return self._rtsp(path)
        if path := self.options.get("mjpeg"):
            return self._mjpeg(path)
        return self._snapshots(self.options.get("snapshot", "/"))

    async def _rtsp(self, path: str) -> AsyncGenerator[Frame, None]:
        from overnight.home.drivers._camera_rtsp import frames_of

        port, slash, rest = path.lstrip("/").partition("/")
        host = self._address.rpartition(":")[0] or self._address
        known = slash and port.isdigit()
        where = f"{host}:{port if known else RTSP_PORT}"
        stream = frames_of(where, f"/{rest}" if known else f"/{path.lstrip('/')}", self._login, rate=RATE)
        async with aclosing(stream) as frames:
            async for frame in frames:
                yield frame

    async def _mjpeg(self, path: str) -> AsyncGenerator[Frame, None]:
        due = 0.0
        async with aclosing(self._http.stream(path)) as parts:
            async for data in parts:
                now = time.time()
                if now >= due:
                    due = max(due + 1 / RATE, now + 0.5 / RATE)
                    yield Frame(pixels=decode(data), at=now)

    async def _snapshots(self, path: str) -> AsyncGenerator[Frame, None]:
        import anyio

        while True:
            data = await self._http.picture(path)
            yield Frame(pixels=decode(data), at=time.time())
            await anyio.sleep(SNAPSHOTS_S)


def check_libraries() -> None:
    """Whether pictures can be decoded here.

    Raises:
        UserError: they cannot.
    """
    if find_spec("cv2") is None:
        raise UserError("cameras need OpenCV", fix=install_command("cameras"))


@dataclass(frozen=True, slots=True)
class CameraFamily:
    """Implements `Family`."""

    name: str = "camera"

    async def open(self, device: Device, secrets: Mapping[str, Secret]) -> Driver:
        """Its driver."""
        check_libraries()
        if not {"snapshot", "mjpeg", "rtsp"} & device.options.keys():
            raise DeviceError("a camera needs one of the options snapshot, mjpeg and rtsp")
        return CameraDriver(device.address, device.options, secrets["login"].reveal() if "login" in secrets else "")

    async def look(self, device: Device, secrets: Mapping[str, Secret]) -> Sequence[Found]:
        """The camera at an address, if it shows a picture."""
        driver = await self.open(device, secrets)
        try:
            said = await driver.describe()
        finally:
            await driver.aclose()
        return [Found(family=self.name, address=device.address, description=said, options=device.options)]


FAMILY = CameraFamily()
