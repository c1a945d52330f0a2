"""The camera of the demo's house: watched by the detector if it is installed, and else for motion alone, which is said."""

import shutil
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING

import anyio

from overnight.home.drivers.registry import opened
from overnight.home.eyes.weights import known
from overnight.home.record.record import HomeRecord, home_folder
from overnight.home.record.sightings import lookouts
from overnight.home.settings import read_settings
from overnight.home.things import Trait

if TYPE_CHECKING:
    from overnight.home.eyes.port import Frame
    from overnight.home.twins.house import House

EYES = "eyes"  # the folder of the detector, in the home's
LARGE = 0.02  # of the frame
LOOK_S, SETTLES_S = 0.5, 5.0  # between looks; that a scene is learnt before somebody drives up
BLIND = (
    "The detector is not installed (overnight home eyes), so I cannot say what comes before a camera: of the visit I can say"
    " that something large moved."
)


def lend_detector(eyes: Path) -> bool:
    """Use the detector of this user's home, if there is one."""
    if known(eyes) is None:
        return False
    shutil.copytree(eyes, home_folder() / EYES)
    return True


async def watch(say: Callable[[str], None], *, sees: bool) -> None:
    """Watch the camera, once something is looked out for there, until cancelled."""
    with HomeRecord() as record:
        await _asked(record)
        if not sees:
            say(BLIND)
            await _motion(record, say)
            return
        from overnight.home.sightings import cameras

        await cameras.watch(record, read_settings(record.folder), {}, told=lambda _: None, say=lambda _: None)


async def drive_up(house: "House", say: Callable[[str], None]) -> None:
    """A truck comes, some seconds after somebody looks out for one."""
    with HomeRecord() as record:
        await _asked(record)
    await anyio.sleep(SETTLES_S)
    if house.camera.scenes.keys() >= {"truck"}:
        say("(a delivery truck drives up before the camera)")
        house.truck()


async def _asked(record: HomeRecord) -> None:
    """Until somebody looks out for something, which an operation in a thread of its own records."""
    while not lookouts(record):  # noqa: ASYNC110
        await anyio.sleep(LOOK_S)


async def _motion(record: HomeRecord, say: Callable[[str], None]) -> None:
    """Say once that something large moved, with the picture's file."""
    from overnight.home.eyes.motion import MotionGate

    device = next(each for each in record.devices() if Trait.CAMERA in each.traits)
    gate = MotionGate()
    async with opened(device) as driver, aclosing(driver.frames()) as frames:  # type: ignore[attr-defined]  # a camera's
        async for frame in frames:
            moved = await anyio.to_thread.run_sync(gate.look, frame)
            if moved.boxes and moved.boxes[0].area > LARGE:
                say(f"{device.alias}: something large moved: {_kept(frame)}")
                return


def _kept(frame: "Frame") -> Path:
    import cv2

    path = home_folder() / "moved.jpg"
    cv2.imwrite(str(path), frame.pixels)
    return path
