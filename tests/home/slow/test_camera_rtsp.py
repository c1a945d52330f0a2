"""A real RTSP server (GStreamer, from Debian) with H.264, behind a login: its frames, and what is said of a wrong password."""

import asyncio
import itertools
import socket
import subprocess
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from pathlib import Path

import cv2
import numpy as np
import pytest

from overnight.home.drivers.camera import CameraDriver
from overnight.home.drivers.camera_onvif import FAMILY
from overnight.home.port import Unreachable
from overnight.home.things import Device
from overnight.home.twins.camera import CameraTwin
from overnight.words.secret import Secret

PYTHON = Path("/usr/bin/python3")  # Debian's, which has its bindings
SERVER = """
import gi, sys
gi.require_version("Gst", "1.0"); gi.require_version("GstRtsp", "1.0"); gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer
Gst.init(None)
server = GstRtspServer.RTSPServer(); server.set_address("127.0.0.1"); server.set_service(sys.argv[1])
factory = GstRtspServer.RTSPMediaFactory(); factory.set_shared(True)
factory.set_launch("( videotestsrc is-live=1 pattern=ball ! video/x-raw,width=640,height=360,framerate=15/1 !"
                   " x264enc tune=zerolatency speed-preset=ultrafast key-int-max=15 ! rtph264pay name=pay0 )")
server.get_mount_points().add_factory("/cam", factory)
auth = GstRtspServer.RTSPAuth()
token = GstRtspServer.RTSPToken(); token.set_string("media.factory.role", "user")
auth.set_supported_methods(getattr(GstRtsp.RTSPAuthMethod, sys.argv[2]))
if sys.argv[2] == "DIGEST":
    auth.add_digest("admin", "p:w@d", token)
else:
    auth.add_basic(GstRtspServer.RTSPAuth.make_basic("admin", "p:w@d"), token)
server.set_auth(auth)
role = "user,media.factory.access=(boolean)true,media.factory.construct=(boolean)true"
factory.add_role_from_structure(Gst.Structure.new_from_string(role))
server.attach(None)
print("ready", flush=True)
GLib.MainLoop().run()
"""


@contextmanager
def camera(method: str) -> Iterator[int]:
    """Its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    if not PYTHON.exists():
        pytest.skip("there is no GStreamer")
    process = subprocess.Popen([PYTHON, "-c", SERVER, str(port), method], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout
    try:
        if process.stdout.readline() != b"ready\n":
            pytest.skip(
                "there is no GStreamer: gir1.2-gst-rtsp-server-1.0 python3-gst-1.0 gstreamer1.0-plugins-{base,good,ugly}"
            )
        yield port
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.mark.parametrize("method", ["BASIC", "DIGEST"])
def test_frames_of_a_real_stream(method: str) -> None:
    """Frames come, of the right size, one after the other, and not more than five a second."""

    async def test(port: int) -> None:
        driver = CameraDriver("127.0.0.1", {"rtsp": f"{port}/cam"}, "admin:p:w@d")
        at = []
        async with aclosing(driver.frames()) as frames:
            async for frame in frames:
                assert frame.pixels.shape == (360, 640, 3)
                at.append(frame.at)
                if len(at) == 10:
                    break
        assert all(later - sooner > 0.1 for sooner, later in itertools.pairwise(at))
        wrong = CameraDriver("127.0.0.1", {"rtsp": f"{port}/cam"}, "admin:other")
        with pytest.raises(Unreachable, match="login"):
            await wrong.snapshot()

    with camera(method) as port:
        asyncio.run(test(port))


def test_the_stream_of_a_simulated_camera_that_onvif_finds() -> None:
    """From its address and its login alone to frames over RTSP."""

    async def test() -> None:
        picture = bytes(cv2.imencode(".jpg", np.full((360, 640, 3), 90, np.uint8))[1])
        twin = CameraTwin("Drive", {"empty": [picture]}, rtsp_port=0)
        await twin.start("127.0.0.1")
        try:
            device = Device(number=0, identity="", family="camera_onvif", address=twin.url.removeprefix("http://"))
            driver = await FAMILY.open(device, {"login": Secret("admin:twin-camera")})
            assert isinstance(driver, CameraDriver)
            assert "rtsp" in driver.options
            async with aclosing(driver.frames()) as frames:
                frame = await anext(frames)
            assert frame.pixels.shape == (360, 640, 3)
            assert abs(int(frame.pixels.mean()) - 90) < 4
        finally:
            await twin.stop()

    asyncio.run(test())
