"""A simulated camera behind a login: its picture, its stream, and what it says of itself over ONVIF."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest
from cameras import jpeg, street, with_truck

from overnight.home.drivers.camera import CameraDriver
from overnight.home.drivers.camera_onvif import FAMILY
from overnight.home.eyes.decoding import decode
from overnight.home.port import DeviceError, Refused, Unreachable
from overnight.home.things import Device, Trait
from overnight.home.twins import onvif
from overnight.home.twins.camera import CameraTwin
from overnight.home.twins.faults import Fault
from overnight.words.secret import Secret

LOGIN = "admin:twin-camera"


@asynccontextmanager
async def twin() -> AsyncIterator[CameraTwin]:
    made = CameraTwin("Drive", {"empty": [jpeg(street())], "truck": [jpeg(with_truck(street(), 100))]}, frames_a_second=50)
    await made.start("127.0.0.1")
    try:
        yield made
    finally:
        await made.stop()


def run(test: Callable[[CameraTwin], Coroutine[Any, Any, None]]) -> None:  # Any: of coroutines
    async def all_of_it() -> None:
        async with twin() as made:
            await test(made)

    asyncio.run(all_of_it())


def device(made: CameraTwin, **more: str) -> Device:
    return Device(number=0, identity=more.pop("identity", ""), family="camera_onvif", address=made.url.removeprefix("http://"))


def test_the_picture_of_now_behind_a_login() -> None:
    """With the right login, what is before the camera at this moment; with a wrong one, the reason."""

    async def test(made: CameraTwin) -> None:
        address, paths = made.url.removeprefix("http://"), {"snapshot": "/snapshot.jpg"}
        camera = CameraDriver(address, paths, LOGIN)
        empty = decode(await camera.snapshot())
        made.show("truck")
        assert abs(decode(await camera.snapshot()).astype(int) - empty).max() > 80
        await camera.aclose()
        for login, why in (("admin:wrong", "refuses the login"), ("", "wants a login")):
            camera = CameraDriver(address, paths, login)
            with pytest.raises(Refused, match=why):
                await camera.snapshot()
            await camera.aclose()

    run(test)


def test_a_stream_of_pictures() -> None:
    """Each frame as it comes; one that is cut off in the middle is no picture, and ends the stream."""

    async def test(made: CameraTwin) -> None:
        camera = CameraDriver(made.url.removeprefix("http://"), {"mjpeg": "/video.mjpg"}, LOGIN)
        frames = camera.frames()
        assert (await anext(frames)).pixels.shape == (180, 320, 3)
        made.fault = Fault.DROP_AMID
        with pytest.raises((DeviceError, StopAsyncIteration)):
            while True:
                await anext(frames)
        await camera.aclose()

    run(test)


def test_onvif_finds_stream_and_picture() -> None:
    """Who it is, where its stream is, and its login as a digest; another device at its address is not taken for it."""

    async def test(made: CameraTwin) -> None:
        [found] = await FAMILY.look(device(made), {"login": Secret(LOGIN)})
        assert found.description.traits == (Trait.CAMERA,)
        assert made.mac.upper() in found.description.identity
        driver = await FAMILY.open(device(made, identity=found.description.identity), {"login": Secret(LOGIN)})
        assert isinstance(driver, CameraDriver)
        assert decode(await driver.snapshot()).shape == (180, 320, 3)
        await driver.aclose()
        with pytest.raises(Unreachable, match="another device"):
            await FAMILY.open(device(made, identity="Acme 1"), {"login": Secret(LOGIN)})
        with pytest.raises(Refused, match="login"):
            await FAMILY.open(device(made), {"login": Secret("admin:wrong")})

    run(test)


@pytest.mark.parametrize("asked", ["GetCapabilities", "GetStreamUri", "GetSnapshotUri"])
def test_a_camera_sends_us_nowhere_else(asked: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An address of a service, a stream or a picture that is not its own is not followed."""
    honest = onvif.answer

    def elsewhere(action: str, url: str, said: Any) -> str | None:  # Any: of the twin
        answer = honest(action, url, said)
        return answer.replace("127.0.0.1", "127.0.0.2") if answer and action == asked else answer

    monkeypatch.setattr(onvif, "answer", elsewhere)

    async def test(made: CameraTwin) -> None:
        if asked == "GetSnapshotUri":  # it has a stream, and no picture that is its own
            driver = await FAMILY.open(device(made), {"login": Secret(LOGIN)})
            assert isinstance(driver, CameraDriver)
            assert "snapshot" not in driver.options
            await driver.aclose()
            return
        with pytest.raises(Refused, match="send us to"):
            await FAMILY.open(device(made), {"login": Secret(LOGIN)})

    run(test)
